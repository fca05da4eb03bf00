//! The analysis of the pair on screen.

mod effects;
mod legs;
mod loader;
mod news;

use api_types::{
    Alignment, Missing, PairData, PairFit, PairLine, PairParams, PairSummary, PairTests,
    PairWarning, Problem, StabilityColumns,
};
use reactive_stores::Store;

pub(super) use effects::start;
pub(crate) use legs::{ShownLeg, datasets_of, own_interval};
pub(crate) use news::News;
pub(super) use news::hear as take;

use crate::model::{PairChoice, PairSeries, TimeRange};

/// What is known of the pair.
#[derive(Clone, Debug, Default, Store)]
pub(crate) struct Pair {
    /// What is asked for; answers to other questions come too late.
    pub(crate) key: Option<PairKey>,
    pub(crate) load: PairLoad,
    pub(crate) series: PairSeries,
    /// Points of a part of the range, closer together than those of `series`.
    pub(crate) detail: Option<Detail>,
    /// The parameters that the server says are in force.
    pub(crate) params: Option<PairParams>,
    pub(crate) alignment: Option<Alignment>,
    pub(crate) fit: Option<PairFit>,
    pub(crate) tests: Option<PairTests>,
    pub(crate) summary: Option<PairSummary>,
    pub(crate) missing: Vec<Missing>,
    pub(crate) warnings: Vec<PairWarning>,
    pub(crate) lines: Vec<PairLine>,
    pub(crate) stability: StabilityColumns,
    /// When the newest figures were made, ms since the epoch.
    pub(crate) heard_at: Option<i64>,
    /// Whether the stream has spoken: what was asked for before is older.
    pub(crate) is_streamed: bool,
}

/// A question to the server.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PairKey {
    pub(crate) choice: PairChoice,
    /// The parameters as a query string, escaped.
    pub(crate) query: String,
}

impl PairKey {
    /// The topic of the stream, where there is anything to follow.
    pub(crate) fn topic(&self) -> Option<String> {
        // A fit in sample is followed once it has its moment.
        let is_open = self.choice.can_refit() && self.choice.fit_time.is_none();
        (self.choice.follows() && !is_open).then(|| format!("pair:{}&open=true", self.query))
    }

    pub(crate) fn interval_ms(&self) -> i64 {
        self.choice.interval.ms()
    }
}

/// Finer points of `range`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Detail {
    pub(crate) range: TimeRange,
    pub(crate) series: PairSeries,
}

/// Whether the analysis is there.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum PairLoad {
    /// On its way for the first time.
    #[default]
    Loading,
    Ready,
    /// Not enough bars yet; the counts are there when the stream says so.
    TooFew {
        detail: String,
        counts: Option<(u32, u32)>,
    },
    /// The server refuses the question, with its reasons.
    Refused(Problem),
    /// Not to be had now, with the reason; being tried again.
    Failed(String),
}

impl Pair {
    /// Turns to another question. Figures of the same bars stay until the answer is there, so that nothing flickers.
    fn ask(&mut self, key: Option<PairKey>) {
        let bars = |key: &Option<PairKey>| {
            let choice = &key.as_ref()?.choice;
            let legs = choice.legs().map(Clone::clone);
            Some((legs, choice.interval, choice.span))
        };
        if key.is_some() && bars(&self.key) == bars(&key) {
            self.key = key;
            self.load = PairLoad::Loading;
            self.detail = None;
            self.is_streamed = false;
        } else {
            *self = Self {
                key,
                ..Self::default()
            };
        }
    }

    /// There is no answer, and what was known is of another question.
    fn refuse(&mut self, load: PairLoad) {
        *self = Self {
            key: self.key.take(),
            load,
            ..Self::default()
        };
    }

    /// Whether figures of the last question stand on screen while the next answer is on its way.
    pub(crate) fn is_waiting(&self) -> bool {
        self.load == PairLoad::Loading && self.series.first().is_some()
    }

    /// Takes a whole answer, or a snapshot made into one.
    pub(super) fn take(&mut self, data: &PairData, params: PairParams, as_of: i64) {
        self.series = PairSeries::of(&data.series);
        self.params = Some(params);
        self.alignment = Some(data.alignment);
        self.fit = Some(data.fit.clone());
        self.tests = Some(data.tests.clone());
        self.summary = Some(data.summary);
        self.missing.clone_from(&data.missing);
        self.warnings.clone_from(&data.warnings);
        self.heard_at = Some(as_of);
        self.load = PairLoad::Ready;
    }

    /// The points to draw of `range`: the finest there are.
    pub(crate) fn points_for(&self, range: TimeRange) -> &PairSeries {
        let covers = |detail: &&Detail| {
            let seen = TimeRange {
                from: range
                    .from
                    .max(self.series.first().map_or(range.from, |point| point.time)),
                to: range
                    .to
                    .min(self.series.last().map_or(range.to, |point| point.time)),
            };
            detail.range.from <= seen.from && seen.to <= detail.range.to
        };
        self.detail
            .as_ref()
            .filter(covers)
            .map_or(&self.series, |detail| &detail.series)
    }

    /// Start of the last closed bar, ms since the epoch, where these bars are those on screen.
    pub(crate) fn last_closed(&self, choice: &PairChoice) -> Option<i64> {
        let shown = &self.key.as_ref()?.choice;
        let is_same = shown.interval == choice.interval && shown.legs() == choice.legs();
        self.series
            .last_closed()
            .filter(|_| is_same)
            .map(|point| point.time)
    }

    /// The moment that the verdict and the coefficients are from: the end of the last closed bar, ms since the epoch.
    pub(crate) fn closed_at(&self) -> Option<i64> {
        let key = self.key.as_ref()?;
        Some(self.series.last_closed()?.time + key.interval_ms())
    }
}
