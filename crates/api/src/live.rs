//! Live series and analyses, shared in the process by everybody who follows them.
//!
//! | module | what |
//! | --- | --- |
//! | [`held`] | the last closes of one symbol at one interval |
//! | [`series`] | the same, held to what the database says by its notifications |
//! | [`shelf`] | the series of this process: started when wanted, dropped when not |
//! | [`anchor`] | where the range of a followed pair begins |
//! | [`points`] | the points of an analysis, shared while it grows |
//! | [`run`] | an analysis as it grows at its end, without I/O |
//! | [`session`], [`state`] | an analysis that follows the market, and what its followers see |
//! | [`figures`], [`columns`] | the rest of what is told of it, and how its points are sent |
//! | [`sessions`] | the sessions of this process: one for all who ask for the same |

mod anchor;
mod columns;
pub(crate) mod figures;
mod held;
mod points;
mod run;
mod series;
mod session;
mod sessions;
mod shelf;
mod state;

pub(crate) use columns::columns;
pub(crate) use figures::Figures;
pub(crate) use points::{Mark, PairPoint, Points};
pub(crate) use series::{Closes, Series};
pub(crate) use session::Follower;
pub(crate) use sessions::Sessions;
pub(crate) use shelf::Shelf;
pub(crate) use state::{Condition, SessionState};

#[cfg(test)]
mod tests;
