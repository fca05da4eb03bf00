//! Where a series comes from: the live feed, or an uploaded dataset; and the series of datasets.

mod series;

use std::{fmt, str::FromStr};

pub(crate) use series::{DatasetSeries, Span, dataset};

/// `live` or `dataset:{id}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) enum Source {
    /// Bars of the exchange's trades.
    #[default]
    Live,
    /// Rows of an upload.
    Dataset(i64),
}

impl FromStr for Source {
    type Err = BadSource;

    fn from_str(text: &str) -> Result<Self, BadSource> {
        let id = |id: &str| id.parse().ok().filter(|id| *id > 0);
        match text.split_once(':') {
            None if text == "live" => Ok(Self::Live),
            Some(("dataset", digits)) => id(digits).map(Self::Dataset).ok_or(BadSource),
            _ => Err(BadSource),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Live => f.write_str("live"),
            Self::Dataset(id) => write!(f, "dataset:{id}"),
        }
    }
}

/// No source.
#[derive(Debug, thiserror::Error)]
#[error("is no source; live and dataset:{{id}} are allowed, for example dataset:7")]
pub(crate) struct BadSource;
