//! Pair analytics: what may be asked, and how it is answered.
//!
//! [`PairSpec`] is what is asked, checked: a call, a topic of the stream, a rule of an alert and an entry of
//! the watchlist are read by the same code and mean the same.

mod level;
mod read;
mod spec;

pub(crate) use level::Level;
pub(crate) use read::Defaults;
pub(crate) use spec::{FitSpec, FittedModel, HedgeSpec, KalmanSpec, Leg, PairSpec, ZSpec};
