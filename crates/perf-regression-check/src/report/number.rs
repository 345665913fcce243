//! Numbers as people read them.

use crate::decision::Change;

/// A value with its unit, scaled: `1.23 µs`, `64 KiB`, `1.2 k/s`.
#[must_use]
pub fn with_unit(value: f64, unit: &str) -> String {
    let scaled = |steps: &[(f64, &str)]| {
        let (factor, name) = steps
            .iter()
            .rev()
            .find(|(factor, _)| value.abs() >= *factor)
            .unwrap_or(&steps[0]);
        format!("{} {name}", significant(value / factor))
    };
    match unit {
        "ns" => scaled(&[(1.0, "ns"), (1e3, "µs"), (1e6, "ms"), (1e9, "s")]),
        "bytes" => scaled(&[
            (1.0, "B"),
            (1024.0, "KiB"),
            (1024.0 * 1024.0, "MiB"),
            (1024.0 * 1024.0 * 1024.0, "GiB"),
        ]),
        "bytes/s" => scaled(&[(1.0, "B/s"), (1e3, "kB/s"), (1e6, "MB/s"), (1e9, "GB/s")]),
        "1/s" => scaled(&[(1.0, "/s"), (1e3, "k/s"), (1e6, "M/s"), (1e9, "G/s")]),
        "count" => grouped(value),
        "" => significant(value),
        other => format!("{} {other}", significant(value)),
    }
}

/// Four significant digits, without exponent for what fits on a line.
fn significant(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let magnitude = value.abs().log10().floor();
    if !(-6.0..15.0).contains(&magnitude) {
        return format!("{value:.3e}");
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and 9"
    )]
    let decimals = (3.0 - magnitude).clamp(0.0, 9.0) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// A count with thousands apart.
fn grouped(value: f64) -> String {
    if value.fract() != 0.0 || value.abs() >= 1e15 {
        return significant(value);
    }
    let digits = format!("{:.0}", value.abs());
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    if value < 0.0 {
        format!("-{text}")
    } else {
        text
    }
}

/// A share as a signed percentage: `+5.02 %`.
#[must_use]
pub fn percent(share: f64) -> String {
    format!("{} %", gatehouse_core::report::chart::signed(share * 100.0))
}

/// A change's interval: `+4.10 % … +5.90 %`, or what is missing for one.
#[must_use]
pub fn interval(change: &Change) -> String {
    if change.high.is_infinite() && change.low <= -1.0 {
        return "too few samples".to_owned();
    }
    if change.low == change.high {
        return "exact".to_owned();
    }
    format!("{} … {}", percent(change.low), percent(change.high))
}

/// A p-value: two significant digits, `<0.0001` below.
#[must_use]
pub fn p_value(p: f64) -> String {
    if p < 0.0001 {
        "<0.0001".to_owned()
    } else if p >= 0.0995 {
        format!("{p:.2}")
    } else {
        format!("{p:.4}").trim_end_matches('0').to_owned()
    }
}

/// At most two decimals, none when they are zero.
#[must_use]
pub fn trim(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_scaled() {
        assert_eq!(with_unit(1234.5, "ns"), "1.234 µs");
        assert_eq!(with_unit(0.3733, "ns"), "0.3733 ns");
        assert_eq!(with_unit(65536.0, "bytes"), "64 KiB");
        assert_eq!(with_unit(1_431_759.0, "1/s"), "1.432 M/s");
        assert_eq!(with_unit(-1_234_567.0, "count"), "-1,234,567");
        assert_eq!(with_unit(0.0, "ns"), "0 ns");
        assert_eq!(with_unit(1e300, "Percent"), "1.000e300 Percent");
        assert_eq!(with_unit(50.0, "Percent"), "50 Percent");
    }

    #[test]
    fn shares_and_p_values() {
        assert_eq!(percent(0.0502), "+5.02 %");
        assert_eq!(percent(-0.000_01), "±0.00 %");
        assert_eq!(percent(-0.1), "−10.00 %");
        assert_eq!(percent(f64::INFINITY), "+∞ %");
        assert_eq!(
            (p_value(0.5), p_value(0.012), p_value(1e-9)),
            ("0.50".to_owned(), "0.012".to_owned(), "<0.0001".to_owned())
        );
    }
}
