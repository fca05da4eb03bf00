//! The pairs of a scan, as CSV.

use api_types::{Scan, ScanPair};
use axum::response::Response;
use futures::{Stream, stream};
use store::{
    Store,
    jobs::scans::{self, ScanPage},
};

use crate::{
    csv::{self, Piece, Row},
    problem::ApiError,
    scans::tell::Names,
};

const PAGE_ROWS: u32 = 10_000;
const HEADER: [&str; 17] = [
    "y",
    "x",
    "ySource",
    "xSource",
    "pYOnX",
    "pXOnY",
    "pPair",
    "q",
    "statistic",
    "beta",
    "halfLifeBars",
    "hurst",
    "correlation",
    "z",
    "lastTime",
    "observations",
    "filledShare",
];

pub(super) async fn all(
    store: Store,
    scan: &Scan,
    names: Names,
    page: ScanPage,
) -> Result<Response, ApiError> {
    let name = format!("scan_{}_{}.csv", scan.id, scan.params.interval);
    csv::download(&name, &HEADER, pages(store, scan.id, names, page)).await
}

fn pages(
    store: Store,
    id: i64,
    names: Names,
    page: ScanPage,
) -> impl Stream<Item = Result<Piece, ApiError>> + Send + 'static {
    let start = Some(ScanPage {
        offset: 0,
        limit: PAGE_ROWS,
        ..page
    });
    stream::try_unfold(start, move |place| {
        let (store, names) = (store.clone(), names.clone());
        async move {
            let Some(page) = place else { return Ok(None) };
            let pairs = scans::pairs(&store, id, &page).await?;
            let mut piece = Piece::default();
            for pair in &pairs {
                piece.row(|row| cells(&names.pair(pair), row));
            }
            let next = (pairs.len() == PAGE_ROWS as usize).then(|| ScanPage {
                offset: page.offset + PAGE_ROWS,
                ..page
            });
            Ok(Some((piece, next)))
        }
    })
}

/// In the order of [`HEADER`].
fn cells(pair: &ScanPair, row: &mut Row<'_>) {
    for name in [&pair.y, &pair.x, &pair.y_source, &pair.x_source] {
        row.text(name);
    }
    for figure in [
        pair.p_y_on_x,
        pair.p_x_on_y,
        pair.p_pair,
        pair.q,
        pair.statistic,
        pair.beta,
    ] {
        row.number(figure);
    }
    for figure in [pair.half_life_bars, pair.hurst, pair.correlation, pair.z] {
        row.optional(figure);
    }
    row.time(pair.last_time);
    row.integer(pair.observations.into());
    row.number(pair.filled_share);
}
