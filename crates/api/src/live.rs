//! Live series and analyses, shared in the process by everybody who follows them.
//!
//! | module | what |
//! | --- | --- |
//! | [`held`] | the last closes of one symbol at one interval |
//! | [`series`] | the same, held to what the database says by its notifications |
//! | [`shelf`] | the series of this process: started when wanted, dropped when not |

#![allow(
    clippy::allow_attributes,
    dead_code,
    unused_imports,
    reason = "the analyses that use the rest are on their way"
)]

pub(crate) mod held;
pub(crate) mod series;
pub(crate) mod shelf;

pub(crate) use held::Close;
pub(crate) use series::{Closes, Series};
pub(crate) use shelf::Shelf;

#[cfg(test)]
mod tests;
