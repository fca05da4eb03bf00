//! Uploaded series: whole or not at all, and read as they were written.

use std::io;

use anyhow::Result;
use futures::stream;
use serde_json::json;
use store::{
    BarRange, Store, StoreError,
    datasets::{
        self, BucketLength, DatasetBar, NewDataset, NewSeries, Resampler, SeriesKey, StoredDataset,
    },
};
use testkit::TestDb;

const START: i64 = -2_000_000_000;
const STEP: i64 = 1_500;

fn bar(index: i64) -> DatasetBar {
    let price = 1.0 + index as f64 / 3.0;
    DatasetBar {
        time_ms: START + index * STEP,
        open: (index % 7 != 0).then_some(price),
        high: Some(price + 0.5),
        low: Some(price - 0.5),
        close: price,
        volume: (index % 5 != 0).then_some(-0.0 + index as f64 * 1e-9),
    }
}

fn series(symbol: &str, rows: i64) -> NewSeries {
    NewSeries {
        symbol: symbol.to_owned(),
        rows,
        interval_ms: Some(STEP),
        first_ms: bar(0).time_ms,
        last_ms: bar(rows - 1).time_ms,
        gaps: 1,
        missing: 2,
        irregular: 3,
    }
}

fn dataset(rows: [i64; 2]) -> NewDataset {
    NewDataset {
        name: "two".to_owned(),
        bytes: 7,
        reading: json!({ "layout": "long" }),
        series: vec![series("A", rows[0]), series("B", rows[1])],
    }
}

type Batch = io::Result<Vec<(i32, DatasetBar)>>;

/// The rows of both series, newest first, in batches.
fn batches(rows: [i64; 2]) -> Vec<Batch> {
    let mut all: Vec<(i32, DatasetBar)> = Vec::new();
    for (series, rows) in (0..).zip(rows) {
        all.extend((0..rows).rev().map(|index| (series, bar(index))));
    }
    all.chunks(1_000).map(|some| Ok(some.to_vec())).collect()
}

async fn write(store: &Store, rows: [i64; 2]) -> Result<StoredDataset> {
    Ok(datasets::write(store, &dataset(rows), stream::iter(batches(rows))).await?)
}

async fn all_rows(store: &Store, key: SeriesKey) -> Result<Vec<DatasetBar>> {
    let mut all = Vec::new();
    loop {
        let after = all.last().map(|bar: &DatasetBar| bar.time_ms);
        let page = datasets::page(store, key, after, 999).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

#[tokio::test]
async fn a_dataset_is_read_as_it_was_written_and_goes_as_a_whole() -> Result<()> {
    let db = TestDb::create().await?;
    let store = db.store();
    let written = write(store, [3_000, 1]).await?;
    let other = write(store, [1, 1]).await?;
    let found = datasets::find(store, written.dataset_id)
        .await?
        .expect("it is there");
    assert_eq!(found.dataset, dataset([3_000, 1]));
    assert_eq!((found.rows, found.created_ms), (3_001, written.created_ms));
    let ids: Vec<i64> = datasets::list(store)
        .await?
        .iter()
        .map(|one| one.dataset_id)
        .collect();
    assert_eq!(ids, [other.dataset_id, written.dataset_id]);

    for name in ["A", "a", " a "] {
        let (key, series) = found.series(name).expect("the name is known");
        assert_eq!(series.symbol, "A");
        let expected: Vec<DatasetBar> = (0..3_000).map(bar).collect();
        assert_eq!(all_rows(store, key).await?, expected);
    }
    assert!(found.series("C").is_none());

    assert_eq!(
        datasets::delete(store, written.dataset_id).await?,
        Some(3_001)
    );
    assert_eq!(datasets::delete(store, written.dataset_id).await?, None);
    assert!(datasets::find(store, written.dataset_id).await?.is_none());
    assert!(all_rows(store, found.key(0)).await?.is_empty());
    let kept = datasets::find(store, other.dataset_id)
        .await?
        .expect("it is there");
    assert_eq!(all_rows(store, kept.key(0)).await?, [bar(0)]);
    Ok(())
}

#[tokio::test]
async fn what_breaks_in_the_middle_leaves_nothing() -> Result<()> {
    let db = TestDb::create().await?;
    let store = db.store();
    let rows = [3_000, 1];
    let mut broken = batches(rows);
    broken.insert(2, Err(io::Error::other("the disk is gone")));
    let mut short = batches(rows);
    short.pop();
    let mut doubled = batches(rows);
    doubled.push(Ok(vec![(1, bar(0))]));
    for batches in [broken, short, doubled] {
        let result = datasets::write(store, &dataset(rows), stream::iter(batches)).await;
        assert!(
            matches!(result, Err(StoreError::Source(_) | StoreError::Database(_))),
            "{result:?}"
        );
        assert!(datasets::list(store).await?.is_empty());
    }
    // Dropped while it waits for more.
    let dataset = dataset(rows);
    let waiting = stream::iter(batches(rows).into_iter().take(1));
    let waiting = futures::StreamExt::chain(waiting, stream::pending());
    let write = datasets::write(store, &dataset, waiting);
    let dropped = tokio::time::timeout(std::time::Duration::from_millis(300), write).await;
    assert!(dropped.is_err());
    let written = self::write(store, [2, 2]).await?;
    assert_eq!(datasets::list(store).await?.len(), 1);
    assert_eq!(all_rows(store, written.key(0)).await?.len(), 2);
    Ok(())
}

#[tokio::test]
async fn bars_from_either_end_are_those_of_all_rows() -> Result<()> {
    let db = TestDb::create().await?;
    let store = db.store();
    // More than two pages.
    let rows = 45_000;
    let written = write(store, [rows, 1]).await?;
    let key = written.key(0);
    for (ms, origin_ms) in [
        (STEP, 0),
        (3_000, 0),
        (60_000, 0),
        (7 * 86_400_000, 4 * 86_400_000),
    ] {
        let length = BucketLength { ms, origin_ms };
        let mut expected = Resampler::new(length);
        (0..rows).for_each(|index| expected.push(&bar(index)));
        let expected = expected.into_bars();
        for limit in [1, 2, 500, 100_000] {
            let first = expected.len().min(limit as usize);
            let range = BarRange {
                from_ms: i64::MIN / 2,
                to_ms: None,
                limit,
            };
            assert_eq!(
                datasets::read(store, key, length, range).await?,
                expected[..first]
            );
            let newest = datasets::read_newest(store, key, length, None, limit).await?;
            assert_eq!(newest, expected[expected.len() - first..]);
        }
        // Bounds are of the bars' starts.
        let middle = expected[expected.len() / 2].time_ms;
        let range = BarRange {
            from_ms: middle - ms + 1,
            to_ms: Some(middle + 1),
            limit: 10,
        };
        assert_eq!(
            datasets::read(store, key, length, range).await?,
            [expected[expected.len() / 2]]
        );
        let before = datasets::read_newest(store, key, length, Some(middle), 1).await?;
        assert_eq!(before.last(), expected[..expected.len() / 2].last());
    }
    Ok(())
}
