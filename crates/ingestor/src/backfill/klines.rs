//! Klines into `history`: the past at start, and the minutes around gaps later.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::StreamExt;
use market::Interval;
use store::{SymbolId, history};
use tokio::sync::{mpsc, watch};

use super::{
    Backfill, Spans,
    plan::{Page, newest_first, pages},
    retry::GaveUp,
};
use crate::{
    roster::Market,
    venue::{Urgency, Venue},
    writer::RecordedGap,
};

/// Calls under way at once: enough to hide the round trip, few enough to be polite.
const CONCURRENT_CALLS: usize = 4;

/// A kline is final this long after its end, by exchange time.
const SETTLING_MS: i64 = 2_000;

/// By symbol, where the minutes of the past end that are fetched, so that bars of trades can be joined to
/// them; `None` where none are wanted, or to be had.
pub(crate) type PlannedMinutes = HashMap<SymbolId, Option<i64>>;

/// Fetches the klines of the past that are not in the store yet, newest first: of the markets that the
/// database has come to know, as often as there are new ones.
pub(crate) async fn fetch_history<V: Venue>(
    backfill: Arc<Backfill<V>>,
    spans: Spans,
    mut enrolled: mpsc::UnboundedReceiver<Vec<Arc<Market>>>,
    minutes_planned: watch::Sender<PlannedMinutes>,
) {
    loop {
        let markets = tokio::select! {
            () = backfill.shutdown.cancelled() => return,
            markets = enrolled.recv() => markets,
        };
        let Some(mut markets) = markets else { return };
        // Those that only the spool speaks of are left as they are.
        markets.retain(|market| market.is_followed());
        let plan = |end_ms| {
            minutes_planned.send_modify(|planned| {
                let ids = markets.iter().filter_map(|market| market.id());
                for id in ids {
                    planned.entry(id).or_insert(end_ms);
                }
            });
        };
        let fetched = try_fetch_history(&backfill, spans, &markets, &plan).await;
        plan(None);
        if let Err(GaveUp::Rest(error)) = fetched {
            tracing::error!(event = "backfill_failed", %error);
            backfill
                .shared
                .note("back-fill", format!("no klines of the past: {error}"));
        }
    }
}

async fn try_fetch_history<V: Venue>(
    backfill: &Backfill<V>,
    spans: Spans,
    markets: &[Arc<Market>],
    plan_minutes: &impl Fn(Option<i64>),
) -> Result<(), GaveUp> {
    let now_ms = backfill
        .ask(None, || backfill.venue.server_time_ms())
        .await?;
    // Longer klines end with a minute too, so all that ended before this one are final then.
    let end_ms = Interval::M1.bucket_of(now_ms);
    until_final(backfill, end_ms, now_ms).await?;
    let mut plan = Vec::new();
    for (place, market) in markets.iter().enumerate() {
        let Some(id) = market.id() else { continue };
        for (interval, span_ms) in spans.by_interval() {
            let covered = backfill
                .store(|| history::coverage(&backfill.store, id, interval))
                .await?;
            let rows = backfill.venue.klines_per_page();
            plan.extend(pages(place, interval, span_ms, end_ms, &covered, rows));
        }
    }
    if spans.m1_ms > 0 {
        plan_minutes(Some(end_ms));
    }
    let total = plan.len();
    backfill.shared.backfill_planned(total);
    tracing::info!(event = "backfill_started", requests = total);

    // Where a page came back empty, the market did not exist yet, nor before.
    let listed_later = Mutex::new(HashSet::new());
    let beginnings = || listed_later.lock().unwrap_or_else(PoisonError::into_inner);
    let mut done = futures::stream::iter(newest_first(plan))
        .map(|page| {
            let beginnings = &beginnings;
            async move {
                if beginnings().contains(&(page.symbol, page.interval)) {
                    return Ok(());
                }
                let rows = fetch_page(backfill, &markets[page.symbol], page).await?;
                if rows == 0 {
                    beginnings().insert((page.symbol, page.interval));
                }
                Ok::<_, GaveUp>(())
            }
        })
        .buffer_unordered(CONCURRENT_CALLS);
    let mut count = 0;
    while let Some(result) = done.next().await {
        match result {
            Err(GaveUp::Stopped) => return Err(GaveUp::Stopped),
            // The other pages are worth having all the same.
            Err(GaveUp::Rest(error)) => tracing::error!(event = "klines_refused", %error),
            Ok(()) => {}
        }
        count += 1;
        backfill.shared.backfill_advanced(1);
        if count % 25 == 0 || count == total {
            tracing::info!(event = "backfill_progress", done = count, total);
        }
    }
    Ok(())
}

/// Fetches the minutes from the end of those planned at start up to the first bar of trades: they
/// ended too late for the one and began too early for the other.
pub(super) async fn fetch_up_to<V: Venue>(
    backfill: &Backfill<V>,
    symbol_id: SymbolId,
    mut planned: watch::Receiver<PlannedMinutes>,
    trades_from_ms: i64,
) -> Result<(), GaveUp> {
    let from_ms = tokio::select! {
        () = backfill.shutdown.cancelled() => return Err(GaveUp::Stopped),
        planned = planned.wait_for(|planned| planned.contains_key(&symbol_id)) => {
            planned.ok().and_then(|planned| planned[&symbol_id])
        }
    };
    // Without a plan no minutes are wanted, or none are to be had.
    let Some(from_ms) = from_ms.filter(|from_ms| *from_ms < trades_from_ms) else {
        return Ok(());
    };
    let now_ms = backfill
        .ask(None, || backfill.venue.server_time_ms())
        .await?;
    until_final(backfill, trades_from_ms, now_ms).await?;
    let last_ms = trades_from_ms - Interval::M1.ms();
    refetch(backfill, symbol_id, from_ms, last_ms).await
}

/// Waits until a kline that ended at `end_ms` is final.
async fn until_final<V: Venue>(
    backfill: &Backfill<V>,
    end_ms: i64,
    mut now_ms: i64,
) -> Result<(), GaveUp> {
    while now_ms < end_ms + SETTLING_MS {
        let left_ms = (end_ms + SETTLING_MS).abs_diff(now_ms);
        backfill.pause(Duration::from_millis(left_ms)).await?;
        now_ms = backfill
            .ask(None, || backfill.venue.server_time_ms())
            .await?;
    }
    Ok(())
}

/// Returns how many klines the exchange had.
async fn fetch_page<V: Venue>(
    backfill: &Backfill<V>,
    market: &Market,
    page: Page,
) -> Result<usize, GaveUp> {
    fetch(backfill, market, page.interval, page.start_ms, page.end_ms).await
}

async fn fetch<V: Venue>(
    backfill: &Backfill<V>,
    market: &Market,
    interval: Interval,
    start_ms: i64,
    end_ms: i64,
) -> Result<usize, GaveUp> {
    let Some(id) = market.id() else { return Ok(0) };
    let klines = backfill
        .ask(None, || {
            backfill.venue.klines(
                market.symbol(),
                interval,
                start_ms,
                end_ms,
                Urgency::Background,
            )
        })
        .await?;
    metrics::counter!("ingestor_klines_fetched_total").increment(klines.len() as u64);
    backfill
        .store(|| history::write_klines(&backfill.store, id, interval, &klines))
        .await?;
    Ok(klines.len())
}

/// Fetches the one-minute klines around gaps, so that charts have no hole while trades are missing.
pub(crate) async fn refetch_around_gaps<V: Venue>(
    backfill: Arc<Backfill<V>>,
    mut gaps: mpsc::Receiver<RecordedGap>,
) {
    let mut watermark = backfill.shared.watermark();
    // Minutes to fetch, by symbol: from the first to the last bucket that a gap touches.
    let mut wanted: HashMap<SymbolId, (i64, i64)> = HashMap::new();
    loop {
        tokio::select! {
            () = backfill.shutdown.cancelled() => return,
            gap = gaps.recv() => {
                let Some(RecordedGap { symbol_id, missing }) = gap else { return };
                let first = Interval::M1.bucket_of(missing.from_ms);
                let last = Interval::M1.bucket_of(missing.to_ms);
                let range = wanted.entry(symbol_id).or_insert((first, last));
                *range = (range.0.min(first), range.1.max(last));
            }
            changed = watermark.changed(), if !wanted.is_empty() => {
                if changed.is_err() {
                    return;
                }
            }
        }
        let Some(now_ms) = *watermark.borrow_and_update() else {
            continue;
        };
        let closed = Interval::M1.bucket_of(now_ms - SETTLING_MS) - Interval::M1.ms();
        let due: Vec<_> = wanted
            .iter()
            .filter(|(_, (first, _))| *first <= closed)
            .map(|(id, (first, last))| (*id, *first, (*last).min(closed)))
            .collect();
        for (symbol_id, first, last) in due {
            if let Err(GaveUp::Stopped) = refetch(&backfill, symbol_id, first, last).await {
                return;
            }
            let rest = last + Interval::M1.ms();
            match wanted.get_mut(&symbol_id) {
                Some(range) if range.1 >= rest => range.0 = rest,
                _ => {
                    wanted.remove(&symbol_id);
                }
            }
        }
    }
}

async fn refetch<V: Venue>(
    backfill: &Backfill<V>,
    symbol_id: SymbolId,
    first_ms: i64,
    last_ms: i64,
) -> Result<(), GaveUp> {
    let Some(market) = backfill.followed(symbol_id) else {
        return Ok(());
    };
    let page_ms = Interval::M1.ms() * i64::from(backfill.venue.klines_per_page());
    // Newest first, and no further back than the exchange is asked for at start.
    let mut end = last_ms;
    while end >= first_ms {
        let start = first_ms.max(end - page_ms + Interval::M1.ms());
        match fetch(backfill, &market, Interval::M1, start, end).await {
            Ok(0) => break,
            Ok(rows) => {
                tracing::info!(event = "missing_klines_fetched", symbol = %market.symbol(), rows);
            }
            Err(GaveUp::Stopped) => return Err(GaveUp::Stopped),
            Err(GaveUp::Rest(error)) => {
                tracing::error!(event = "klines_refused", symbol = %market.symbol(), %error);
                break;
            }
        }
        end = start - Interval::M1.ms();
    }
    Ok(())
}
