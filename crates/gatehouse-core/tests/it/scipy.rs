//! The table `tests/scipy/cases.json`, written by scipy: exact tests agree to 1e-9, others to 1e-6.

use std::collections::BTreeMap;

use gatehouse_core::stats::{
    distribution, hodges_lehmann, multiplicity, paired_t, quantile, rank_sum, sign_flip,
};
use serde_json::Value;

fn cases(name: &str) -> Vec<Value> {
    let table: BTreeMap<String, Vec<Value>> =
        serde_json::from_str(include_str!("../scipy/cases.json")).unwrap();
    assert!(!table[name].is_empty());
    table[name].clone()
}

fn list(case: &Value, key: &str) -> Vec<f64> {
    case[key]
        .as_array()
        .unwrap()
        .iter()
        .map(|value| value.as_f64().unwrap())
        .collect()
}

#[track_caller]
fn close(ours: f64, case: &Value, key: &str, tolerance: f64) {
    let theirs = case[key].as_f64().unwrap();
    assert!(
        (ours - theirs).abs() <= tolerance,
        "{key}: {ours}, scipy says {theirs}, for {case}"
    );
}

#[test]
fn rank_sum_p_values() {
    for case in cases("rank_sum") {
        let result = rank_sum::rank_sum(&list(&case, "x"), &list(&case, "y"));
        assert_eq!(Value::from(result.exact), case["exact"], "{case}");
        close(result.p, &case, "p", if result.exact { 1e-9 } else { 1e-6 });
    }
}

#[test]
fn sign_flip_p_values() {
    for case in cases("sign_flip") {
        close(
            sign_flip::sign_flip(&list(&case, "d")).unwrap(),
            &case,
            "p",
            1e-9,
        );
    }
}

#[test]
fn paired_t_p_values() {
    for case in cases("paired_t") {
        close(paired_t::paired_t(&list(&case, "d")), &case, "p", 1e-6);
    }
}

#[test]
fn q_values() {
    for case in cases("benjamini_hochberg") {
        for (ours, theirs) in multiplicity::benjamini_hochberg(&list(&case, "p"))
            .iter()
            .zip(list(&case, "q"))
        {
            assert!((ours - theirs).abs() < 1e-9);
        }
    }
}

#[test]
fn shifts_and_their_intervals() {
    for case in cases("hodges_lehmann") {
        let shift = if case.get("d").is_some() {
            hodges_lehmann::paired(&list(&case, "d"), 0.95)
        } else {
            hodges_lehmann::two_sample(&list(&case, "x"), &list(&case, "y"), 0.95)
        };
        let shift = shift.unwrap();
        close(shift.estimate, &case, "estimate", 1e-9);
        assert_eq!(
            shift.interval.is_bounded(),
            case.get("low").is_some(),
            "{case}"
        );
        if shift.interval.is_bounded() {
            close(shift.interval.low, &case, "low", 1e-9);
            close(shift.interval.high, &case, "high", 1e-9);
        }
    }
}

#[test]
fn quantiles() {
    for case in cases("quantile") {
        close(
            quantile::quantile(&list(&case, "v"), case["p"].as_f64().unwrap()).unwrap(),
            &case,
            "value",
            1e-9,
        );
    }
}

#[test]
fn quantiles_of_distributions() {
    for case in cases("distribution") {
        let p = case["p"].as_f64().unwrap();
        let t = distribution::t_quantile(p, case["df"].as_f64().unwrap());
        let theirs = case["t"].as_f64().unwrap();
        assert!(
            (t - theirs).abs() <= 1e-6 * theirs.abs(),
            "t: {t}, scipy says {theirs}, for {case}"
        );
        close(distribution::normal_quantile(p), &case, "z", 1e-6);
    }
}
