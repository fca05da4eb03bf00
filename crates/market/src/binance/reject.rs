//! Why a trade that arrived is none.

use std::fmt;

/// An aggregated trade that must not become a bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reject<'a> {
    /// The market, as far as it was readable.
    pub symbol: Option<&'a str>,
    /// The id, as far as it was readable: it then counts as accounted for.
    pub agg_id: Option<i64>,
    /// When it was matched, milliseconds since the epoch, as far as it was readable.
    pub time_ms: Option<i64>,
    /// The first rule that it broke, in the order of [`RejectReason::ALL`].
    pub reason: RejectReason,
}

/// The rules for a trade, in the order in which they are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RejectReason {
    /// A field that matters is there twice, so nobody knows which one is meant.
    DuplicateKey,
    /// No symbol, an empty one, one with escapes or one longer than
    /// [`Symbol::MAX_BYTES`](crate::Symbol::MAX_BYTES).
    BadSymbol,
    /// No id, or none between 0 and 2⁵³.
    BadId,
    /// No time, or none between the years 2000 and 2100.
    BadTime,
    /// The price is no decimal number, or not finite.
    BadPrice,
    /// The price is zero or less.
    NonPositivePrice,
    /// The quantity is no decimal number, or not finite.
    BadQty,
    /// The quantity is zero or less.
    NonPositiveQty,
    /// First and last fill are missing, in the wrong order, or absurdly far apart.
    BadFills,
    /// It does not say whether the buyer was the maker.
    BadSide,
}

impl RejectReason {
    /// All of them, in the order in which they are checked.
    pub const ALL: [Self; 10] = [
        Self::DuplicateKey,
        Self::BadSymbol,
        Self::BadId,
        Self::BadTime,
        Self::BadPrice,
        Self::NonPositivePrice,
        Self::BadQty,
        Self::NonPositiveQty,
        Self::BadFills,
        Self::BadSide,
    ];

    /// The name used in the database and as a metric's label.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DuplicateKey => "duplicate_key",
            Self::BadSymbol => "bad_symbol",
            Self::BadId => "bad_id",
            Self::BadTime => "bad_time",
            Self::BadPrice => "bad_price",
            Self::NonPositivePrice => "non_positive_price",
            Self::BadQty => "bad_qty",
            Self::NonPositiveQty => "non_positive_qty",
            Self::BadFills => "bad_fills",
            Self::BadSide => "bad_side",
        }
    }
}

impl fmt::Display for RejectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
