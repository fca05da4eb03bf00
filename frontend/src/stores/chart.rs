//! The bars of one leg.

use api_types::BarLength;
use reactive_stores::Store;

use super::ShownLeg;
use crate::model::BarSeries;

/// Bars of one symbol and interval.
#[derive(Clone, Debug, Default, Store)]
pub(crate) struct Chart {
    /// Which bars; answers for others come too late.
    pub(crate) key: Option<Key>,
    pub(crate) series: BarSeries,
    pub(crate) load: Load,
    /// Whether older bars are on their way.
    pub(crate) is_growing: bool,
}

/// What bars are of.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Key {
    pub(crate) leg: ShownLeg,
    pub(crate) interval: BarLength,
    /// The last bar starts here at the latest, ms since the epoch; `None`: the latest, moving along.
    pub(crate) until: Option<i64>,
}

impl Key {
    /// The topic of the stream, where there is anything to follow.
    pub(crate) fn topic(&self) -> Option<String> {
        let instrument = self.leg.instrument.as_ref()?;
        let topic = format!("bars:{}:{}", instrument.qualified(), self.interval);
        self.until.is_none().then_some(topic)
    }
}

/// Whether the bars are there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Load {
    #[default]
    Loading,
    Ready,
    /// Not to be had, with the reason.
    Failed(String),
}
