-- Brings the stored bars of one level up to date with the one below it: the buckets that the
-- given invalidations touch, and those from the level's watermark on.
CREATE PROCEDURE refresh_level(refreshed_ids bigint[], this_ordinal int, cut timestamptz)
LANGUAGE plpgsql AS $$
DECLARE
    this   rollup_levels;
    finer  rollup_levels;
    until  timestamptz;
    source text;
BEGIN
    -- Two refreshes at once take turns at each level.
    SELECT * INTO STRICT this FROM rollup_levels WHERE ordinal = this_ordinal FOR UPDATE;
    SELECT * INTO STRICT finer FROM rollup_levels WHERE ordinal = this_ordinal - 1 FOR SHARE;
    IF finer.ordinal = 0 THEN
        until := greatest(this.watermark, cut);
        source := $sql$
            SELECT date_bin($1, t.time, 'epoch') AS bucket,
                   (array_agg(t.price ORDER BY t.agg_id))[1] AS open, max(t.price) AS high,
                   min(t.price) AS low, (array_agg(t.price ORDER BY t.agg_id DESC))[1] AS close,
                   sum(t.qty) AS volume, sum(t.price * t.qty) AS quote_volume,
                   coalesce(sum(t.qty) FILTER (WHERE NOT t.buyer_is_maker), 0) AS buy_volume,
                   sum(t.fills)::bigint AS trades, min(t.agg_id) AS first_id,
                   max(t.agg_id) AS last_id
            FROM trades t
            WHERE t.symbol_id = q.symbol_id AND t.time >= lower(q.span) AND t.time < upper(q.span)
            GROUP BY date_bin($1, t.time, 'epoch')$sql$;
    ELSE
        -- What the finer level holds now goes up to exactly its watermark.
        until := finer.watermark;
        source := format($sql$
            SELECT date_bin($1, f.bucket, 'epoch') AS bucket,
                   (array_agg(f.open ORDER BY f.first_id))[1] AS open, max(f.high) AS high,
                   min(f.low) AS low, (array_agg(f.close ORDER BY f.last_id DESC))[1] AS close,
                   sum(f.volume) AS volume, sum(f.quote_volume) AS quote_volume,
                   sum(f.buy_volume) AS buy_volume, sum(f.trades)::bigint AS trades,
                   min(f.first_id) AS first_id, max(f.last_id) AS last_id
            FROM %I f
            WHERE f.symbol_id = q.symbol_id
              AND f.bucket >= lower(q.span) AND f.bucket < upper(q.span)
            GROUP BY date_bin($1, f.bucket, 'epoch')$sql$, 'rollup_' || finer.level || '_stored');
    END IF;
    EXECUTE format($sql$
        WITH touched AS (
            SELECT s.symbol_id, i.from_time, i.to_time
            FROM invalidations i CROSS JOIN unnest(i.symbol_ids) AS s (symbol_id)
            WHERE i.id = ANY ($2)
            UNION ALL
            SELECT symbol_id, $4, $3 FROM symbols WHERE $4 > '-infinity' AND $4 < $3
        ), spans AS (
            SELECT symbol_id, unnest(range_agg(tstzrange(
                       date_bin($1, from_time, 'epoch'),
                       date_bin($1, to_time, 'epoch') + $1
                   )) * multirange(tstzrange($5, $3))) AS span
            FROM touched WHERE from_time < $3
            GROUP BY symbol_id
        )
        INSERT INTO %I AS stored (symbol_id, bucket, open, high, low, close, volume, quote_volume,
                                  buy_volume, trades, first_id, last_id)
        SELECT q.symbol_id, b.bucket, b.open, b.high, b.low, b.close, b.volume, b.quote_volume,
               b.buy_volume, b.trades, b.first_id, b.last_id
        FROM spans q CROSS JOIN LATERAL (%s) b
        ON CONFLICT (symbol_id, bucket) DO UPDATE SET
            open = excluded.open, high = excluded.high, low = excluded.low,
            close = excluded.close, volume = excluded.volume,
            quote_volume = excluded.quote_volume, buy_volume = excluded.buy_volume,
            trades = excluded.trades, first_id = excluded.first_id, last_id = excluded.last_id
        $sql$, 'rollup_' || this.level || '_stored', source)
    USING this.width, refreshed_ids, until, this.watermark, finer.retention_floor;
    UPDATE rollup_levels SET watermark = until WHERE level = this.level AND watermark < until;
END
$$;

-- Refreshes every level, finest first, with a commit after each. Call it outside a transaction and
-- alone in its statement. The lease, if one is named, is checked before every level.
CREATE PROCEDURE refresh_rollups(lease_name text, lease_owner text, lease_epoch bigint)
LANGUAGE plpgsql AS $$
DECLARE
    cut           timestamptz := refresh_cut();
    refreshed_ids bigint[];
    this_ordinal  int;
BEGIN
    PERFORM require_lease(lease_name, lease_owner, lease_epoch);
    SELECT array_agg(id) INTO refreshed_ids FROM invalidations WHERE from_time < cut;
    IF refreshed_ids IS NULL THEN
        RETURN;
    END IF;
    FOR this_ordinal IN 1..7 LOOP
        PERFORM require_lease(lease_name, lease_owner, lease_epoch);
        CALL refresh_level(refreshed_ids, this_ordinal, cut);
        COMMIT;
    END LOOP;
    PERFORM require_lease(lease_name, lease_owner, lease_epoch);
    DELETE FROM invalidations WHERE id = ANY (refreshed_ids) AND to_time < cut;
    UPDATE invalidations SET from_time = cut WHERE id = ANY (refreshed_ids);
END
$$;
