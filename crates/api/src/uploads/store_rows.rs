//! From checked rows to the database.

use std::{fs::File, io, sync::Arc};

use api_types::BarLength;
use dataset_file::{SpoolReader, Summary};
use store::{
    Store, StoreError,
    datasets::{self, DatasetBar, NewDataset, NewSeries, StoredDataset},
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::{Tracked, disk, progress::Progress};
use crate::problem::ApiError;

/// Rows that are sent to the database at once.
const BATCH_ROWS: usize = 8_192;

/// Rows by the position of their series.
type Batch = Vec<(i32, DatasetBar)>;

pub(super) async fn store(
    store: &Store,
    summary: Summary,
    rows: SpoolReader<File>,
    name: String,
    bytes: u64,
    upload: &Tracked,
) -> Result<StoredDataset, ApiError> {
    let (series, positions) = by_name(&summary);
    let reading = serde_json::to_value(&summary.reading)
        .map_err(|error| ApiError::Internal(error.to_string()))?;
    let dataset = NewDataset {
        name,
        bytes: bytes.cast_signed(),
        reading,
        series,
    };
    let (sender, receiver) = mpsc::channel(2);
    let progress = upload.progress();
    let reader = tokio::task::spawn_blocking(move || send(rows, &positions, &sender, &progress));
    let stored = datasets::write(store, &dataset, ReceiverStream::new(receiver)).await;
    // It ends with the receiver.
    reader.await.ok();
    stored.map_err(|error| match error {
        StoreError::Source(error) => disk(error),
        error => error.into(),
    })
}

/// The series that have rows, by name; and for each of the summary's its place among them.
fn by_name(summary: &Summary) -> (Vec<NewSeries>, Vec<i32>) {
    let all = &summary.series;
    let mut order: Vec<usize> = (0..all.len()).filter(|at| all[*at].rows > 0).collect();
    order.sort_by(|a, b| all[*a].symbol.cmp(&all[*b].symbol));
    let mut positions = vec![-1; all.len()];
    for (position, at) in (0..).zip(&order) {
        positions[*at] = position;
    }
    let series = order.into_iter().map(|at| {
        let series = &all[at];
        NewSeries {
            symbol: series.symbol.clone(),
            rows: series.rows.cast_signed(),
            interval_ms: series.interval.map(BarLength::ms),
            first_ms: series.first_ms,
            last_ms: series.last_ms,
            gaps: series.gaps.cast_signed(),
            missing: series.missing.cast_signed(),
            irregular: series.irregular.cast_signed(),
        }
    });
    (series.collect(), positions)
}

fn send(
    rows: SpoolReader<File>,
    positions: &[i32],
    sender: &mpsc::Sender<io::Result<Batch>>,
    progress: &Arc<Progress>,
) {
    let mut batch = Vec::with_capacity(BATCH_ROWS);
    for row in rows {
        match row {
            Ok(row) => batch.push((
                positions[row.series as usize],
                DatasetBar {
                    time_ms: row.time_ms,
                    open: row.open,
                    high: row.high,
                    low: row.low,
                    close: row.close,
                    volume: row.volume,
                },
            )),
            Err(error) => {
                // Whoever does not listen any more has failed already.
                sender.blocking_send(Err(error)).ok();
                return;
            }
        }
        if batch.len() == BATCH_ROWS {
            progress.stored(batch.len());
            let full = std::mem::replace(&mut batch, Vec::with_capacity(BATCH_ROWS));
            if sender.blocking_send(Ok(full)).is_err() {
                return;
            }
        }
    }
    progress.stored(batch.len());
    sender.blocking_send(Ok(batch)).ok();
}
