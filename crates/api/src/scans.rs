//! Scans: every pair of many symbols, tested in the background.
//!
//! | module | what |
//! | --- | --- |
//! | [`read`] | from what a client asks for to what is stored of it |
//! | [`load`] | the closes of the symbols |
//! | [`now`] | one that is made at once and not stored |
//! | [`mod@run`] | from a job to what is stored of its pairs |
//! | [`tell`] | from what is stored to what is sent |

mod load;
pub(crate) mod now;
pub(crate) mod read;
mod run;
pub(crate) mod tell;

pub(crate) use run::run;
