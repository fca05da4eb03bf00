//! A pair on screen: what is asked of the server, and what of its answer is drawn.

pub(crate) mod breaches;
pub(crate) mod choice;
pub(crate) mod crossings;
pub(crate) mod export;
pub(crate) mod fired;
pub(crate) mod leg;
pub(crate) mod query;
pub(crate) mod scale;
pub(crate) mod series;
pub(crate) mod span;
pub(crate) mod thin;
pub(crate) mod upload;

pub(crate) use choice::PairChoice;
pub(crate) use crossings::Crossings;
pub(crate) use leg::{Leg, Source};
pub(crate) use series::{PairPoint, PairSeries};
pub(crate) use span::Span;
