//! One side of a pair.

use std::{fmt, str::FromStr};

/// Where a leg's bars come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Source {
    /// The feed.
    #[default]
    Live,
    /// An upload, by its id.
    Dataset(i64),
}

impl Source {
    pub(crate) const fn is_live(self) -> bool {
        matches!(self, Self::Live)
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

/// A source is `live` or `dataset:{id}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoSource;

impl FromStr for Source {
    type Err = NoSource;

    fn from_str(text: &str) -> Result<Self, NoSource> {
        if text == "live" {
            return Ok(Self::Live);
        }
        let id = text.strip_prefix("dataset:").ok_or(NoSource)?;
        id.parse().map(Self::Dataset).map_err(|_| NoSource)
    }
}

/// A series: a source and a name within it. The name stands as in the link: a live symbol may go without its venue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Leg {
    pub(crate) source: Source,
    /// Empty: whatever there is.
    pub(crate) name: String,
}

impl Leg {
    pub(crate) const fn new(source: Source, name: String) -> Self {
        Self { source, name }
    }

    /// The name without a venue, as titles and files show it.
    pub(crate) fn short(&self) -> &str {
        match self.source {
            Source::Live => self
                .name
                .split_once(':')
                .map_or(self.name.as_str(), |(_, symbol)| symbol),
            Source::Dataset(_) => &self.name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_read_as_they_are_written() {
        for source in [Source::Live, Source::Dataset(17)] {
            assert_eq!(source.to_string().parse(), Ok(source));
        }
        assert_eq!("dataset:x".parse::<Source>(), Err(NoSource));
        assert_eq!("file".parse::<Source>(), Err(NoSource));
    }

    #[test]
    fn a_short_name_has_no_venue_but_a_datasets_name_stays_whole() {
        assert_eq!(
            Leg::new(Source::Live, "simulated:BTCUSDT".into()).short(),
            "BTCUSDT"
        );
        assert_eq!(Leg::new(Source::Dataset(1), "a:b".into()).short(), "a:b");
    }
}
