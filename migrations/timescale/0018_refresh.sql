-- Refreshes one level in the given window, whose ends are bucket edges. Where options are taken,
-- in one batch: many small ones turn one second of work into minutes. Older versions know no other.
CREATE PROCEDURE refresh_window(lv text, from_time timestamptz, to_time timestamptz)
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_proc
               WHERE proname = 'refresh_continuous_aggregate' AND 'options' = ANY (proargnames)) THEN
        CALL refresh_continuous_aggregate(('rollup_' || lv)::regclass, from_time, to_time,
                                          options => '{"buckets_per_batch": 0}');
    ELSE
        CALL refresh_continuous_aggregate(('rollup_' || lv)::regclass, from_time, to_time);
    END IF;
END
$$;

-- Refreshes every level, finest first; each refresh commits. Call it outside a transaction and
-- alone in its statement, as the owner. The lease, if one is named, is checked before every level.
--
-- A window ends where the bucket of the newest trade begins: the open bucket stays live.
CREATE PROCEDURE refresh_rollups(lease_name text, lease_owner text, lease_epoch bigint)
LANGUAGE plpgsql AS $$
DECLARE
    cut           timestamptz := refresh_cut();
    refreshed_ids bigint[];
    this_ordinal  int;
    this          rollup_levels;
    floor         timestamptz;
    until         timestamptz;
    starts        timestamptz[];
    ends          timestamptz[];
BEGIN
    PERFORM require_lease(lease_name, lease_owner, lease_epoch);
    SELECT array_agg(id) INTO refreshed_ids FROM invalidations WHERE from_time < cut;
    IF refreshed_ids IS NULL THEN
        RETURN;
    END IF;
    FOR this_ordinal IN 1..7 LOOP
        PERFORM require_lease(lease_name, lease_owner, lease_epoch);
        SELECT * INTO STRICT this FROM rollup_levels WHERE ordinal = this_ordinal;
        SELECT retention_floor INTO floor FROM rollup_levels WHERE ordinal = this_ordinal - 1;
        until := greatest(this.watermark, date_bin(this.width, cut, 'epoch'));
        -- Stretches that changed, few as a rule. Far ones are not joined, since all that lies
        -- between would be looked at.
        WITH touched AS (
            SELECT from_time, to_time FROM invalidations WHERE id = ANY (refreshed_ids)
            UNION ALL
            SELECT this.watermark, until WHERE isfinite(this.watermark) AND this.watermark < until
        ), spans AS (
            SELECT unnest(range_agg(tstzrange(date_bin(this.width, from_time, 'epoch'),
                                              date_bin(this.width, to_time, 'epoch') + this.width))
                          * multirange(tstzrange(floor, until))) AS span
            FROM touched WHERE from_time < until
        )
        SELECT array_agg(lower(span) ORDER BY span), array_agg(upper(span) ORDER BY span)
        INTO starts, ends
        FROM spans;
        -- On the finest level first the mark, then the work: what is written meanwhile counts as
        -- late and is computed on reading. On the others the mark says that the work is done, so
        -- that after a crash the next refresh starts from there.
        IF this_ordinal = 1 THEN
            UPDATE rollup_levels SET watermark = until WHERE level = this.level AND watermark < until;
        END IF;
        COMMIT;
        FOR i IN 1..coalesce(cardinality(starts), 0) LOOP
            PERFORM require_lease(lease_name, lease_owner, lease_epoch);
            CALL refresh_window(this.level, starts[i], ends[i]);
        END LOOP;
        UPDATE rollup_levels SET watermark = until WHERE level = this.level AND watermark < until;
        COMMIT;
    END LOOP;
    PERFORM require_lease(lease_name, lease_owner, lease_epoch);
    DELETE FROM invalidations WHERE id = ANY (refreshed_ids) AND to_time < cut;
    UPDATE invalidations SET from_time = cut WHERE id = ANY (refreshed_ids);
END
$$;
