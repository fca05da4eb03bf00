//! All rows of a dataset, as CSV.

use axum::response::Response;
use futures::{Stream, stream};
use store::{
    Store,
    datasets::{self, StoredDataset},
};

use crate::{
    csv::{self, Piece},
    problem::ApiError,
};

const PAGE_ROWS: u32 = 10_000;
/// As an upload takes it.
const HEADER: [&str; 7] = ["symbol", "time", "open", "high", "low", "close", "volume"];

pub(super) async fn all(store: &Store, dataset: StoredDataset) -> Result<Response, ApiError> {
    let name = &dataset.dataset.name;
    let stem = name.strip_suffix(".gz").unwrap_or(name);
    let stem = stem.strip_suffix(".csv").unwrap_or(stem);
    let file_name = format!("dataset_{}_{stem}.csv", dataset.dataset_id);
    csv::download(&file_name, &HEADER, pages(store.clone(), dataset)).await
}

/// Where an export is.
struct Place {
    store: Store,
    dataset: StoredDataset,
    series: usize,
    after_ms: Option<i64>,
    rows_of_series: i64,
}

fn pages(
    store: Store,
    dataset: StoredDataset,
) -> impl Stream<Item = Result<Piece, ApiError>> + Send + 'static {
    let start = Place {
        store,
        dataset,
        series: 0,
        after_ms: None,
        rows_of_series: 0,
    };
    stream::try_unfold(start, |mut place| async move {
        let Some(series) = place.dataset.dataset.series.get(place.series) else {
            return Ok(None);
        };
        let key = place.dataset.key(place.series);
        let rows = datasets::page(&place.store, key, place.after_ms, PAGE_ROWS).await?;
        let mut piece = Piece::default();
        for bar in &rows {
            piece.row(|row| {
                row.text(&series.symbol);
                row.time(bar.time_ms);
                row.optional(bar.open);
                row.optional(bar.high);
                row.optional(bar.low);
                row.number(bar.close);
                row.optional(bar.volume);
            });
        }
        place.rows_of_series += rows.len() as i64;
        if rows.len() == PAGE_ROWS as usize {
            place.after_ms = rows.last().map(|row| row.time_ms);
        } else if place.rows_of_series == series.rows {
            place.series += 1;
            (place.after_ms, place.rows_of_series) = (None, 0);
        } else {
            // Deleted meanwhile: nobody is to take the part for the whole.
            return Err(ApiError::UnknownDataset(place.dataset.dataset_id));
        }
        Ok(Some((piece, place)))
    })
}
