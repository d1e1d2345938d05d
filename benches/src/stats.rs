//! The little arithmetic that the figures rest on.

/// The middle of `values`, the mean of the two middle ones if they are even in number; `None` of none. NaN sorts last.
pub(crate) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    Some(f64::midpoint(sorted[sorted.len() / 2 - 1], upper))
}

/// How far two measurements of the same thing lie apart, as a share of their mean.
pub(crate) fn drift(first: f64, second: f64) -> f64 {
    let mean = f64::midpoint(first, second);
    if mean > 0.0 { (first - second).abs() / mean } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_odd_number_is_the_middle_whatever_the_order() {
        assert_eq!(median(&[9.0, 1.0, 5.0]), Some(5.0));
    }

    #[test]
    fn the_median_of_an_even_number_is_between_the_two_in_the_middle() {
        assert_eq!(median(&[4.0, 1.0, 3.0, 100.0]), Some(3.5));
    }

    #[test]
    fn nothing_has_no_median() {
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn one_outlier_does_not_move_a_median_of_three() {
        assert_eq!(median(&[1.0, 1.1, 1000.0]), Some(1.1));
    }

    #[test]
    fn drift_is_a_share_of_the_mean_and_has_no_sign() {
        assert!((drift(90.0, 110.0) - 0.2).abs() < 1e-12);
        assert!((drift(110.0, 90.0) - 0.2).abs() < 1e-12);
        assert!(drift(0.0, 0.0).abs() < 1e-12);
    }
}
