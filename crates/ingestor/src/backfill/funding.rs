//! Funding rates: those of the time that klines reach back to, and each new one minutes after it was paid.
//!
//! Nobody waits for them but backtests, so they are asked for one page after the other.

use std::{collections::HashMap, sync::Arc, time::Duration};

use service::Backoff;
use store::{
    SymbolId,
    funding::{self, FundingRate},
    history::Coverage,
};
use tokio::sync::watch;

use super::{Backfill, PlannedMinutes, Spans, plan::holes, retry::GaveUp};
use crate::{
    rest::RestError,
    roster::Market,
    venue::{Urgency, Venue},
};

/// Contracts pay every 8, 4 or 1 hours, at full ones.
const HOUR_MS: i64 = 3_600_000;
/// A payment is told within this long after its hour.
const SETTLING_MS: i64 = 60_000;
/// Where one is told later than that: so far back each stretch is asked for once more, in the same call.
const OVERLAP_MS: i64 = 8 * HOUR_MS;
/// Between two looks at whether an hour is over. Most of them ask nobody.
const LOOK_PAUSE: Duration = Duration::from_secs(10);
/// Between two looks at an exchange that does not answer, at most.
const AWAY_PAUSE: Duration = Duration::from_secs(300);
/// Between two calls. The exchange allows 500 in five minutes, this makes at most 300.
const CALL_PAUSE: Duration = Duration::from_secs(1);
/// Tries of a call; the next look tries again.
const ATTEMPTS: u32 = 5;
/// What backtests are mostly of: fetched of all symbols before what is older of any.
const RECENT_MS: i64 = 30 * 86_400_000;
/// More than the klines reach back: the first one of a day begins before its span does. And with no klines at all the
/// rates since yesterday are worth having.
const MARGIN_MS: i64 = 86_400_000;

/// Fetches what is missing of each market that the database knows (which is when its minutes are planned), again and
/// again.
pub(crate) async fn fetch_funding<V: Venue>(
    backfill: Arc<Backfill<V>>,
    spans: Spans,
    mut planned: watch::Receiver<PlannedMinutes>,
) {
    let reach_ms = spans.longest_ms() + MARGIN_MS;
    // By symbol, up to when the exchange was asked. Without it every look would ask the database.
    let mut asked_to = HashMap::new();
    let mut away = Backoff::new(LOOK_PAUSE, AWAY_PAUSE);
    loop {
        let mut ids: Vec<SymbolId> = planned.borrow_and_update().keys().copied().collect();
        ids.sort_unstable();
        let pause = match look(&backfill, reach_ms, &ids, &mut asked_to).await {
            Ok(()) => {
                away.reset();
                LOOK_PAUSE
            }
            Err(GaveUp::Stopped) => return,
            Err(GaveUp::Rest(error)) => {
                let pause = away.next_delay();
                tracing::warn!(event = "funding_not_fetched", %error, retry_in_ms = pause.as_millis());
                pause
            }
        };
        tokio::select! {
            () = backfill.shutdown.cancelled() => return,
            changed = planned.changed() => {
                if changed.is_err() {
                    return;
                }
            }
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Asks for what may have been paid since it was asked for last.
async fn look<V: Venue>(
    backfill: &Backfill<V>,
    reach_ms: i64,
    ids: &[SymbolId],
    asked_to: &mut HashMap<SymbolId, i64>,
) -> Result<(), GaveUp> {
    if ids.is_empty() {
        return Ok(());
    }
    let heard_ms = *backfill.shared.watermark().borrow();
    let now_ms = match heard_ms {
        Some(heard_ms) => heard_ms,
        None => {
            backfill
                .ask(Some(ATTEMPTS), || backfill.venue.server_time_ms())
                .await?
        }
    };
    let settled_ms = settled(now_ms);
    let is_due = |id: &&SymbolId| {
        let asked_to_ms = asked_to.get(*id);
        asked_to_ms.is_none_or(|to_ms| may_have_paid(*to_ms, settled_ms))
    };
    let due: Vec<SymbolId> = ids.iter().filter(is_due).copied().collect();
    for reach_ms in [RECENT_MS.min(reach_ms), reach_ms] {
        for id in &due {
            // Refused once, it is not asked again for more.
            let is_refused = asked_to.get(id) == Some(&settled_ms);
            let Some(market) = backfill.followed(*id).filter(|_| !is_refused) else {
                continue;
            };
            match fetch(backfill, &market, *id, reach_ms, settled_ms).await {
                Ok(()) => {}
                // Of this symbol alone, and the same if it is asked for at once: the others go on.
                Err(GaveUp::Rest(
                    error @ (RestError::Refused { .. }
                    | RestError::TooLarge { .. }
                    | RestError::BadReply(_)),
                )) => {
                    tracing::warn!(event = "funding_refused", symbol = %market.symbol(), %error);
                    asked_to.insert(*id, settled_ms);
                }
                Err(other) => return Err(other),
            }
        }
    }
    asked_to.extend(due.into_iter().map(|id| (id, settled_ms)));
    Ok(())
}

async fn fetch<V: Venue>(
    backfill: &Backfill<V>,
    market: &Market,
    id: SymbolId,
    reach_ms: i64,
    settled_ms: i64,
) -> Result<(), GaveUp> {
    let covered = backfill
        .store(|| funding::coverage(&backfill.store, id))
        .await?;
    let missing = holes(settled_ms - reach_ms, settled_ms, &covered);
    for (from_ms, to_ms) in missing {
        if may_have_paid(from_ms, to_ms) {
            fetch_stretch(backfill, market, id, from_ms, to_ms).await?;
        }
    }
    Ok(())
}

/// Fetches the pages of a stretch, oldest first. What is stored of it is covered, so that it goes on there.
async fn fetch_stretch<V: Venue>(
    backfill: &Backfill<V>,
    market: &Market,
    id: SymbolId,
    from_ms: i64,
    to_ms: i64,
) -> Result<(), GaveUp> {
    let mut next_ms = from_ms - OVERLAP_MS;
    loop {
        let ask = || {
            let urgency = Urgency::Background;
            backfill
                .venue
                .funding_rates(market.symbol(), next_ms, urgency)
        };
        let page = backfill.ask(Some(ATTEMPTS), ask).await?;
        let rates: Vec<FundingRate> = page
            .iter()
            // Whatever is sent, it goes on.
            .filter(|paid| paid.time_ms >= next_ms)
            .map(|paid| FundingRate {
                time_ms: paid.time_ms,
                rate: paid.rate,
            })
            .collect();
        let more_after_ms = rates
            .last()
            .map(|last| last.time_ms)
            .filter(|last_ms| may_have_paid(*last_ms, to_ms));
        let covered = Coverage {
            from_ms,
            to_ms: more_after_ms.unwrap_or(to_ms),
        };
        backfill
            .store(|| funding::write(&backfill.store, id, &rates, covered))
            .await?;
        tracing::debug!(event = "funding_fetched", symbol = %market.symbol(), rates = rates.len());
        backfill.pause(CALL_PAUSE).await?;
        match more_after_ms {
            Some(last_ms) => next_ms = last_ms + 1,
            None => return Ok(()),
        }
    }
}

/// Until when all that was paid by `now_ms` is told.
fn settled(now_ms: i64) -> i64 {
    let hour_ms = hour_of(now_ms);
    if now_ms - hour_ms < SETTLING_MS {
        hour_ms - 1
    } else {
        now_ms
    }
}

/// Whether there is a full hour after the one and up to the other.
fn may_have_paid(after_ms: i64, to_ms: i64) -> bool {
    hour_of(to_ms) > after_ms
}

fn hour_of(ms: i64) -> i64 {
    ms - ms.rem_euclid(HOUR_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_is_asked_for_once_when_what_it_brought_is_told() {
        let minute = 60_000;
        let at = |minutes: i64| 10 * HOUR_MS + minutes * minute;
        // Half past: the payment of the hour is known.
        assert_eq!(settled(at(30)), at(30));
        assert!(!may_have_paid(at(1), at(59)));
        // The next hour has begun, and is not told yet; a minute later it is.
        assert_eq!(settled(at(60) + 1), at(60) - 1);
        assert!(!may_have_paid(at(30), settled(at(61) - 1)));
        assert!(may_have_paid(at(30), settled(at(61))));
        // The exchange stamps a payment some milliseconds late: it counts for its hour.
        assert!(!may_have_paid(at(60) + 3, at(119)));
    }
}
