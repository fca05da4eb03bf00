//! Where the z-score breached its threshold.

use api_types::CrossingDetector;

use super::PairPoint;

/// The first bars of breaches, as alert rules on the close of a bar judge: |z| at or beyond `entry`, after it has been at or within `exit`.
pub(crate) fn begin(points: &[PairPoint], entry: f64, exit: f64) -> Vec<PairPoint> {
    let mut detector = CrossingDetector::new(entry, exit);
    points
        .iter()
        .filter(|point| point.closed && detector.push(point.z).is_some())
        .copied()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::pair::{PairSeries, series::tests::columns};

    #[test]
    fn a_breach_is_marked_once_until_z_has_come_back() {
        let z = [0.0, 2.1, 1.0, 2.5, 0.4, -2.0, -3.0, 2.2];
        let points: Vec<_> = z
            .iter()
            .enumerate()
            .map(|(at, z)| (at as i64, *z, true))
            .collect();
        let series = PairSeries::of(&columns(&points));
        let times: Vec<_> = begin(series.points(), 2.0, 0.5)
            .iter()
            .map(|point| point.time)
            .collect();
        // The jump from −3 to 2.2 has crossed the exit on its way.
        assert_eq!(times, [1, 5, 7]);
    }

    #[test]
    fn a_provisional_point_is_not_marked() {
        let series = PairSeries::of(&columns(&[(0, 0.0, true), (1, 5.0, false)]));
        assert!(begin(series.points(), 2.0, 0.5).is_empty());
    }
}
