-- The roll-ups: stored bars, and the trades since the watermark added to them.
--
-- The upper bound of infinity on time changes no result: with two bounds the planner takes the
-- tail for a small part of the table, which it is, and finds it by the index.
DO $$
DECLARE
    lv record;
BEGIN
    FOR lv IN SELECT level, width FROM rollup_levels WHERE ordinal > 0 ORDER BY ordinal LOOP
        EXECUTE format($sql$
            CREATE VIEW %1$I AS
            SELECT symbol_id, bucket, open, high, low, close, volume, quote_volume, buy_volume,
                   trades, first_id, last_id
            FROM %2$I
            WHERE bucket < (SELECT date_bin(%4$L, watermark, 'epoch')
                            FROM rollup_levels WHERE level = %3$L)
            UNION ALL
            SELECT symbol_id, bucket, (array_agg(open ORDER BY first_id))[1], max(high), min(low),
                   (array_agg(close ORDER BY last_id DESC))[1], sum(volume), sum(quote_volume),
                   sum(buy_volume), sum(trades)::bigint, min(first_id), max(last_id)
            FROM (
                SELECT symbol_id, bucket, open, high, low, close, volume, quote_volume, buy_volume,
                       trades, first_id, last_id
                FROM %2$I
                WHERE bucket >= (SELECT date_bin(%4$L, watermark, 'epoch')
                                 FROM rollup_levels WHERE level = %3$L)
                UNION ALL
                SELECT symbol_id, date_bin(%4$L, time, 'epoch'),
                       (array_agg(price ORDER BY agg_id))[1], max(price), min(price),
                       (array_agg(price ORDER BY agg_id DESC))[1], sum(qty), sum(price * qty),
                       coalesce(sum(qty) FILTER (WHERE NOT buyer_is_maker), 0), sum(fills)::bigint,
                       min(agg_id), max(agg_id)
                FROM trades
                WHERE time >= (SELECT watermark FROM rollup_levels WHERE level = %3$L)
                  AND time <= 'infinity'
                GROUP BY symbol_id, date_bin(%4$L, time, 'epoch')
            ) AS open_buckets
            GROUP BY symbol_id, bucket
            $sql$, 'rollup_' || lv.level, 'rollup_' || lv.level || '_stored', lv.level, lv.width);
    END LOOP;
END
$$;
