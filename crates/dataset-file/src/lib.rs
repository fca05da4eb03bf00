//! Reads uploaded CSV files of prices: what they hold, and everything that is wrong with them.
//!
//! A file is read once, in pieces of a few megabytes, whatever its size: text is cut at line ends, cells are
//! parsed by polars, each row is checked, and good rows go to a [`Spool`]. A [`Summary`] comes out if all of
//! them are good; else the [`RowError`]s, with line and column.
//!
//! ```
//! use dataset_file::{Limits, Options, Spool, read};
//!
//! let file = "time,close\n2024-08-08,60000\n2024-08-09,61000.5\n";
//! let options = Options { symbol: Some("BTC".parse()?), ..Options::default() };
//! let mut spool = Spool::new(std::io::Cursor::new(Vec::new()));
//! let summary = read(file.as_bytes(), &options, &Limits::default(), &mut spool, &|_| true)?;
//! assert_eq!(summary.series[0].symbol, "BTC");
//! assert_eq!(summary.series[0].interval.unwrap().to_string(), "1d");
//! assert!(summary.reading.naive_as_utc);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | module | what |
//! | --- | --- |
//! | `bytes` | decompression, with a cap |
//! | `pieces` | text, cut at line ends into rows of equally many cells |
//! | `dialect`, `columns` | what separates cells; which column is what |
//! | `time` | times as numbers, ISO 8601 or by a format |
//! | `cells` | polars: from a piece of text to columns of numbers |
//! | `rows` | the checks |
//! | `spacing` | order, duplicates, interval and gaps of a series |
//! | `spool` | good rows, on their way to the database |

mod bytes;
mod cells;
mod columns;
mod dialect;
mod error;
mod names;
mod options;
mod pieces;
mod read;
mod rows;
mod spacing;
mod spool;
mod summary;
mod time;

pub use error::{FileError, MAX_ROW_ERRORS, RowError};
pub use options::{Limits, Options};
pub use read::read;
pub use spool::{Row, Spool, SpoolReader};
pub use summary::{SeriesSummary, Summary};
pub use time::TimeFormat;
