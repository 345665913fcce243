"""Writes cases.json: what benchstat prints for generated Go benchmark results.

Needs benchstat (golang.org/x/perf) on PATH:  python generate.py > cases.json
"""

import csv
import io
import json
import random
import subprocess
import sys
import tempfile
import pathlib

random.seed(20260101)
cases = []
for n, m, shift, whole in [(10, 10, 0.0, False), (10, 10, 0.03, False), (6, 6, 0.05, False), (8, 12, 0.02, False), (20, 20, 0.01, True), (25, 25, 0.02, True), (30, 30, 0.01, False), (5, 5, 0.2, False), (12, 9, 0.0, True)]:
    def draw(count, factor):
        values = [1000 * factor * (1 + random.gauss(0, 0.02)) for _ in range(count)]
        return [float(round(value)) if whole else round(value, 3) for value in values]

    x, y = draw(n, 1), draw(m, 1 + shift)
    with tempfile.TemporaryDirectory() as folder:
        for name, values in (("old", x), ("new", y)):
            text = "".join(f"BenchmarkA 1000 {value} ns/op\n" for value in values)
            pathlib.Path(folder, name).write_text(text)
        run = subprocess.run(["benchstat", "-format", "csv", "old", "new"], cwd=folder, capture_output=True, text=True, check=True)
    row = next(row for row in csv.reader(io.StringIO(run.stdout)) if row and row[0] == "A")
    # name, seconds, CI of old, seconds, CI of new, delta or ~, "p=0.000 n=10"
    cases.append({"x": x, "y": y, "old": float(row[1]) * 1e9, "old_ci": row[2], "new": float(row[3]) * 1e9, "new_ci": row[4], "delta": row[5], "p": row[6].split()[0].removeprefix("p=")})
json.dump(cases, sys.stdout, indent=1)
print()
