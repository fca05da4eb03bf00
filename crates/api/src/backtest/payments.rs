//! What the exchange says that the holders of both contracts paid.
//!
//! A figure of which a part is missing looks like any other, so nothing is traded over bars whose payments are not known:
//! where the first of them is not, there is no backtest; where the last ones are not yet, it ends before them and says so.

use analytics::backtest::FundingRate;
use api_types::{FundingFrom, PairWarning, WarningCode};
use chrono::{DateTime, SecondsFormat};
use store::{
    SymbolId,
    funding::{self, Known},
    history::Coverage,
};

use super::BacktestSpec;
use crate::{
    app::Shared,
    pairs::{Leg, PairSpec, Rows, load},
    problem::ApiError,
};

/// Contracts pay every 8, 4 or 1 hours, at full ones.
const HOUR_MS: i64 = 3_600_000;
/// The exchange stamps a payment some milliseconds after the hour that it is for. Whoever traded at the hour did so
/// before: a payment counts for its whole minute's beginning.
const STAMP_MS: i64 = 60_000;

/// Rates of both legs; empty where they are given as constants.
#[derive(Debug, Default)]
pub(crate) struct Payments {
    pub(super) y: Vec<FundingRate>,
    pub(super) x: Vec<FundingRate>,
    pub(super) warning: Option<PairWarning>,
}

/// Reads the payments that fall into the bars of `rows`, if the exchange is to say them. Where those of the last bars are
/// not known yet, `rows` are read again without these.
///
/// # Errors
/// [`ApiError::NoBacktest`] where it is not known what was paid, and those of the database.
pub(crate) async fn payments(
    shared: &Shared,
    spec: &BacktestSpec,
    rows: &mut Rows,
) -> Result<Payments, ApiError> {
    let pair = &spec.pair;
    let (FundingFrom::Exchange, Leg::Live(y), Leg::Live(x)) = (spec.funding, &pair.y, &pair.x)
    else {
        return Ok(Payments::default());
    };
    let mut warning = None;
    loop {
        let Some((first_ms, end_ms)) = span(pair, rows) else {
            // Too few bars, of which others tell.
            return Ok(Payments::default());
        };
        let legs = tokio::try_join!(shared.directory.resolve(y), shared.directory.resolve(x))?;
        let read = |id: SymbolId| funding::read(&shared.store, id, first_ms, end_ms + STAMP_MS);
        let (y, x) = tokio::try_join!(read(legs.0.symbol_id), read(legs.1.symbol_id))?;
        let known_to_ms = known_to(&pair.y, &y, first_ms)?.min(known_to(&pair.x, &x, first_ms)?);
        if end_ms < known_to_ms {
            return Ok(Payments {
                y: rates(&y),
                x: rates(&x),
                warning,
            });
        }
        let cut = PairSpec {
            // The last bar that ends before the hour.
            end_ms: Some(known_to_ms - 1 - pair.interval.ms()),
            ..pair.clone()
        };
        *rows = load::rows(shared, &cut).await?;
        warning = Some(left_out(known_to_ms));
    }
}

/// From the open of the first bar that is shown to the close of the last one.
fn span(pair: &PairSpec, rows: &Rows) -> Option<(i64, i64)> {
    let shown = rows.times_ms.get(rows.shown())?;
    let (first, last) = (shown.first()?, shown.last()?);
    Some((*first, last.saturating_add(pair.interval.ms())))
}

/// Of payments from `first_ms` on, the first time at which there may be one that is not known.
fn known_to(leg: &Leg, known: &Known, first_ms: i64) -> Result<i64, ApiError> {
    let mut covered = known.covered.iter();
    let holding = covered.find(|range| range.from_ms <= first_ms && first_ms < next_payment(range));
    holding.map(next_payment).ok_or_else(|| {
        let name = leg.name();
        let later = known.covered.iter().find(|range| range.from_ms > first_ms);
        let known = match (later, known.covered.last()) {
            (Some(range), _) => format!("known only from {} on", text(range.from_ms)),
            (None, Some(range)) => format!("known only up to {}", text(range.to_ms)),
            (None, None) => "not known".to_owned(),
        };
        ApiError::NoBacktest(format!(
            "the funding rates of {name} are {known}, and the first bar to trade begins at {}; rates are fetched \
             in the background, startTime, endTime and limit choose other bars, and funding=given takes a constant instead",
            text(first_ms)
        ))
    })
}

fn next_payment(known: &Coverage) -> i64 {
    known.to_ms - known.to_ms.rem_euclid(HOUR_MS) + HOUR_MS
}

fn rates(known: &Known) -> Vec<FundingRate> {
    let of = |paid: &funding::FundingRate| FundingRate {
        time_ms: paid.time_ms - paid.time_ms.rem_euclid(STAMP_MS),
        rate: paid.rate,
    };
    let mut rates: Vec<FundingRate> = known.rates.iter().map(of).collect();
    rates.dedup_by_key(|rate| rate.time_ms);
    rates
}

fn left_out(known_to_ms: i64) -> PairWarning {
    PairWarning {
        code: WarningCode::FundingPending,
        detail: format!(
            "bars that end at {} or later are left out: what was paid then is not known yet",
            text(known_to_ms)
        ),
    }
}

fn text(ms: i64) -> String {
    let time = DateTime::from_timestamp_millis(ms).unwrap_or_default();
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE_MS: i64 = 60_000;

    fn known(covered: &[(i64, i64)]) -> Known {
        let range = |&(from, to): &(i64, i64)| Coverage {
            from_ms: from * MINUTE_MS,
            to_ms: to * MINUTE_MS,
        };
        Known {
            rates: Vec::new(),
            covered: covered.iter().map(range).collect(),
        }
    }

    fn told(known: &Known, first: i64) -> Result<i64, String> {
        let leg = Leg::Live("BTCUSDT".parse().unwrap());
        let to_ms = known_to(&leg, known, first * MINUTE_MS);
        to_ms
            .map(|ms| ms / MINUTE_MS)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn payments_are_known_up_to_the_hour_after_they_were_asked_for() {
        assert_eq!(told(&known(&[(0, 61)]), 0), Ok(120));
        assert_eq!(told(&known(&[(0, 59)]), 30), Ok(60));
        // Of a time at which nothing can have been paid nobody needs to ask.
        assert_eq!(told(&known(&[(0, 61)]), 119), Ok(120));
        // What is known behind a hole is of no use before it.
        assert_eq!(told(&known(&[(0, 61), (300, 400)]), 10), Ok(120));
        assert_eq!(told(&known(&[(0, 61), (300, 400)]), 300), Ok(420));
    }

    #[test]
    fn a_first_bar_whose_payments_are_not_known_is_refused_in_words() {
        for (covered, first, words) in [
            (&[][..], 0, "are not known"),
            (&[(60, 120)], 59, "only from 1970-01-01T01:00:00Z on"),
            (
                &[(60, 120), (300, 400)],
                181,
                "only from 1970-01-01T05:00:00Z on",
            ),
            (&[(60, 120)], 180, "only up to 1970-01-01T02:00:00Z"),
        ] {
            let refusal = told(&known(covered), first).unwrap_err();
            assert!(
                refusal.contains(words) && refusal.contains("BTCUSDT"),
                "{refusal}"
            );
        }
    }

    #[test]
    fn a_payment_counts_for_the_minute_in_which_it_is_stamped() {
        let paid = |time_ms| funding::FundingRate {
            time_ms,
            rate: 1e-4,
        };
        let known = Known {
            rates: vec![paid(HOUR_MS + 3), paid(2 * HOUR_MS), paid(2 * HOUR_MS + 7)],
            covered: Vec::new(),
        };
        let times: Vec<i64> = rates(&known).iter().map(|rate| rate.time_ms).collect();
        assert_eq!(times, [HOUR_MS, 2 * HOUR_MS]);
    }
}
