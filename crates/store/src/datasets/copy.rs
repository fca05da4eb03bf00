//! Rows of datasets in PostgreSQL's binary COPY format.

use bytes::{BufMut, BytesMut};

use super::DatasetBar;
use crate::time::to_pg_micros;

/// Most bytes of a row: a field count, then eight fields each behind its length.
const ROW_BYTES: usize = 2 + 8 * 4 + 8 + 4 + 8 + 5 * 8;
const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";

/// What a COPY stream begins with.
pub(super) fn header() -> BytesMut {
    let mut out = BytesMut::with_capacity(SIGNATURE.len() + 8);
    out.put_slice(SIGNATURE);
    out.put_i32(0); // flags
    out.put_i32(0); // length of the header extension
    out
}

/// What it ends with.
pub(super) const TRAILER: [u8; 2] = (-1_i16).to_be_bytes();

/// Rows in the order `dataset_id, series_no, time, open, high, low, close, volume`.
pub(super) fn encode(dataset_id: i64, rows: &[(i32, DatasetBar)]) -> BytesMut {
    let mut out = BytesMut::with_capacity(rows.len() * ROW_BYTES);
    for (series_no, bar) in rows {
        out.put_i16(8);
        out.put_i32(8);
        out.put_i64(dataset_id);
        out.put_i32(4);
        out.put_i32(*series_no);
        out.put_i32(8);
        out.put_i64(to_pg_micros(bar.time_ms));
        for value in [bar.open, bar.high, bar.low, Some(bar.close), bar.volume] {
            match value {
                Some(value) => {
                    out.put_i32(8);
                    out.put_f64(value);
                }
                None => out.put_i32(-1),
            }
        }
    }
    out
}
