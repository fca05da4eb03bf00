//! Faults of trades on their way into the stream.

use super::{Book, FaultKind, spec::FaultSpec};
use crate::{SimTrade, hash::mix, wire::Twist};

/// Trades held back at most; past that a delayed trade is sent at once.
const MOST_HELD: usize = 100_000;

/// What is sent for a symbol.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Frame {
    /// A trade, told truly or with a twist.
    Trade(SimTrade, TwistOf),
    /// The first half of a trade's frame.
    Half(SimTrade),
    /// A frame of so many bytes that is no trade.
    Large(usize),
    /// An event of a type that no client knows.
    Unknown,
}

/// Which twist, if any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TwistOf {
    /// None.
    Nothing,
    /// Price and quantity 0.
    Price,
    /// Quantity 0.
    Qty,
    /// One more field.
    Field,
}

impl From<TwistOf> for Twist {
    fn from(of: TwistOf) -> Self {
        Self {
            zero_price: of == TwistOf::Price,
            zero_qty: of == TwistOf::Qty,
            unknown_field: of == TwistOf::Field,
        }
    }
}

/// The trades of one symbol that are held back.
#[derive(Debug, Default)]
pub(crate) struct StreamFaults {
    /// To be sent after the next trade.
    reordered: Option<SimTrade>,
    /// To be sent when exchange time has come this far.
    delayed: Vec<(i64, SimTrade)>,
}

impl StreamFaults {
    /// What is sent, at exchange time `now_ms`, for the trades that have just happened.
    pub(crate) fn apply(
        &mut self,
        book: &Book,
        symbol: &str,
        trades: &[SimTrade],
        now_ms: i64,
        out: &mut Vec<Frame>,
    ) {
        let here = |spec: &FaultSpec| {
            spec.kind.is_of_trade() && spec.symbol.as_deref().is_none_or(|of| of == symbol)
        };
        if book.any(here) || self.reordered.is_some() {
            for trade in trades {
                let holding = self.reordered.is_some();
                let chosen = |spec: &FaultSpec| {
                    here(spec)
                        && spec
                            .every
                            .is_none_or(|every| mix(0xe7e7, trade.id).is_multiple_of(every))
                        && !(holding && spec.kind == FaultKind::Reorder)
                };
                self.send(*trade, book.strike(chosen).as_ref(), now_ms, out);
            }
        } else {
            out.extend(
                trades
                    .iter()
                    .map(|trade| Frame::Trade(*trade, TwistOf::Nothing)),
            );
        }
        self.send_delayed(now_ms, out);
    }

    /// Forgets what is held back: nobody listens.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    fn send(
        &mut self,
        trade: SimTrade,
        fault: Option<&FaultSpec>,
        now_ms: i64,
        out: &mut Vec<Frame>,
    ) {
        let plain = Frame::Trade(trade, TwistOf::Nothing);
        let earlier = self.reordered.take();
        let Some(fault) = fault else {
            out.push(plain);
            out.extend(earlier.map(|trade| Frame::Trade(trade, TwistOf::Nothing)));
            return;
        };
        let bad = |frame: Frame| {
            let then = (!fault.replaces()).then_some(plain.clone());
            [Some(frame), then].into_iter().flatten()
        };
        match fault.kind {
            FaultKind::Duplicate => out.extend([plain.clone(), plain]),
            FaultKind::Reorder => self.reordered = Some(trade),
            FaultKind::Delay if self.delayed.len() < MOST_HELD => {
                let late_ms = fault.delay_ms.unwrap_or(3_000) as i64;
                self.delayed.push((now_ms.saturating_add(late_ms), trade));
            }
            FaultKind::ZeroPrice => out.extend(bad(Frame::Trade(trade, TwistOf::Price))),
            FaultKind::ZeroQty => out.extend(bad(Frame::Trade(trade, TwistOf::Qty))),
            FaultKind::UnknownField => out.push(Frame::Trade(trade, TwistOf::Field)),
            FaultKind::Malformed => out.extend(bad(Frame::Half(trade))),
            FaultKind::Oversized => out.extend(bad(Frame::Large(fault.bytes.unwrap_or(2 << 20)))),
            FaultKind::UnknownEvent => out.extend(bad(Frame::Unknown)),
            FaultKind::Skip | FaultKind::Silent => {}
            _ => out.push(plain),
        }
        out.extend(earlier.map(|trade| Frame::Trade(trade, TwistOf::Nothing)));
    }

    fn send_delayed(&mut self, now_ms: i64, out: &mut Vec<Frame>) {
        let due = self.delayed.extract_if(.., |(at_ms, _)| *at_ms <= now_ms);
        out.extend(due.map(|(_, trade)| Frame::Trade(trade, TwistOf::Nothing)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trades(ids: std::ops::Range<u64>) -> Vec<SimTrade> {
        let trade = |id| SimTrade {
            id,
            price: 5,
            qty: 5,
            first_id: id,
            last_id: id,
            time_ms: id as i64,
            buyer_is_maker: false,
        };
        ids.map(trade).collect()
    }

    fn sent(fault: FaultSpec, batches: &[(i64, std::ops::Range<u64>)]) -> Vec<u64> {
        let book = Book::default();
        book.add(fault);
        let mut faults = StreamFaults::default();
        let mut out = Vec::new();
        for (now_ms, ids) in batches {
            faults.apply(&book, "BTCUSDT", &trades(ids.clone()), *now_ms, &mut out);
        }
        let id = |frame: &Frame| match frame {
            Frame::Trade(trade, TwistOf::Nothing) => trade.id,
            _ => 0,
        };
        out.iter().map(id).collect()
    }

    #[test]
    fn each_fault_does_to_the_order_of_ids_what_its_name_says() {
        let fault = |kind, count| FaultSpec {
            count: Some(count),
            ..FaultSpec::new(kind)
        };
        assert_eq!(sent(fault(FaultKind::Skip, 2), &[(9, 1..5)]), [3, 4]);
        assert_eq!(
            sent(fault(FaultKind::Duplicate, 1), &[(9, 1..3)]),
            [1, 1, 2]
        );
        assert_eq!(sent(fault(FaultKind::Reorder, 1), &[(9, 1..4)]), [2, 1, 3]);
        assert_eq!(
            sent(fault(FaultKind::Reorder, 1), &[(9, 1..2), (9, 2..4)]),
            [2, 1, 3]
        );
        assert_eq!(
            sent(fault(FaultKind::Reorder, 2), &[(9, 1..5)]),
            [2, 1, 4, 3]
        );
        assert_eq!(
            sent(fault(FaultKind::Malformed, 1), &[(9, 1..3)]),
            [0, 1, 2]
        );
        assert_eq!(sent(fault(FaultKind::ZeroPrice, 1), &[(9, 1..3)]), [0, 2]);
        assert_eq!(
            sent(fault(FaultKind::UnknownEvent, 1), &[(9, 1..3)]),
            [0, 1, 2]
        );
    }

    #[test]
    fn a_delayed_trade_comes_when_exchange_time_has_passed() {
        let delay = FaultSpec {
            delay_ms: Some(50),
            ..FaultSpec::new(FaultKind::Delay)
        };
        assert_eq!(
            sent(delay, &[(100, 1..3), (149, 3..4), (150, 4..5)]),
            [2, 3, 4, 1]
        );
    }

    #[test]
    fn silence_of_one_symbol_leaves_the_others_alone() {
        let silent = FaultSpec {
            symbol: Some("ETHUSDT".into()),
            ..FaultSpec::new(FaultKind::Silent)
        };
        assert_eq!(sent(silent, &[(9, 1..4)]), [1, 2, 3]);
        assert_eq!(
            sent(FaultSpec::new(FaultKind::Silent), &[(9, 1..4)]),
            [0_u64; 0]
        );
    }
}
