//! What is computed once a symbol.

use super::ScanParams;
use crate::align::Closes;
use crate::cointegration::Leg;
use crate::moments::mean;
use crate::row_qr::dot;
use crate::{Result, Transform};

/// What errors call the series of a symbol.
const NAME: &str = "the series of closes";

/// A symbol of the scan.
pub(super) struct Symbol<'a> {
    pub(super) closes: Closes<'a>,
    /// Position of the first symbol whose bars begin at the same times: with it, and everybody else who has the same
    /// one, no join is needed.
    pub(super) same_times_as: usize,
    pub(super) prepared: Result<Prepared>,
}

/// The tested rows of one leg.
pub(super) struct Prepared {
    /// Log closes.
    pub(super) leg: Leg,
    /// The last log closes, warm-up included: as many as the walk-forward z-score of the last row looks at.
    pub(super) tail: Vec<f64>,
    /// Returns less their mean, and the sum of their squares; `None` if they do not vary.
    returns: Option<(Vec<f64>, f64)>,
}

pub(super) fn all<'a>(symbols: &[Closes<'a>], params: &ScanParams) -> Vec<Symbol<'a>> {
    let prepare = |(index, closes): (usize, &Closes<'a>)| {
        let twin = symbols[..index].iter().position(|other| {
            std::ptr::eq(other.times_ms, closes.times_ms) || other.times_ms == closes.times_ms
        });
        let checked = closes.check(NAME);
        Symbol {
            closes: *closes,
            same_times_as: twin.unwrap_or(index),
            prepared: checked.and_then(|()| Prepared::new(closes.times_ms, closes.closes, params)),
        }
    };
    symbols.iter().enumerate().map(prepare).collect()
}

impl Prepared {
    /// # Errors
    /// Those of [`Leg::new`], and [`NotPositive`](crate::Error::NotPositive).
    pub(super) fn new(times_ms: &[i64], closes: &[f64], params: &ScanParams) -> Result<Self> {
        let first = times_ms.partition_point(|&time| time < params.from_ms);
        let tail_rows = params.lookback.get() + params.window.get();
        let tail_first = closes.len().saturating_sub(tail_rows);
        // Warm-up before the tail is not looked at, and need not have a logarithm.
        let from = first.min(tail_first);
        let logs = Transform::Log.apply(NAME, &closes[from..])?;
        let leg = Leg::new(NAME, &logs[first - from..])?;
        Ok(Self {
            returns: returns(leg.values()),
            leg,
            tail: logs[tail_first - from..].to_vec(),
        })
    }

    /// Pearson correlation of the returns of two legs of the same rows.
    pub(super) fn correlation(&self, other: &Self) -> Option<f64> {
        let (a, aa) = self.returns.as_ref()?;
        let (b, bb) = other.returns.as_ref()?;
        let correlation = dot(a, b) / (aa.sqrt() * bb.sqrt());
        correlation
            .is_finite()
            .then(|| correlation.clamp(-1.0, 1.0))
    }
}

fn returns(logs: &[f64]) -> Option<(Vec<f64>, f64)> {
    let steps = logs.windows(2).map(|pair| pair[1] - pair[0]);
    let centre = mean(steps.clone());
    let centred: Vec<f64> = steps.map(|step| step - centre).collect();
    let squares = dot(&centred, &centred);
    // Logarithms are good to a unit of least precision of their size, and so are their differences.
    let size = logs.iter().fold(0.0_f64, |most, log| most.max(log.abs()));
    let rounding = 4.0 * f64::EPSILON * size;
    let varies = squares > rounding * rounding * centred.len() as f64;
    (varies && squares.is_finite()).then_some((centred, squares))
}
