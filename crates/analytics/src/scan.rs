//! Every pair of many symbols tested at once: which of them keep together?
//!
//! [`scan`] tests each unordered pair in both directions with Engle-Granger on log closes, and says for the better
//! direction what the pair view would show over the same bars: β, half-life, Hurst exponent, the correlation of
//! returns and the walk-forward z-score of the last bar.
//!
//! **Many tests find something always.** One p-value for each pair is p_pair = min(1, 2·min(p, p′)), and q is what
//! Benjamini & Hochberg make of all of them ([`benjamini_hochberg`]): the share of false discoveries to be expected
//! if this pair and all better ones are believed. Pairs that cannot be tested are told with the reason, and are no
//! tests. q is about the pairs of this scan: scanning again and again until something is found is beyond it. And it is as
//! good as the p-values: those of a leg that is a walk and much noise of its own (prices that bounce between bid and
//! ask) are too small, as with every test of this kind (Schwert 1989).
//!
//! **What is shared.** Logarithms, returns, centring and moments are computed once a symbol, as long as the bars of
//! both legs begin at the same times; where one of them lacks bars, the pair is joined by time as [`align`] does
//! and prepared on its own. Pairs are handed out to threads one row of the triangle at a time. Memory: 32 bytes a
//! bar and about 120 bytes a pair, whatever the number of tests.
//!
//! ```
//! use std::num::NonZeroUsize;
//! use analytics::align::Closes;
//! use analytics::Progress;
//! use analytics::scan::{ScanParams, scan};
//!
//! // Two that keep together and one that does not care.
//! let mut draw = 7_u32;
//! let mut step = || {
//!     draw = draw.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
//!     0.01 * (f64::from(draw >> 8) / f64::from(1 << 24) - 0.5)
//! };
//! let (mut common, mut apart, mut own) = (0.0, 0.0, 0.0);
//! let (mut a, mut b, mut c) = (Vec::new(), Vec::new(), Vec::new());
//! for _ in 0..600 {
//!     common += step();
//!     apart = 0.5 * apart + step();
//!     own += step();
//!     a.push(100.0 * f64::exp(common));
//!     b.push(50.0 * f64::exp(0.8 * common + apart));
//!     c.push(10.0 * f64::exp(own));
//! }
//! let times: Vec<i64> = (0..600).map(|t| t * 60_000).collect();
//! let symbols = [&a, &b, &c].map(|closes| Closes { times_ms: &times, closes });
//! let params = ScanParams::minutes();
//! let progress = Progress::default();
//! let found = scan(&symbols, &params, NonZeroUsize::MIN, &progress).expect("nobody cancels it");
//! assert_eq!((found.pairs.len(), found.failures.len()), (3, 0));
//! let best = &found.pairs[0];
//! assert_eq!((best.y.min(best.x), best.y.max(best.x)), (0, 1));
//! assert!(best.q < 0.01 && found.pairs[1].q > 0.05);
//! ```
//!
//! [`benjamini_hochberg`]: crate::cointegration::benjamini_hochberg
//! [`align`]: crate::align::align()

mod pair;
mod prepared;
mod triangle;

use std::num::NonZeroUsize;
use std::sync::Mutex;

use crate::align::{Closes, Join};
use crate::cointegration::{EngleGrangerOptions, benjamini_hochberg};
use crate::{Error, Lookback, Progress, Window};

use self::{prepared::Symbol, triangle::Triangle};

/// How pairs are tested.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScanParams {
    /// How the bars of two legs come together.
    pub join: Join,
    /// Rows from this time on are tested; those before only warm up the z-score.
    pub from_ms: i64,
    /// Of the walk-forward z-score.
    pub lookback: Lookback,
    /// Of the walk-forward z-score.
    pub window: Window,
    /// Of the residual regressions.
    pub engle_granger: EngleGrangerOptions,
}

impl ScanParams {
    /// All rows of bars of this length, in milliseconds; no forward-fill; everything else at its default.
    #[must_use]
    pub fn of_bars(bucket_ms: i64) -> Self {
        Self {
            join: Join::inner(bucket_ms),
            from_ms: i64::MIN,
            lookback: Lookback::default(),
            window: Window::default(),
            engle_granger: EngleGrangerOptions::default(),
        }
    }

    /// [`of_bars`](Self::of_bars) of one minute.
    #[must_use]
    pub fn minutes() -> Self {
        Self::of_bars(60_000)
    }
}

/// What a scan says of a pair, in the direction with the smaller p-value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairFigures {
    /// Position of the dependent leg.
    pub y: usize,
    /// Position of the hedge leg.
    pub x: usize,
    /// Engle-Granger's p of y on x.
    pub p_y_on_x: f64,
    /// Engle-Granger's p of x on y, not below it.
    pub p_x_on_y: f64,
    /// min(1, 2·min of both).
    pub p_pair: f64,
    /// Benjamini-Hochberg over all pairs of the scan.
    pub q: f64,
    /// Engle-Granger's statistic of y on x.
    pub statistic: f64,
    /// In-sample slope of log y on log x.
    pub beta: f64,
    /// Half-life of the in-sample residuals, in bars; `None` when they do not return.
    pub half_life_bars: Option<f64>,
    /// Hurst exponent of the in-sample residuals; `None` below 100 rows.
    pub hurst: Option<f64>,
    /// Pearson correlation of log returns from row to row; `None` when a leg is flat.
    pub correlation: Option<f64>,
    /// Walk-forward z-score at the last row; `None` when there are too few rows.
    pub z: Option<f64>,
    /// Time of the last row.
    pub last_ms: i64,
    /// Rows that were tested.
    pub observations: usize,
    /// How many of them carry a close forward.
    pub filled: usize,
}

/// A pair that could not be tested.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Failure {
    /// Position of one symbol.
    pub y: usize,
    /// Position of the other, the greater one.
    pub x: usize,
    /// The one of them that is to blame, if it is one alone.
    pub symbol: Option<usize>,
    /// Why.
    pub error: Error,
}

/// The outcome.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scan {
    /// Every pair that was tested, the smallest p first.
    pub pairs: Vec<PairFigures>,
    /// Every pair that could not be, by position.
    pub failures: Vec<Failure>,
}

/// Tests all unordered pairs of `symbols` (closes in any unit, positive) on so many threads. `None` when it was
/// cancelled by way of `progress`, which also tells how far it is.
///
/// Whatever is wrong with a symbol or a pair is among the [failures](Scan::failures).
///
/// # Cost
/// Two ADF regressions and O(n) for each pair, O(n) for each symbol.
pub fn scan(
    symbols: &[Closes<'_>],
    params: &ScanParams,
    threads: NonZeroUsize,
    progress: &Progress,
) -> Option<Scan> {
    let prepared = prepared::all(symbols, params);
    let triangle = Triangle::of(prepared.len());
    progress.begin(triangle.pairs());
    let found = Mutex::new(Scan::default());
    std::thread::scope(|scope| {
        for _ in 1..threads.get() {
            scope.spawn(|| work(&prepared, params, &triangle, progress, &found));
        }
        work(&prepared, params, &triangle, progress, &found);
    });
    if progress.is_cancelled() {
        return None;
    }
    let mut scan = found.into_inner().unwrap_or_default();
    scan.settle();
    Some(scan)
}

/// Tests rows of the triangle until there are no more.
fn work(
    symbols: &[Symbol<'_>],
    params: &ScanParams,
    triangle: &Triangle,
    progress: &Progress,
    found: &Mutex<Scan>,
) {
    let mut own = Scan::default();
    'rows: while let Some((y, others)) = triangle.next_row() {
        for x in others {
            if progress.is_cancelled() {
                break 'rows;
            }
            match pair::figures((y, &symbols[y]), (x, &symbols[x]), params) {
                Ok(figures) => own.pairs.push(figures),
                Err(failure) => own.failures.push(failure),
            }
            progress.step();
        }
    }
    if let Ok(mut found) = found.lock() {
        found.pairs.append(&mut own.pairs);
        found.failures.append(&mut own.failures);
    }
}

impl Scan {
    /// Puts everything into an order that does not depend on threads, and adds q.
    fn settle(&mut self) {
        self.pairs.sort_unstable_by(|a, b| {
            let by_p = a.p_pair.total_cmp(&b.p_pair);
            by_p.then(a.p_y_on_x.total_cmp(&b.p_y_on_x))
                .then((a.y, a.x).cmp(&(b.y, b.x)))
        });
        self.failures
            .sort_unstable_by_key(|failure| (failure.y, failure.x));
        let p: Vec<f64> = self.pairs.iter().map(|pair| pair.p_pair).collect();
        // A p-value of a test is a probability.
        let adjusted = benjamini_hochberg(&p).unwrap_or(p);
        for (pair, q) in self.pairs.iter_mut().zip(adjusted) {
            pair.q = q;
        }
    }
}
