-- The public bars: of trades where all trades of the bucket are stored, else the exchange's
-- klines, else what there is.

CREATE TYPE merged_bar AS (
    open         double precision,
    high         double precision,
    low          double precision,
    close        double precision,
    volume       double precision,
    quote_volume double precision,
    buy_volume   double precision,
    trades       bigint,
    origin       text,
    complete     boolean,
    last_id      bigint
);

-- What the one-minute bars of [from_time, to_time) add up to; complete when for every minute
-- either all trades are stored or the klines were fetched.
CREATE FUNCTION bar_from_parts(trades_from timestamptz, for_symbol int, from_time timestamptz,
                               to_time timestamptz)
RETURNS SETOF merged_bar LANGUAGE plpgsql STABLE ROWS 1 AS $$
DECLARE
    fetched tstzmultirange := (
        SELECT range_agg(tstzrange(c.from_time, c.to_time)) FROM history_coverage c
        WHERE c.symbol_id = for_symbol AND c.level = '1m');
    missing tstzmultirange := (
        SELECT range_agg(tstzrange(date_bin('1 minute', g.from_time, 'epoch'),
                                   date_bin('1 minute', g.to_time, 'epoch') + interval '1 minute'))
        FROM gaps g
        WHERE g.symbol_id = for_symbol AND g.filled_at IS NULL
          AND g.from_time < bar_from_parts.to_time AND g.to_time >= bar_from_parts.from_time);
BEGIN
    missing := (coalesce(missing, '{}') + multirange(tstzrange(NULL, trades_from)))
             * multirange(tstzrange(bar_from_parts.from_time, bar_from_parts.to_time));
    RETURN QUERY
    SELECT (array_agg(m.open ORDER BY m.bucket))[1], max(m.high), min(m.low),
           (array_agg(m.close ORDER BY m.bucket DESC))[1], sum(m.volume), sum(m.quote_volume),
           sum(m.buy_volume), sum(m.trades)::bigint,
           CASE WHEN bool_and(m.origin = 'trades') THEN 'trades'
                WHEN bool_and(m.origin = 'klines') THEN 'klines' ELSE 'mixed' END,
           bool_and(m.complete) AND missing <@ coalesce(fetched, '{}'),
           (array_agg(m.last_id ORDER BY m.bucket DESC))[1]
    FROM bars_1m m
    WHERE m.symbol_id = for_symbol AND m.bucket >= bar_from_parts.from_time
      AND m.bucket < bar_from_parts.to_time
    HAVING count(*) > 0;
END
$$;

-- `covered` is written out in each view, as the planner cannot look into a function with a subquery.
DO $$
DECLARE
    lv      record;
    -- Whether every trade of a bucket is stored or rejected; to be filled with the bucket's relation.
    covered text := $sql$(s.trades_from <= %1$s.bucket AND NOT EXISTS (
        SELECT FROM gaps g
        WHERE g.symbol_id = %1$s.symbol_id AND g.filled_at IS NULL
          AND g.from_time < %1$s.bucket + interval %2$L AND g.to_time >= %1$s.bucket))$sql$;
    trades  text := $sql$
        SELECT r.symbol_id, r.bucket, r.open, r.high, r.low, r.close, r.volume, r.quote_volume,
               r.buy_volume, r.trades, 'trades' AS origin, %3$s AS complete, r.last_id
        FROM exact_%1$s r JOIN symbols s USING (symbol_id)
        WHERE %2$s$sql$;
    klines  text := $sql$
        SELECT h.symbol_id, h.bucket, h.open, h.high, h.low, h.close, h.volume, h.quote_volume,
               h.buy_volume, h.trades, 'klines', true, NULL
        FROM history h JOIN symbols s USING (symbol_id)
        WHERE h.level = %1$L AND %2$s IS NOT TRUE$sql$;
    -- Buckets that are neither: what their minutes add up to.
    parts   text := $sql$
        SELECT q.symbol_id, q.bucket, b.open, b.high, b.low, b.close, b.volume, b.quote_volume,
               b.buy_volume, b.trades, b.origin, b.complete, b.last_id
        FROM (
            -- The bucket in which coverage begins,
            SELECT symbol_id, date_bin(%2$L, trades_from, 'epoch') AS bucket
            FROM symbols WHERE trades_from > date_bin(%2$L, trades_from, 'epoch')
            UNION
            -- those that a gap touches,
            SELECT g.symbol_id, t.bucket
            FROM gaps g
            CROSS JOIN LATERAL generate_series(
                date_bin(%2$L, g.from_time, 'epoch'), g.to_time, interval %2$L) AS t (bucket)
            WHERE g.filled_at IS NULL
            UNION
            -- and, before coverage has begun, the newest.
            SELECT c.symbol_id, date_bin(%2$L, c.last_time, 'epoch')
            FROM feed_cursor c JOIN symbols s USING (symbol_id) WHERE s.trades_from IS NULL
        ) q
        JOIN symbols s USING (symbol_id)
        CROSS JOIN LATERAL bar_from_parts(
            s.trades_from, q.symbol_id, q.bucket, q.bucket + interval %2$L) b
        WHERE NOT EXISTS (
            SELECT FROM history h
            WHERE h.symbol_id = q.symbol_id AND h.level = %1$L AND h.bucket = q.bucket)$sql$;
BEGIN
    FOR lv IN
        SELECT level, ordinal, format(covered, 'r', width) AS covers_r,
               format(covered, 'h', width) AS covers_h, width
        FROM rollup_levels WHERE ordinal > 0 ORDER BY ordinal
    LOOP
        EXECUTE 'CREATE VIEW bars_' || lv.level || ' AS ' || CASE
            -- The exchange has no klines of a second.
            WHEN lv.level = '1s' THEN
                format(trades, lv.level, 'true', lv.covers_r || ' IS TRUE')
            -- Minutes are not divided further: without a kline, the trades that there are.
            WHEN lv.level = '1m' THEN
                -- (With EXISTS the planner would hash the klines of all symbols for one read.)
                format(trades, lv.level, format($sql$(%s OR (
                    SELECT true FROM history h
                    WHERE h.symbol_id = r.symbol_id AND h.level = %L AND h.bucket = r.bucket
                    LIMIT 1) IS NULL)$sql$,
                    lv.covers_r, lv.level), lv.covers_r || ' IS TRUE')
                || ' UNION ALL ' || format(klines, lv.level, lv.covers_h)
            ELSE
                format(trades, lv.level, lv.covers_r, 'true')
                || ' UNION ALL ' || format(klines, lv.level, lv.covers_h)
                || ' UNION ALL ' || format(parts, lv.level, lv.width)
            END;
    END LOOP;
END
$$;
