-- Bars that are exact at any moment: roll-ups, except where trades were written below the
-- watermark and not yet refreshed. Those few buckets are computed anew.

-- What was written below the watermark of the finest level, which is the greatest of all.
CREATE VIEW late_ranges AS
SELECT s.symbol_id, i.from_time, i.to_time
FROM invalidations i CROSS JOIN unnest(i.symbol_ids) AS s (symbol_id)
WHERE i.from_time < (SELECT watermark FROM rollup_levels WHERE level = '1s');

-- The bar of the trades in [from_time, to_time); no row if there are none.
--
-- These are PL/pgSQL, not plain SQL, so that the planner does not see through them: they are
-- planned when they are called, and hardly ever are.
CREATE FUNCTION bar_from_trades(for_symbol int, from_time timestamptz, to_time timestamptz)
RETURNS SETOF bar_of_trades LANGUAGE plpgsql STABLE ROWS 1 AS $$
BEGIN
    RETURN QUERY
    SELECT (array_agg(t.price ORDER BY t.agg_id))[1], max(t.price), min(t.price),
           (array_agg(t.price ORDER BY t.agg_id DESC))[1], sum(t.qty), sum(t.price * t.qty),
           coalesce(sum(t.qty) FILTER (WHERE NOT t.buyer_is_maker), 0), sum(t.fills)::bigint,
           min(t.agg_id), max(t.agg_id)
    FROM trades t
    WHERE t.symbol_id = for_symbol AND t.time >= from_time AND t.time < to_time
    HAVING count(*) > 0;
END
$$;

-- The same for whole minutes, made of the minutes that are not late and the trades of the others.
CREATE FUNCTION bar_from_minutes(for_symbol int, from_time timestamptz, to_time timestamptz)
RETURNS SETOF bar_of_trades LANGUAGE plpgsql STABLE ROWS 1 AS $$
BEGIN
    RETURN QUERY
    WITH late AS (
        SELECT DISTINCT m.minute
        FROM late_ranges l
        CROSS JOIN LATERAL generate_series(
            greatest(date_bin('1 minute', l.from_time, 'epoch'), bar_from_minutes.from_time),
            least(l.to_time, bar_from_minutes.to_time - interval '1 microsecond'),
            interval '1 minute') AS m (minute)
        WHERE l.symbol_id = for_symbol AND l.from_time < bar_from_minutes.to_time
          AND l.to_time >= bar_from_minutes.from_time
    ), parts AS (
        SELECT r.open, r.high, r.low, r.close, r.volume, r.quote_volume, r.buy_volume, r.trades,
               r.first_id, r.last_id
        FROM rollup_1m r
        WHERE r.symbol_id = for_symbol AND r.bucket >= bar_from_minutes.from_time
          AND r.bucket < bar_from_minutes.to_time
          AND r.bucket NOT IN (SELECT minute FROM late)
        UNION ALL
        SELECT b.*
        FROM late CROSS JOIN LATERAL
             bar_from_trades(for_symbol, late.minute, late.minute + interval '1 minute') b
    )
    SELECT (array_agg(p.open ORDER BY p.first_id))[1], max(p.high), min(p.low),
           (array_agg(p.close ORDER BY p.last_id DESC))[1], sum(p.volume), sum(p.quote_volume),
           sum(p.buy_volume), sum(p.trades)::bigint, min(p.first_id), max(p.last_id)
    FROM parts p
    HAVING count(*) > 0;
END
$$;

DO $$
DECLARE
    lv record;
BEGIN
    FOR lv IN SELECT level, width, ordinal FROM rollup_levels WHERE ordinal > 0 ORDER BY ordinal LOOP
        EXECUTE format($sql$
            CREATE VIEW %1$I AS
            SELECT r.symbol_id, r.bucket, r.open, r.high, r.low, r.close, r.volume, r.quote_volume,
                   r.buy_volume, r.trades, r.first_id, r.last_id
            FROM %2$I r
            WHERE NOT EXISTS (
                SELECT FROM late_ranges l
                WHERE l.symbol_id = r.symbol_id AND l.from_time < r.bucket + interval %3$L
                  AND l.to_time >= r.bucket)
            UNION ALL
            SELECT q.symbol_id, q.bucket, b.open, b.high, b.low, b.close, b.volume, b.quote_volume,
                   b.buy_volume, b.trades, b.first_id, b.last_id
            FROM (
                SELECT DISTINCT l.symbol_id, g.bucket
                FROM late_ranges l
                CROSS JOIN LATERAL generate_series(
                    date_bin(%3$L, l.from_time, 'epoch'), l.to_time, interval %3$L) AS g (bucket)
            ) q
            CROSS JOIN LATERAL %4$I(q.symbol_id, q.bucket, q.bucket + interval %3$L) b
            $sql$, 'exact_' || lv.level, 'rollup_' || lv.level, lv.width,
            CASE WHEN lv.ordinal <= 2 THEN 'bar_from_trades' ELSE 'bar_from_minutes' END);
    END LOOP;
END
$$;
