//! Medians and percentiles.

use std::time::Duration;

pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.as_slice() {
        [] => f64::NAN,
        all if all.len() % 2 == 1 => all[middle],
        all => f64::midpoint(all[middle - 1], all[middle]),
    }
}

/// The smallest and the largest.
pub(crate) fn range(values: &[f64]) -> (f64, f64) {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    (least, values.iter().copied().fold(f64::NEG_INFINITY, f64::max))
}

/// The latency that so many in a thousand operations stay within, in milliseconds.
pub(crate) fn percentile(latencies: &[Duration], thousandths: usize) -> f64 {
    let mut sorted = latencies.to_vec();
    sorted.sort();
    let rank = (sorted.len() * thousandths).div_ceil(1000).max(1) - 1;
    sorted
        .get(rank)
        .map_or(f64::NAN, |latency| latency.as_secs_f64() * 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_percentiles() {
        assert!((median(&[3.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
        assert!((median(&[4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < 1e-9);
        assert_eq!(range(&[2.0, 1.0, 3.0]), (1.0, 3.0));
        let latencies: Vec<Duration> = (1..=100).map(Duration::from_millis).collect();
        assert!((percentile(&latencies, 500) - 50.0).abs() < 1e-9);
        assert!((percentile(&latencies, 990) - 99.0).abs() < 1e-9);
        assert!((percentile(&latencies[..1], 990) - 1.0).abs() < 1e-9);
    }
}
