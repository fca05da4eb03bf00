-- What each feed says of itself every second.
CREATE TABLE feed_status (
    venue          text PRIMARY KEY,
    mode           text NOT NULL,
    state          text NOT NULL,
    message        text NOT NULL,
    -- Greatest exchange time seen; never goes back.
    watermark      timestamptz,
    lag_ms         bigint,
    symbol_ids     int[] NOT NULL,
    last_messages  timestamptz[] NOT NULL CHECK (cardinality(last_messages) = cardinality(symbol_ids)),
    backfill_done  int,
    backfill_total int,
    updated_at     timestamptz NOT NULL
) WITH (fillfactor = 50);
