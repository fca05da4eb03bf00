CREATE MATERIALIZED VIEW rollup_15m
WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
SELECT symbol_id,
       time_bucket('15 minutes', bucket) AS bucket,
       first(open, first_id) AS open,
       max(high) AS high,
       min(low) AS low,
       last(close, last_id) AS close,
       sum(volume) AS volume,
       sum(quote_volume) AS quote_volume,
       sum(buy_volume) AS buy_volume,
       sum(trades)::bigint AS trades,
       min(first_id) AS first_id,
       max(last_id) AS last_id
FROM rollup_5m
GROUP BY symbol_id, time_bucket('15 minutes', bucket)
WITH NO DATA;
