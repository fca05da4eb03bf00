//! Pair analytics: what may be asked, and how it is answered.
//!
//! [`PairSpec`] is what is asked, checked: a call, a topic of the stream, a rule of an alert and an entry of
//! the watchlist are read by the same code and mean the same. The bars of both legs are loaded and joined
//! ([`Rows`]), and analysed off the asynchronous workers ([`analysis`]).

pub(crate) mod analysis;
pub(crate) mod cache;
pub(crate) mod columns;
pub(crate) mod fit;
mod level;
mod lines;
pub(crate) mod load;
mod read;
mod rows;
mod spec;
mod stability;
mod thin;
pub(crate) mod verdict;
pub(crate) mod workers;

pub(crate) use level::Level;
pub(crate) use read::Defaults;
pub(crate) use rows::{LegBars, Rows};
pub(crate) use spec::{FitSpec, FittedModel, HedgeSpec, KalmanSpec, Leg, PairSpec, ZSpec};
