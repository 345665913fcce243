//! The table `tests/benchstat/cases.json`: where benchstat's rules apply (Mann-Whitney, the
//! median's interval), we print what it prints.

use gatehouse_core::stats::{quantile, rank_sum};
use serde_json::Value;

/// The interval as benchstat shows it: the further end's distance from the median in whole percent.
fn shown(values: &[f64]) -> String {
    let interval = quantile::median_interval(values, 0.95);
    if !interval.is_bounded() {
        return "∞".to_owned();
    }
    let centre = quantile::median(values).unwrap();
    format!(
        "{:.0}%",
        100.0 * (interval.high / centre - 1.0).max(1.0 - interval.low / centre)
    )
}

#[test]
fn p_values_medians_and_intervals() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("../benchstat/cases.json")).unwrap();
    assert_eq!(cases.len(), 9);
    for case in cases {
        let list = |key: &str| -> Vec<f64> {
            case[key]
                .as_array()
                .unwrap()
                .iter()
                .map(|v| v.as_f64().unwrap())
                .collect()
        };
        let (x, y) = (list("x"), list("y"));
        assert_eq!(
            format!("{:.3}", rank_sum::rank_sum(&x, &y).p),
            case["p"],
            "{case}"
        );
        for (side, values) in [("old", &x), ("new", &y)] {
            let median = quantile::median(values).unwrap();
            assert!(
                (median - case[side].as_f64().unwrap()).abs() < 1e-6 * median,
                "{case}"
            );
            assert_eq!(shown(values), case[format!("{side}_ci")], "{case}");
        }
    }
}
