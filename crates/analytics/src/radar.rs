//! Many pairs followed at once, a bar at a time: what moves now?
//!
//! [`Radar`] keeps for each pair what a [`Session`](crate::Session) with walk-forward least squares on log closes keeps
//! (the line in force, spread, z-score, correlation of returns), and its figures equal those of a session. What
//! differs is room: a session holds its own look-back of closes, here all pairs share one tape a symbol. A bar
//! costs a pair O(1); 19,900 pairs of 200 symbols take some 3 kB each.
//!
//! ```
//! use analytics::radar::{Radar, RadarParams};
//! let mut radar = Radar::new(3, [(1, 0), (2, 0), (2, 1)], RadarParams::of_bars(60_000))?;
//! for t in 0..600_i64 {
//!     let x = 100.0 + (t * t % 23) as f64;
//!     let closes = [Some(x), Some(2.0 * x + (t % 5) as f64), None];
//!     radar.push(t * 60_000, &closes)?;
//! }
//! let followed = radar.points()[0];
//! assert!(followed.z.is_some() && followed.beta.is_some());
//! assert_eq!(radar.points()[1].z, None, "a symbol without bars has none");
//! # Ok::<(), analytics::Error>(())
//! ```

mod pair;
mod tape;

use crate::align::Join;
use crate::{Error, Lookback, Result, Window};

use self::{pair::Pair, tape::Tape};

/// How pairs are followed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RadarParams {
    /// Rows of each fit.
    pub lookback: Lookback,
    /// Rows of z-score and correlation.
    pub window: Window,
    /// How the bars of two legs come together.
    pub join: Join,
}

impl RadarParams {
    /// Bars of this length in milliseconds, without forward-fill; everything else at its default.
    #[must_use]
    pub fn of_bars(bucket_ms: i64) -> Self {
        Self {
            lookback: Lookback::default(),
            window: Window::default(),
            join: Join::inner(bucket_ms),
        }
    }
}

/// What is known of a pair at its last row; `None` where there are too few rows, or nothing can be computed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RadarPoint {
    /// Start of the row's bucket.
    pub time_ms: Option<i64>,
    /// Slope in force.
    pub beta: Option<f64>,
    /// Spread, in logarithms.
    pub spread: Option<f64>,
    /// Its z-score.
    pub z: Option<f64>,
    /// Correlation of returns over the window.
    pub correlation: Option<f64>,
}

/// Every pair after some closed bars.
#[derive(Clone, Debug)]
pub struct Radar {
    join: Join,
    tapes: Vec<Tape>,
    pairs: Vec<Pair>,
    points: Vec<RadarPoint>,
    /// Buckets that were pushed.
    buckets: usize,
    last_ms: Option<i64>,
}

/// What two tapes say of a bucket: log closes and closes of the row of a pair.
#[derive(Clone, Copy, Debug)]
struct RowOfPair {
    log_y: f64,
    log_x: f64,
    y: f64,
    x: f64,
}

impl Radar {
    /// Follows these pairs, each by the positions of y and x among `symbols` symbols. Nothing was seen yet.
    ///
    /// # Errors
    /// [`Error::BadParameter`] for a position that there is not, or `bucket_ms` that is not positive.
    pub fn new(
        symbols: usize,
        pairs: impl IntoIterator<Item = (usize, usize)>,
        params: RadarParams,
    ) -> Result<Self> {
        if params.join.bucket_ms <= 0 {
            return Err(Error::BadParameter {
                name: "bucket_ms",
                allowed: "positive",
            });
        }
        let mut followed = Vec::new();
        for (y, x) in pairs {
            if y >= symbols || x >= symbols || y == x {
                return Err(Error::BadParameter {
                    name: "a pair",
                    allowed: "of two different symbols that there are",
                });
            }
            followed.push(Pair::new(y, x, &params));
        }
        Ok(Self {
            join: params.join,
            tapes: vec![Tape::new(params.lookback); symbols],
            points: vec![RadarPoint::default(); followed.len()],
            pairs: followed,
            buckets: 0,
            last_ms: None,
        })
    }

    /// Takes in a closed bucket: the close of each symbol that has a bar of its own in it. Buckets ascend; one without
    /// any bar need not come. O(1) a pair, but for sums that are formed anew now and then.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] unless there is one entry a symbol; [`Error::NotPositive`], [`Error::NonFinite`];
    /// [`Error::BadParameter`] for a bucket that does not come after the last. Everything is as before then.
    pub fn push(&mut self, bucket_ms: i64, closes: &[Option<f64>]) -> Result<()> {
        self.check(bucket_ms, closes)?;
        for (tape, &close) in self.tapes.iter_mut().zip(closes) {
            tape.push(self.buckets, bucket_ms, close, self.join);
        }
        self.last_ms = Some(bucket_ms);
        let bucket = self.buckets;
        self.buckets += 1;
        for (pair, point) in self.pairs.iter_mut().zip(&mut self.points) {
            let (y, x) = (&self.tapes[pair.y], &self.tapes[pair.x]);
            if let Some(new) = pair.advance(bucket, bucket_ms, y, x) {
                *point = new;
            }
        }
        Ok(())
    }

    /// The last row of each pair, in the order of [`Radar::new`].
    #[must_use]
    pub fn points(&self) -> &[RadarPoint] {
        &self.points
    }

    /// What [`Radar::points`] would be with one more bucket, which is still open. `out` is filled anew. O(1) a pair.
    ///
    /// # Errors
    /// As [`Radar::push`]; `out` is empty then.
    pub fn provisional(
        &self,
        bucket_ms: i64,
        closes: &[Option<f64>],
        out: &mut Vec<RadarPoint>,
    ) -> Result<()> {
        out.clear();
        self.check(bucket_ms, closes)?;
        let open: Vec<_> = self
            .tapes
            .iter()
            .zip(closes)
            .map(|(tape, &close)| tape.peek(bucket_ms, close, self.join))
            .collect();
        out.extend(self.pairs.iter().zip(&self.points).map(|(pair, point)| {
            let row = tape::row(open[pair.y], open[pair.x]);
            row.map_or(*point, |row| pair.peek(bucket_ms, row))
        }));
        Ok(())
    }

    /// Start of the last closed bucket.
    #[must_use]
    pub const fn last_ms(&self) -> Option<i64> {
        self.last_ms
    }

    fn check(&self, bucket_ms: i64, closes: &[Option<f64>]) -> Result<()> {
        if closes.len() != self.tapes.len() {
            return Err(Error::LengthMismatch {
                left: self.tapes.len(),
                right: closes.len(),
            });
        }
        if self.last_ms.is_some_and(|last_ms| bucket_ms <= last_ms) {
            return Err(Error::BadParameter {
                name: "bucket_ms",
                allowed: "after the last bucket",
            });
        }
        for (index, close) in closes.iter().enumerate() {
            let Some(close) = *close else { continue };
            let series = "closes";
            if !close.is_finite() {
                return Err(Error::NonFinite { series, index });
            }
            if close <= 0.0 {
                return Err(Error::NotPositive { series, index });
            }
        }
        Ok(())
    }
}
