//! Which stretches of time a batch touches.

use market::Trade;

use crate::SymbolId;

/// Trades closer together than this share a range; no range of several symbols is longer.
const REACH_MS: i64 = 60_000;

/// Symbols whose bars change in `[from_ms, to_ms]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TouchedRange {
    pub(super) symbol_ids: Vec<i32>,
    pub(super) from_ms: i64,
    pub(super) to_ms: i64,
}

/// Ranges that hold the trades, of which few are enough: a live batch of any number of symbols
/// makes one, a batch with a late trade makes one more for it. `rows` are sorted by symbol.
pub(super) fn touched_ranges(rows: &[(SymbolId, Trade)]) -> Vec<TouchedRange> {
    let mut ranges: Vec<TouchedRange> = Vec::new();
    for of_symbol in rows.chunk_by(|a, b| a.0 == b.0) {
        let symbol_id = of_symbol[0].0.0;
        let mut own: Vec<(i64, i64)> = Vec::new();
        for (_, Trade { time_ms, .. }) in of_symbol {
            match own.last_mut() {
                Some((from, to)) if *time_ms >= *from - REACH_MS && *time_ms <= *to + REACH_MS => {
                    *from = (*from).min(*time_ms);
                    *to = (*to).max(*time_ms);
                }
                _ => own.push((*time_ms, *time_ms)),
            }
        }
        for (from_ms, to_ms) in own {
            let shared = ranges
                .iter_mut()
                .find(|range| range.to_ms.max(to_ms) - range.from_ms.min(from_ms) <= REACH_MS);
            match shared {
                Some(range) => {
                    range.from_ms = range.from_ms.min(from_ms);
                    range.to_ms = range.to_ms.max(to_ms);
                    if range.symbol_ids.last() != Some(&symbol_id) {
                        range.symbol_ids.push(symbol_id);
                    }
                }
                None => ranges.push(TouchedRange {
                    symbol_ids: vec![symbol_id],
                    from_ms,
                    to_ms,
                }),
            }
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(symbol: i32, time_ms: i64) -> (SymbolId, Trade) {
        let trade = Trade {
            agg_id: 0,
            time_ms,
            price: 1.0,
            qty: 1.0,
            fills: 1,
            buyer_is_maker: true,
        };
        (SymbolId(symbol), trade)
    }

    #[test]
    fn a_live_batch_of_many_symbols_is_one_range() {
        let rows: Vec<_> = (0..200)
            .flat_map(|s| [row(s, 1_000_000), row(s, 1_000_200)])
            .collect();
        let ranges = touched_ranges(&rows);
        assert_eq!(ranges.len(), 1);
        assert_eq!(ranges[0].symbol_ids.len(), 200);
        assert_eq!((ranges[0].from_ms, ranges[0].to_ms), (1_000_000, 1_000_200));
    }

    #[test]
    fn a_late_trade_has_a_range_of_its_own_that_names_its_symbol_alone() {
        let hour = 3_600_000;
        let rows = [row(1, 2 * hour), row(2, hour), row(2, 2 * hour + 5)];
        assert_eq!(
            touched_ranges(&rows),
            [
                TouchedRange {
                    symbol_ids: vec![1, 2],
                    from_ms: 2 * hour,
                    to_ms: 2 * hour + 5
                },
                TouchedRange {
                    symbol_ids: vec![2],
                    from_ms: hour,
                    to_ms: hour
                },
            ]
        );
    }
}
