//! The fields of an aggregated trade, collected in any order and then judged.
//!
//! Stream frames and REST pages share them; a page has no `s` and no `E`.

use super::{
    decimal,
    frame::Malformed,
    reject::{Reject, RejectReason},
    scan::{Scanner, Text, Token},
};
use crate::{Symbol, Trade};

/// The keys that matter, one byte each; the place in this list is the field's slot.
const KEYS: [&str; 10] = ["e", "E", "a", "s", "p", "q", "f", "l", "T", "m"];

const EVENT: usize = 0;
const EVENT_TIME: usize = 1;
const AGG_ID: usize = 2;
const SYMBOL: usize = 3;
const PRICE: usize = 4;
const QTY: usize = 5;
const FIRST: usize = 6;
const LAST: usize = 7;
const TIME: usize = 8;
const BUYER_IS_MAKER: usize = 9;

/// Ids beyond this are corrupt: they would not survive a JSON parser in a browser either.
const MAX_ID: i64 = 1 << 53;

/// 2000-01-01 and 2100-01-01. One trade far in the future would close every bar at once.
const TIMES_MS: std::ops::Range<i64> = 946_684_800_000..4_102_444_800_000;

/// What was found under each key.
#[derive(Debug, Default)]
pub(super) struct TradeFields<'a> {
    slots: [Option<Token<'a>>; KEYS.len()],
    /// Bit per slot: the key came more than once. The first value stands.
    twice: u16,
}

impl<'a> TradeFields<'a> {
    /// Reads the value of `key`, keeping it if it matters.
    #[inline]
    pub(super) fn member(
        &mut self,
        scanner: &mut Scanner<'a>,
        key: Text<'a>,
    ) -> Result<(), Malformed> {
        let token = scanner.value()?;
        if let Some(slot) = slot_of(key) {
            if self.slots[slot].is_none() {
                self.slots[slot] = Some(token);
            } else {
                self.twice |= 1 << slot;
            }
        }
        Ok(())
    }

    /// The event's type, `aggTrade` for the one that is understood.
    pub(super) fn event(&self) -> Option<Text<'a>> {
        match self.slots[EVENT] {
            Some(Token::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// When the exchange sent it, milliseconds since the epoch, if that is readable.
    #[inline]
    pub(super) fn event_ms(&self) -> Option<i64> {
        self.once(EVENT_TIME)?
            .integer()
            .filter(|ms| TIMES_MS.contains(ms))
    }

    /// The market, if that is readable.
    #[inline]
    pub(super) fn symbol(&self) -> Option<&'a str> {
        match self.once(SYMBOL)? {
            Token::Text(text) => text
                .plain()
                .filter(|name| !name.is_empty() && name.len() <= Symbol::MAX_BYTES),
            _ => None,
        }
    }

    /// The trade, or which rule it breaks. The symbol is the caller's concern.
    #[inline]
    pub(super) fn trade(&self) -> Result<Trade, RejectReason> {
        if self.twice != 0 {
            return Err(RejectReason::DuplicateKey);
        }
        let agg_id = self.agg_id().ok_or(RejectReason::BadId)?;
        let time_ms = self.time_ms().ok_or(RejectReason::BadTime)?;
        let price = self.positive(
            PRICE,
            RejectReason::BadPrice,
            RejectReason::NonPositivePrice,
        )?;
        let qty = self.positive(QTY, RejectReason::BadQty, RejectReason::NonPositiveQty)?;
        let fills = self.fills().ok_or(RejectReason::BadFills)?;
        let Some(Token::Bool(buyer_is_maker)) = self.slots[BUYER_IS_MAKER] else {
            return Err(RejectReason::BadSide);
        };
        Ok(Trade {
            agg_id,
            time_ms,
            price,
            qty,
            fills,
            buyer_is_maker,
        })
    }

    /// What is known of a trade that is none.
    #[cold]
    pub(super) fn reject(&self, reason: RejectReason) -> Reject<'a> {
        Reject {
            symbol: self.symbol(),
            agg_id: self.agg_id(),
            time_ms: self.time_ms(),
            reason,
        }
    }

    fn once(&self, slot: usize) -> Option<Token<'a>> {
        self.slots[slot].filter(|_| self.twice & (1 << slot) == 0)
    }

    fn agg_id(&self) -> Option<i64> {
        self.once(AGG_ID)?
            .integer()
            .filter(|id| (0..=MAX_ID).contains(id))
    }

    fn time_ms(&self) -> Option<i64> {
        self.once(TIME)?
            .integer()
            .filter(|ms| TIMES_MS.contains(ms))
    }

    #[inline]
    fn positive(
        &self,
        slot: usize,
        bad: RejectReason,
        non_positive: RejectReason,
    ) -> Result<f64, RejectReason> {
        let Some(Token::Text(text)) = self.slots[slot] else {
            return Err(bad);
        };
        let value = text
            .plain()
            .and_then(decimal::parse)
            .filter(|v| v.is_finite())
            .ok_or(bad)?;
        if value > 0.0 {
            Ok(value)
        } else {
            Err(non_positive)
        }
    }

    fn fills(&self) -> Option<i32> {
        let (first, last) = (self.slots[FIRST]?.integer()?, self.slots[LAST]?.integer()?);
        let count = last.checked_sub(first)?.checked_add(1)?;
        i32::try_from(count).ok().filter(|count| *count >= 1)
    }
}

#[inline]
fn slot_of(key: Text<'_>) -> Option<usize> {
    if key.escaped {
        return KEYS.iter().position(|name| key.is(name));
    }
    Some(match key.raw.as_bytes() {
        b"e" => EVENT,
        b"E" => EVENT_TIME,
        b"a" => AGG_ID,
        b"s" => SYMBOL,
        b"p" => PRICE,
        b"q" => QTY,
        b"f" => FIRST,
        b"l" => LAST,
        b"T" => TIME,
        b"m" => BUYER_IS_MAKER,
        _ => return None,
    })
}
