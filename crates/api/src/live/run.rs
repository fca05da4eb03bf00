//! A pair's analysis over one range of bars, as it grows at its end. No I/O.

use analytics::{
    Estimator, Hedge, Line, PairParams, Session,
    align::{Join, Joiner},
};

use super::{
    held::Close,
    points::{PairPoint, Points},
};
use crate::pairs::{FitSpec, HedgeSpec, PairSpec};

/// A bucket in which a leg has a bar, or both have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bucket {
    pub(super) time_ms: i64,
    pub(super) y: Option<f64>,
    pub(super) x: Option<f64>,
}

/// The buckets of two legs, ascending.
pub(super) fn buckets<'a>(y: &'a [Close], x: &'a [Close]) -> impl Iterator<Item = Bucket> + 'a {
    let (mut y, mut x) = (y.iter().peekable(), x.iter().peekable());
    std::iter::from_fn(move || {
        let times = [y.peek(), x.peek()].map(|next| next.map(|bar| bar.time_ms));
        let time_ms = times.into_iter().flatten().min()?;
        let own = |bar: &&Close| bar.time_ms == time_ms;
        Some(Bucket {
            time_ms,
            y: y.next_if(own).map(|bar| bar.close),
            x: x.next_if(own).map(|bar| bar.close),
        })
    })
}

/// How rows are joined.
pub(super) fn join(spec: &PairSpec) -> Join {
    Join {
        bucket_ms: spec.interval.ms(),
        max_fill: spec.max_fill,
    }
}

/// The line of a fit in sample: of the last `limit` rows of `closed` up to the bar that the fit ends with. A line that is
/// no number where there is none.
pub(super) fn snapshot_line(
    spec: &PairSpec,
    estimator: Estimator,
    fit_ms: i64,
    closed: impl Iterator<Item = Bucket>,
) -> Line {
    let mut joiner = Joiner::new(join(spec));
    let transform = spec.transform();
    let (mut y, mut x) = (Vec::new(), Vec::new());
    for bucket in closed.take_while(|bucket| bucket.time_ms <= fit_ms) {
        let row = joiner.push(bucket.time_ms, bucket.y, bucket.x);
        if let Some((row_y, row_x)) =
            row.and_then(|row| Some((transform.value(row.y)?, transform.value(row.x)?)))
        {
            y.push(row_y);
            x.push(row_x);
        }
    }
    let from = y.len().saturating_sub(spec.limit as usize);
    estimator.fit(&y[from..], &x[from..]).unwrap_or(Line {
        alpha: f64::NAN,
        beta: f64::NAN,
    })
}

/// Which fit in sample a spec asks for, and up to which bar.
pub(super) fn in_sample(spec: &PairSpec) -> Option<(Estimator, Option<i64>)> {
    match spec.hedge {
        HedgeSpec::Fitted(model, FitSpec::InSample { fit_ms }) => Some((model.estimator(), fit_ms)),
        HedgeSpec::Fitted(_, FitSpec::WalkForward(_)) | HedgeSpec::Kalman(_) => None,
    }
}

/// The analysis of all closed bars from the start of a range on.
#[derive(Debug, Clone)]
pub(super) struct Run {
    session: Session,
    joiner: Joiner,
    /// The last bucket that was closed when it was taken in.
    last_ms: i64,
    points: Points,
    dropped: u32,
    /// Why there are no coefficients, and never will be.
    failed: Option<analytics::Error>,
    /// What is left then.
    without_coefficients: PairParams,
}

impl Run {
    /// A run that has seen nothing. `line`: that of a fit in sample.
    ///
    /// # Errors
    /// None for a spec that was checked.
    pub(super) fn new(spec: &PairSpec, line: Option<Line>) -> analytics::Result<Self> {
        let params = match line {
            Some(line) => spec.analysis_with(Hedge::Fixed(line)),
            None => spec.analysis(),
        };
        Ok(Self {
            session: Session::new(params)?,
            joiner: Joiner::new(join(spec)),
            last_ms: i64::MIN,
            points: Points::default(),
            dropped: 0,
            failed: None,
            without_coefficients: spec.without_coefficients(),
        })
    }

    /// See the field.
    pub(super) const fn last_ms(&self) -> i64 {
        self.last_ms
    }

    pub(super) const fn points(&self) -> &Points {
        &self.points
    }

    /// Why there are no coefficients.
    pub(super) const fn failed(&self) -> Option<&analytics::Error> {
        self.failed.as_ref()
    }

    pub(super) fn standardized_sd(&self) -> Option<f64> {
        self.session.standardized_sd()
    }

    /// Takes in a closed bucket; they come in ascending order.
    pub(super) fn close(&mut self, bucket: Bucket) {
        self.last_ms = bucket.time_ms;
        let Some(row) = self.joiner.push(bucket.time_ms, bucket.y, bucket.x) else {
            self.dropped += 1;
            return;
        };
        let pushed = self.session.push(row.y, row.x).or_else(|error| {
            self.fail(error)?;
            self.session.push(row.y, row.x)
        });
        // Closes that are stored have no other errors.
        if let Ok(point) = pushed {
            let point = PairPoint::new(bucket.time_ms, row, self.dropped, &point);
            self.points.push(point);
        }
    }

    /// Goes on without coefficients.
    fn fail(&mut self, error: analytics::Error) -> analytics::Result<()> {
        self.session = Session::new(self.without_coefficients)?;
        for point in self.points.from(0) {
            self.session.push(point.y, point.x)?;
        }
        self.failed = Some(error);
        Ok(())
    }

    /// The point of the newest row that is made of open bars, if there is one.
    pub(super) fn open(&self, open: impl Iterator<Item = Bucket>) -> Option<PairPoint> {
        let mut joiner = self.joiner;
        let rows = open.filter_map(|bucket| {
            let row = joiner.push(bucket.time_ms, bucket.y, bucket.x)?;
            Some((bucket.time_ms, row))
        });
        let (time_ms, row) = rows.last()?;
        let point = self.session.provisional(row.y, row.x).ok()?;
        Some(PairPoint::new(time_ms, row, self.dropped, &point).provisional())
    }
}
