-- Real-time on every level: one level without would hide the newest bars of all above it.
CREATE MATERIALIZED VIEW rollup_1s
WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
SELECT symbol_id,
       time_bucket('1 second', time) AS bucket,
       first(price, agg_id) AS open,
       max(price) AS high,
       min(price) AS low,
       last(price, agg_id) AS close,
       sum(qty) AS volume,
       sum(price * qty) AS quote_volume,
       coalesce(sum(qty) FILTER (WHERE NOT buyer_is_maker), 0) AS buy_volume,
       sum(fills)::bigint AS trades,
       min(agg_id) AS first_id,
       max(agg_id) AS last_id
FROM trades
GROUP BY symbol_id, time_bucket('1 second', time)
WITH NO DATA;
