//! Bars and symbols by request.

use std::time::Duration;

use api_types::SymbolInfo;
use leptos::{prelude::*, task::spawn_local};
use reactive_stores::Store;

use super::{Catalogue, Chart, ChartStoreFields, FeedStoreFields, Key, Load, Stores};
use crate::{edge::api, model::backoff};

/// Bars read at first: as many as a screen is made of.
const LATEST: usize = 2_000;
/// Bars read when the hand moves towards the past.
const OLDER: usize = 1_000;
/// How soon to look again when there is no symbol yet.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// Reads the symbols until there are some.
pub(super) fn load_symbols(stores: Stores, attempt: u32) {
    spawn_local(async move {
        let again = match api::symbols().await {
            Ok(answer) => {
                let is_empty = answer.symbols.is_empty();
                stores.feed.symbols().set(by_turnover(answer.symbols));
                stores.feed.catalogue().set(Catalogue::Ready);
                is_empty.then_some((LOOK_AGAIN, 0))
            }
            Err(error) => {
                stores
                    .feed
                    .catalogue()
                    .set(Catalogue::Failed(error.to_string()));
                Some((delay(attempt), attempt + 1))
            }
        };
        if let Some((delay, attempt)) = again {
            set_timeout(move || load_symbols(stores, attempt), delay);
        }
    });
}

/// The running feed's symbols first, as the server lists them, and among those of a venue the most traded.
fn by_turnover(mut symbols: Vec<SymbolInfo>) -> Vec<SymbolInfo> {
    let first = symbols.first().map(|info| info.venue);
    symbols.sort_by(|a, b| {
        let is_other = |info: &SymbolInfo| Some(info.venue) != first;
        let turnover = |info: &SymbolInfo| info.quote_volume_24h.unwrap_or(0.0);
        is_other(a)
            .cmp(&is_other(b))
            .then(turnover(b).total_cmp(&turnover(a)))
    });
    symbols
}

/// Reads the latest bars of what is on screen.
pub(super) fn load_latest(chart: Store<Chart>, key: Key, attempt: u32) {
    spawn_local(async move {
        let answer = api::bars(&key.leg, key.interval, LATEST, key.until).await;
        if !is_wanted(chart, &key) {
            return;
        }
        match answer {
            Ok(rows) => {
                chart
                    .series()
                    .update(|series| series.read_latest(rows, LATEST));
                chart.load().set(Load::Ready);
            }
            Err(error) => {
                // What is on screen stays there.
                if chart
                    .series()
                    .with_untracked(|series| series.rows().is_empty())
                {
                    chart.load().set(Load::Failed(error.to_string()));
                }
                if error.may_pass() {
                    let again = move || {
                        if is_wanted(chart, &key) {
                            load_latest(chart, key, attempt + 1);
                        }
                    };
                    set_timeout(again, delay(attempt));
                }
            }
        }
    });
}

/// Reads the bars before the first one held, if there may be any and none are on their way.
pub(super) fn load_older(chart: Store<Chart>) {
    let first = chart.series().with_untracked(|series| {
        let first = series.first().map(|row| row.time);
        first.filter(|_| series.may_grow())
    });
    let (Some(first), Some(key)) = (first, chart.key().get_untracked()) else {
        return;
    };
    if chart.is_growing().get_untracked() {
        return;
    }
    chart.is_growing().set(true);
    spawn_local(async move {
        let answer = api::bars(&key.leg, key.interval, OLDER, Some(first - 1)).await;
        if !is_wanted(chart, &key) {
            return;
        }
        match answer {
            Ok(rows) => {
                chart.is_growing().set(false);
                // Only now: the change asks for more where the screen reaches further back.
                chart
                    .series()
                    .update(|series| series.read_older(rows, OLDER));
            }
            // Asked for again by the next move; not before, or a broken server would be flooded.
            Err(_) => set_timeout(move || chart.is_growing().set(false), LOOK_AGAIN),
        }
    });
}

fn is_wanted(chart: Store<Chart>, key: &Key) -> bool {
    chart
        .key()
        .with_untracked(|wanted| wanted.as_ref() == Some(key))
}

fn delay(attempt: u32) -> Duration {
    let ms = backoff::delay_ms(attempt, js_sys::Math::random());
    Duration::from_millis(u64::from(ms.unsigned_abs()))
}
