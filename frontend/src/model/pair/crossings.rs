//! The rule that every pair on screen has without being asked: a z-score beyond its entry threshold is told once a crossing, on the
//! open bar as well.

use api_types::{CrossingDetector, Side};

/// What is known of the z-score of one pair.
pub(crate) struct Crossings {
    detector: CrossingDetector,
    /// Start of the last bar that was judged.
    judged: i64,
}

/// A breach that has begun and lasts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Crossing {
    pub(crate) time: i64,
    pub(crate) side: Side,
    pub(crate) z: f64,
}

impl Crossings {
    pub(crate) const fn new(entry: f64, exit: f64) -> Self {
        Self {
            detector: CrossingDetector::new(entry, exit),
            judged: i64::MIN,
        }
    }

    /// Takes in bars in order, of which those that are older than the last one are known: the breach that begins with them
    /// and is not over by the last.
    pub(crate) fn take(
        &mut self,
        bars: impl Iterator<Item = (i64, Option<f64>)>,
    ) -> Option<Crossing> {
        let mut begun = None;
        for (time, z) in bars {
            if time < self.judged {
                continue;
            }
            self.judged = time;
            if let (Some(side), Some(z)) = (self.detector.push(z), z) {
                begun = Some(Crossing { time, side, z });
            }
        }
        begun.filter(|crossing| self.detector.side() == Some(crossing.side))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(steps: &[&[(i64, f64)]]) -> Vec<Option<i64>> {
        let mut crossings = Crossings::new(2.0, 0.5);
        let mut take = |bars: &[(i64, f64)]| {
            let bars = bars.iter().map(|&(time, z)| (time, Some(z)));
            crossings.take(bars).map(|crossing| crossing.time)
        };
        steps.iter().map(|bars| take(bars)).collect()
    }

    #[test]
    fn a_crossing_of_the_open_bar_is_told_once_however_often_it_is_updated_and_when_it_closes() {
        let told = times(&[
            &[(1, 0.0), (2, 1.9)],
            &[(2, 2.1)],
            &[(2, 1.9)],
            &[(2, 2.4)],
            &[(2, 2.3), (3, 2.2)],
            &[(3, 0.4)],
            &[(3, -2.0)],
        ]);
        assert_eq!(told, [None, Some(2), None, None, None, None, Some(3)]);
    }

    #[test]
    fn what_is_over_by_the_last_bar_or_known_already_is_not_told() {
        let told = times(&[
            &[(1, 0.0), (2, 2.5), (3, 0.2)],
            // The same once more, and one that is new.
            &[(1, 0.0), (2, 2.5), (3, 0.2), (4, 2.6)],
            &[(1, 0.0), (2, 2.5), (3, 0.2), (4, 2.6)],
        ]);
        assert_eq!(told, [None, Some(4), None]);
    }
}
