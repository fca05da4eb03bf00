//! The prices that orders are filled at: an open for each row of each leg.

use api_types::FillAt;
use store::{BarRange, Store, bars};

use super::BacktestSpec;
use crate::{
    app::Shared,
    pairs::{Leg, Rows},
    problem::ApiError,
    source::{DatasetSeries, Span},
};

/// More bars than the rows of an answer can be made of.
const MOST_BARS: u32 = 400_000;

/// Prices of both legs, one for each row.
#[derive(Debug)]
pub(crate) struct Fills {
    pub(crate) y: Vec<f64>,
    pub(crate) x: Vec<f64>,
}

/// Reads the opens of `rows`. Where a leg has no bar of its own, its last close stands in, as it does for its close.
///
/// # Errors
/// [`ApiError::NoBacktest`] where a dataset has no opens, and those of the database.
pub(crate) async fn fills(
    shared: &Shared,
    spec: &BacktestSpec,
    rows: &Rows,
) -> Result<Fills, ApiError> {
    if spec.fill == FillAt::Close {
        return Ok(Fills::at_closes(rows));
    }
    let (y, x) = tokio::try_join!(
        opens(shared, spec, &spec.pair.y, &rows.times_ms),
        opens(shared, spec, &spec.pair.x, &rows.times_ms)
    )?;
    Ok(Fills::along(rows, &y, &x))
}

impl Fills {
    /// Opens of both legs, ascending in time, along the rows.
    pub(crate) fn along(rows: &Rows, y: &[(i64, f64)], x: &[(i64, f64)]) -> Self {
        Self {
            y: along(rows, y, &rows.y),
            x: along(rows, x, &rows.x),
        }
    }

    /// The closes of the rows.
    pub(crate) fn at_closes(rows: &Rows) -> Self {
        Self {
            y: rows.y.clone(),
            x: rows.x.clone(),
        }
    }
}

/// Why orders cannot be filled at the opens of `series`.
pub(crate) fn no_opens(series: &str) -> ApiError {
    ApiError::NoBacktest(format!(
        "{series} has no opens, at which orders are filled; fill=close fills them at the close of the bar after the \
         signal"
    ))
}

async fn opens(
    shared: &Shared,
    spec: &BacktestSpec,
    leg: &Leg,
    times_ms: &[i64],
) -> Result<Vec<(i64, f64)>, ApiError> {
    let (Some(&first), Some(&last)) = (times_ms.first(), times_ms.last()) else {
        return Ok(Vec::new());
    };
    let to_ms = Some(last.saturating_add(1));
    match leg {
        Leg::Live(instrument) => {
            let symbol = shared.directory.resolve(instrument).await?;
            let length = spec.pair.interval.as_interval();
            let interval = length.and_then(|length| length.as_str().parse().ok());
            let interval =
                interval.ok_or_else(|| ApiError::bad_parameter("interval", "is not live"))?;
            let range = BarRange {
                from_ms: first,
                to_ms,
                limit: MOST_BARS,
            };
            let read = bars::read(&shared.store, symbol.symbol_id, interval, range).await?;
            let open = |bar: &store::StoredBar| (bar.bar.bucket_ms, bar.bar.open);
            Ok(read.iter().map(open).collect())
        }
        Leg::Dataset { id, series } => {
            of_dataset(&shared.store, spec, *id, series, first, to_ms).await
        }
    }
}

async fn of_dataset(
    store: &Store,
    spec: &BacktestSpec,
    id: i64,
    series: &str,
    from_ms: i64,
    to_ms: Option<i64>,
) -> Result<Vec<(i64, f64)>, ApiError> {
    let series = DatasetSeries::find(store, id, series).await?;
    let span = Span {
        from_ms: Some(from_ms),
        to_ms,
        limit: MOST_BARS,
    };
    let read = series.bars(store, spec.pair.interval, span).await?;
    let opens = read.iter().map(|bar| Some((bar.time_ms, bar.open?)));
    let what = || no_opens(&format!("{} of dataset {id}", series.symbol));
    opens.collect::<Option<_>>().ok_or_else(what)
}

/// The open of each row, both ascending; the row's own close where there is none.
fn along(rows: &Rows, opens: &[(i64, f64)], closes: &[f64]) -> Vec<f64> {
    let mut next = opens.iter().peekable();
    let price = |(&time, &close): (&i64, &f64)| {
        while next.next_if(|(at, _)| *at < time).is_some() {}
        match next.peek() {
            Some((at, open)) if *at == time => *open,
            _ => close,
        }
    };
    rows.times_ms.iter().zip(closes).map(price).collect()
}
