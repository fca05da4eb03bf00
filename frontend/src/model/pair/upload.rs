//! Uploaded rows as bars.

use api_types::{BarRow, DatasetColumns, Origin};

/// The rows that have all four prices; what else a bar of the feed has is 0, and none is open or misses trades.
pub(crate) fn bars(columns: &DatasetColumns) -> Vec<BarRow> {
    let price = |column: &[Option<f64>], at: usize| column.get(at).copied().flatten();
    let bar = |at: usize| {
        let volume = price(&columns.volume, at).unwrap_or(0.0);
        Some(BarRow {
            time: *columns.time.get(at)?,
            open: price(&columns.open, at)?,
            high: price(&columns.high, at)?,
            low: price(&columns.low, at)?,
            close: *columns.close.get(at)?,
            volume,
            quote_volume: 0.0,
            buy_volume: 0.0,
            trades: 0,
            closed: true,
            complete: true,
            origin: Origin::Klines,
        })
    };
    (0..columns.time.len()).filter_map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_closes_alone_are_no_bars() {
        let columns = DatasetColumns {
            time: vec![0, 1],
            open: vec![Some(1.0), None],
            high: vec![Some(2.0), None],
            low: vec![Some(0.5), None],
            close: vec![1.5, 1.6],
            volume: vec![None, None],
        };
        let bars = bars(&columns);
        assert_eq!(bars.len(), 1);
        assert_eq!((bars[0].high, bars[0].volume), (2.0, 0.0));
    }
}
