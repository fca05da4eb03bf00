//! What the holder does again and again.

use store::{Lease, Result, Store, compression, cursors, refresh, retention};

use crate::{Config, meters};

const DAY_MS: i64 = 86_400_000;
/// More than this is a back-fill or a replay: the next refresh follows at once.
const MANY_PENDING: i64 = 10_000;

/// One refresh of all levels. Returns whether much is left to do.
pub(crate) async fn refresh(store: &Store, lease: &Lease) -> Result<bool> {
    let refreshed = refresh::run(store, Some(lease)).await?;
    let levels = refresh::levels(store).await?;
    meters::cycle_done(&refreshed, &levels, newest_trade_ms(store).await?);
    tracing::debug!(
        event = "refreshed",
        duration_ms = refreshed.duration.as_millis(),
        pending = refreshed.pending
    );
    Ok(refreshed.pending > MANY_PENDING)
}

/// Drops and compresses old trades, as far as the settings say so.
///
/// Ages count back from the newest trade, not from the wall clock: a replayed year is as young as its newest day.
pub(crate) async fn upkeep(store: &Store, lease: &Lease, config: &Config) -> Result<()> {
    let Some(newest_ms) = newest_trade_ms(store).await? else {
        return Ok(());
    };
    let before = |days: u32| newest_ms.saturating_sub(i64::from(days) * DAY_MS);
    if let Some(days) = config.keep_trades_days {
        let known_ms = retention::floor_ms(store).await?;
        let dropped = retention::drop_trades_before(store, before(days), Some(lease)).await?;
        if let Some(floor_ms) = dropped.floor_ms {
            meters::trades_floor(floor_ms);
            if dropped.floor_ms != known_ms {
                tracing::info!(event = "trades_dropped", before_ms = floor_ms);
            }
        }
    }
    if config.compress_after_days > 0 {
        let chunks =
            compression::compress_trades_before(store, before(config.compress_after_days)).await?;
        if chunks > 0 {
            meters::chunks_compressed(chunks);
            tracing::info!(event = "trades_compressed", chunks);
        }
    }
    Ok(())
}

async fn newest_trade_ms(store: &Store) -> Result<Option<i64>> {
    Ok(cursors::load_all(store)
        .await?
        .values()
        .map(|cursor| cursor.last_time_ms)
        .max())
}
