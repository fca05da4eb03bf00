//! Trades in PostgreSQL's binary COPY format.

use bytes::{BufMut, BytesMut};
use market::Trade;

use crate::{SymbolId, time::to_pg_micros};

/// Bytes of a row: a field count, then seven fields each behind its length.
const ROW_BYTES: usize = 2 + 7 * 4 + 4 + 8 + 8 + 8 + 8 + 4 + 1;
const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";

/// The COPY stream of these rows, columns in the order
/// `symbol_id, agg_id, time, price, qty, fills, buyer_is_maker`.
pub(super) fn encode(rows: &[(SymbolId, Trade)]) -> BytesMut {
    let mut out = BytesMut::with_capacity(SIGNATURE.len() + 8 + rows.len() * ROW_BYTES + 2);
    out.put_slice(SIGNATURE);
    out.put_i32(0); // flags
    out.put_i32(0); // length of the header extension
    for (symbol_id, trade) in rows {
        out.put_i16(7);
        out.put_i32(4);
        out.put_i32(symbol_id.0);
        out.put_i32(8);
        out.put_i64(trade.agg_id);
        out.put_i32(8);
        out.put_i64(to_pg_micros(trade.time_ms));
        out.put_i32(8);
        out.put_f64(trade.price);
        out.put_i32(8);
        out.put_f64(trade.qty);
        out.put_i32(4);
        out.put_i32(trade.fills);
        out.put_i32(1);
        out.put_u8(u8::from(trade.buyer_is_maker));
    }
    out.put_i16(-1);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_buffer_is_allocated_once_at_its_final_size() {
        let trade = Trade {
            agg_id: 1,
            time_ms: 0,
            price: 1.0,
            qty: 1.0,
            fills: 1,
            buyer_is_maker: true,
        };
        let rows = vec![(SymbolId(1), trade); 100];
        let encoded = encode(&rows);
        assert_eq!(encoded.len(), 19 + 100 * ROW_BYTES + 2);
    }
}
