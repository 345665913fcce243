"""Writes cases.json: what scipy makes of generated samples.

Needs scipy (the table was written with 1.17.1):  python generate.py > cases.json
"""

import json
import math
import sys

import numpy as np
from scipy import stats

rng = np.random.default_rng(20260101)
cases = {key: [] for key in ("rank_sum", "sign_flip", "paired_t", "benjamini_hochberg", "hodges_lehmann", "quantile", "distribution")}


def floats(values):
    return [float(value) for value in values]


def sample(kind, n, shift=0.0):
    if kind == "normal":
        return rng.normal(10 + shift, 1, n)
    if kind == "lognormal":
        return rng.lognormal(1, 0.5, n) + shift
    return rng.integers(1, 8, n).astype(float) + round(shift)


# Mann-Whitney. Without ties scipy's exact method is the reference; with ties the permutation
# distribution of the statistic, which scipy enumerates; for large samples the normal approximation.
for kind in ("normal", "lognormal"):
    for n, m in [(2, 3), (4, 4), (5, 9), (10, 10), (13, 7), (25, 25), (30, 30), (50, 50), (1, 8)]:
        for shift in (0.0, 0.6, 2.0):
            x, y = sample(kind, n), sample(kind, m, shift)
            p = stats.mannwhitneyu(x, y, method="exact").pvalue
            cases["rank_sum"].append({"x": floats(x), "y": floats(y), "p": float(p), "exact": True})
for n, m in [(3, 3), (4, 5), (6, 6), (8, 5), (9, 9)]:
    for shift in (0.0, 2.0):
        x, y = sample("ties", n), sample("ties", m, shift)
        result = stats.permutation_test((x, y), lambda a, b, axis=-1: stats.mannwhitneyu(a, b, method="asymptotic", axis=axis).statistic, vectorized=True, n_resamples=math.inf)
        cases["rank_sum"].append({"x": floats(x), "y": floats(y), "p": float(result.pvalue), "exact": True})
for kind, n, m in [("normal", 60, 55), ("lognormal", 51, 200), ("ties", 30, 30), ("ties", 80, 40), ("ties", 26, 100)]:
    for shift in (0.0, 1.0):
        x, y = sample(kind, n), sample(kind, m, shift)
        p = stats.mannwhitneyu(x, y, method="asymptotic", use_continuity=True).pvalue
        cases["rank_sum"].append({"x": floats(x), "y": floats(y), "p": float(p), "exact": False})

# Sign flips: scipy's permutation test of one sample enumerates all patterns.
for n in (2, 3, 5, 8, 10, 12, 14, 16):
    for shift in (0.0, 0.5, 3.0):
        d = rng.normal(shift, 1, n)
        result = stats.permutation_test((d,), np.mean, permutation_type="samples", vectorized=True, n_resamples=math.inf)
        # scipy's two-sided p doubles the smaller tail, which for a symmetric distribution is ours.
        cases["sign_flip"].append({"d": floats(d), "p": float(result.pvalue)})
for n in (4, 9, 13):
    d = rng.integers(-3, 5, n).astype(float)
    result = stats.permutation_test((d,), np.mean, permutation_type="samples", vectorized=True, n_resamples=math.inf)
    cases["sign_flip"].append({"d": floats(d), "p": float(result.pvalue)})

for n in (2, 3, 10, 21, 60, 400):
    for shift in (0.0, 0.3, 5.0):
        d = rng.normal(shift, 1, n)
        cases["paired_t"].append({"d": floats(d), "p": float(stats.ttest_1samp(d, 0).pvalue)})

for m in (1, 2, 10, 200):
    p = rng.uniform(0, 1, m) ** 3
    cases["benjamini_hochberg"].append({"p": floats(p), "q": floats(stats.false_discovery_control(p, method="bh"))})

# Hodges-Lehmann: the estimate from the list of differences; the interval's ends are the order
# statistics that the exact null distributions name, which are counted here by recursion.
for n, m in [(4, 4), (6, 5), (10, 10), (30, 30), (17, 40)]:
    x, y = sample("normal", n), sample("normal", m, 0.4)
    differences = np.sort(np.subtract.outer(y, x).ravel())

    table = {(0, 0): np.array([1.0])}

    def distribution(a, b):
        if (a, b) not in table:
            result = np.zeros(a * b + 1)
            if a == 0 or b == 0:
                result[0] = 1
            else:
                left, right = distribution(a - 1, b), distribution(a, b - 1)
                result[b : b + len(left)] += left
                result[: len(right)] += right
            table[(a, b)] = result
        return table[(a, b)]

    cdf = np.cumsum(distribution(n, m))
    cdf /= cdf[-1]
    k = int(np.searchsorted(cdf, 0.025, side="right"))
    case = {"x": floats(x), "y": floats(y), "estimate": float(np.median(differences))}
    if k > 0:
        case["low"], case["high"] = float(differences[k - 1]), float(differences[n * m - k])
    cases["hodges_lehmann"].append(case)
for n in (5, 6, 10, 25, 50):
    d = sample("normal", n) - 9.7
    walsh = np.sort([(d[i] + d[j]) / 2 for i in range(n) for j in range(i, n)])
    case = {"d": floats(d), "estimate": float(np.median(walsh))}
    # P(W <= w) by adding one rank at a time.
    counts = np.array([1.0])
    for rank in range(1, n + 1):
        longer = np.zeros(len(counts) + rank)
        longer[: len(counts)] += counts
        longer[rank:] += counts
        counts = longer
    cdf = np.cumsum(counts) / counts.sum()
    k = int(np.searchsorted(cdf, 0.025, side="right"))
    if k > 0:
        case["low"], case["high"] = float(walsh[k - 1]), float(walsh[len(walsh) - k])
    cases["hodges_lehmann"].append(case)

for n in (1, 2, 7, 30):
    v = sample("lognormal", n)
    for p in (0.0, 0.25, 0.5, 0.9, 1.0):
        cases["quantile"].append({"v": floats(v), "p": p, "value": float(np.quantile(v, p))})

for df in (1, 4, 9, 18, 58, 1000):
    for p in (0.6, 0.8, 0.975, 0.9995, 0.9999975):
        cases["distribution"].append({"df": df, "p": p, "t": float(stats.t.ppf(p, df)), "z": float(stats.norm.ppf(p))})

json.dump(cases, sys.stdout)
print()
