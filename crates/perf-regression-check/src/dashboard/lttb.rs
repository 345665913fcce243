//! Fewer points that look the same: largest triangle, three buckets.
//!
//! Sveinn Steinarsson, *Downsampling Time Series for Visual Representation* (2013), section 4.2.

/// The places of at most `limit` of the values that draw the same picture as all of them: the first,
/// the last, and of each bucket in between the one that spans the largest triangle with the point
/// chosen before it and the mean of the bucket after it. All places when there are no more than
/// `limit`, or when `limit` is less than three.
#[must_use]
pub(super) fn lttb(values: &[f64], limit: usize) -> Vec<usize> {
    let n = values.len();
    if n <= limit || limit < 3 {
        return (0..n).collect();
    }
    let buckets = limit - 2;
    // Bucket b holds the places from edge(b) up to edge(b + 1), between the first and the last.
    let edge = |bucket: usize| 1 + bucket * (n - 2) / buckets;
    let mut chosen = Vec::with_capacity(limit);
    chosen.push(0);
    for bucket in 0..buckets {
        let here = edge(bucket)..edge(bucket + 1);
        let next = if bucket + 1 == buckets {
            n - 1..n
        } else {
            edge(bucket + 1)..edge(bucket + 2)
        };
        let count = next.len() as f64;
        let mean_x = (next.start + next.end - 1) as f64 / 2.0;
        let mean_y = values[next].iter().sum::<f64>() / count;
        let from = chosen[chosen.len() - 1];
        let (from_x, from_y) = (from as f64, values[from]);
        let area = |place: usize| {
            ((from_x - mean_x) * (values[place] - from_y)
                - (from_x - place as f64) * (mean_y - from_y))
                .abs()
        };
        chosen.extend(here.max_by(|a, b| area(*a).total_cmp(&area(*b))));
    }
    chosen.push(n - 1);
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_lone_spike_survives() {
        let mut values = vec![1.0; 10_000];
        values[6789] = 50.0;
        let chosen = lttb(&values, 100);
        assert_eq!(chosen.len(), 100);
        assert!(chosen.contains(&6789), "{chosen:?}");
    }

    #[test]
    fn few_points_all_stay() {
        assert_eq!(lttb(&[3.0, 1.0, 2.0], 3), [0, 1, 2]);
        assert_eq!(lttb(&[], 10), [0; 0]);
    }

    proptest! {
        #[test]
        fn the_ends_stay_and_places_rise(values in prop::collection::vec(-1e300..1e300_f64, 0..500), limit in 0_usize..100) {
            let chosen = lttb(&values, limit);
            prop_assert!(chosen.windows(2).all(|pair| pair[0] < pair[1]));
            if limit >= 3 {
                prop_assert!(chosen.len() <= limit.max(3));
                prop_assert_eq!(chosen.first().copied(), (!values.is_empty()).then_some(0));
                prop_assert_eq!(chosen.last().copied(), values.len().checked_sub(1));
            }
        }
    }
}
