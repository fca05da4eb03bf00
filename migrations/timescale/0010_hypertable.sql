-- A chunk a day: retention goes by whole UTC days, and years are hundreds of chunks, not thousands.
-- The table is empty, as this runs before any service can write.
SELECT create_hypertable('trades', by_range('time', INTERVAL '1 day'), create_default_indexes => false);

-- A refresh asks for a stretch of time of all symbols at once; without this it reads the whole chunk.
CREATE INDEX trades_by_time_only ON trades (time DESC);

-- Used when chunks are converted; nothing is converted unless the aggregator is told to.
ALTER TABLE trades SET (
    timescaledb.compress,
    timescaledb.compress_segmentby = 'symbol_id',
    timescaledb.compress_orderby = 'agg_id'
);
