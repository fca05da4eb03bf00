//! The words that the answers use.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! name {
    ($(#[doc = $doc:literal])* $type:ident, $what:literal { $($(#[$variant_meta:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $type {
            $($(#[$variant_meta])* #[serde(rename = $text)] $variant,)+
        }

        impl $type {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name as it stands in JSON and in query strings.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        // Derived, the schema would have the names of the variants: a name within a macro is not seen.
        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $type {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .description(Some([$($doc.trim()),*].join("\n")))
                    .enum_values(Some(Self::ALL.iter().map(|name| name.as_str())))
                    .into()
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $type {}

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::UnknownName;

            fn from_str(text: &str) -> Result<Self, $crate::UnknownName> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err($crate::UnknownName::new(
                        text,
                        $what,
                        concat!($($text, " "),+).trim_ascii_end(),
                    )),
                }
            }
        }
    };
}

pub(crate) use name;

name! {
    /// Length of a bar. Buckets are aligned to the Unix epoch, so days are UTC days.
    Interval, "interval" {
        /// One second.
        S1 = "1s",
        /// One minute.
        M1 = "1m",
        /// Five minutes.
        M5 = "5m",
        /// A quarter of an hour.
        M15 = "15m",
        /// One hour.
        H1 = "1h",
        /// Four hours.
        H4 = "4h",
        /// One UTC day.
        D1 = "1d",
    }
}

impl Interval {
    /// Length in milliseconds.
    #[must_use]
    pub const fn ms(self) -> i64 {
        match self {
            Self::S1 => 1_000,
            Self::M1 => 60_000,
            Self::M5 => 300_000,
            Self::M15 => 900_000,
            Self::H1 => 3_600_000,
            Self::H4 => 14_400_000,
            Self::D1 => 86_400_000,
        }
    }
}

name! {
    /// Where a symbol is traded. Real and simulated trades of one name never share a series.
    Venue, "venue" {
        /// Binance USD-M Futures.
        Binance = "binance",
        /// The simulated exchange: its own market, or a replay of recorded trades.
        Simulated = "simulated",
    }
}

name! {
    /// Whether the numbers are real.
    FeedMode, "feed mode" {
        /// Trades of the exchange, as they happen.
        Live = "live",
        /// The simulated exchange's own market.
        Simulated = "simulated",
        /// Recorded trades, served again by the simulated exchange.
        Replay = "replay",
    }
}

name! {
    /// What a bar is made of.
    Origin, "origin" {
        /// Of stored trades, all of them unless `complete` is false.
        Trades = "trades",
        /// A kline of the exchange, from before trades were stored or from within a gap.
        Klines = "klines",
        /// Of both, at the border between them.
        Mixed = "mixed",
    }
}

/// Not one of the names allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownName {
    text: String,
    what: &'static str,
    allowed: &'static str,
}

impl UnknownName {
    pub(crate) fn new(text: &str, what: &'static str, allowed: &'static str) -> Self {
        let text = text.chars().take(64).collect();
        Self {
            text,
            what,
            allowed,
        }
    }

    /// The names that are allowed, separated by spaces.
    #[must_use]
    pub const fn allowed(&self) -> &'static str {
        self.allowed
    }
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            text,
            what,
            allowed,
        } = self;
        write!(f, "`{text}` is no {what}: it is one of {allowed}")
    }
}

impl std::error::Error for UnknownName {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_in_json_and_in_query_strings() {
        for &interval in Interval::ALL {
            let json = serde_json::to_string(&interval).unwrap();
            assert_eq!(json, format!("\"{interval}\""));
            assert_eq!(interval.as_str().parse(), Ok(interval));
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let error = "2m".parse::<Interval>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "`2m` is no interval: it is one of 1s 1m 5m 15m 1h 4h 1d"
        );
    }
}
