-- A backlog is worked off in time that grows with its size, not with the square of it.
--
-- Levels above a minute are made of views through several levels, whose live end reaches down to the trades: the
-- planner does not see through so many time_bucket()s that a window's end keeps them out, and every trade behind
-- the finest level's mark is read and thrown away, once a level and step. Where a step leaves trades behind, these levels
-- therefore wait for the last one, and are then made of few rows in one go. Reading them meanwhile is right, and adds up
-- bars of a minute.
CREATE OR REPLACE PROCEDURE refresh_rollups(lease_name text, lease_owner text, lease_epoch bigint)
LANGUAGE plpgsql AS $$
DECLARE
    cut           timestamptz := refresh_cut();
    -- Trades are left for a further step.
    behind        boolean := cut < refresh_end();
    refreshed_ids bigint[];
    this_ordinal  int;
    this          rollup_levels;
    floor         timestamptz;
    until         timestamptz;
    starts        timestamptz[];
    ends          timestamptz[];
BEGIN
    PERFORM require_lease(lease_name, lease_owner, lease_epoch);
    -- The planner prices these views by all that they could reach, and would compile for seconds what runs for
    -- milliseconds. For the session: procedures that commit have no settings of their own.
    PERFORM set_config('jit', 'off', false);
    SELECT array_agg(id) INTO refreshed_ids FROM invalidations WHERE from_time < cut;
    IF refreshed_ids IS NULL THEN
        RETURN;
    END IF;
    FOR this_ordinal IN 1..7 LOOP
        PERFORM require_lease(lease_name, lease_owner, lease_epoch);
        SELECT * INTO STRICT this FROM rollup_levels WHERE ordinal = this_ordinal;
        SELECT retention_floor INTO floor FROM rollup_levels WHERE ordinal = this_ordinal - 1;
        until := greatest(this.watermark, date_bin(this.width, cut, 'epoch'));
        IF behind AND this_ordinal > 2 THEN
            -- Only what changed below its mark, which stays, or begins where trades begin. From there on
            -- the last step goes.
            until := CASE WHEN isfinite(this.watermark) THEN this.watermark
                          ELSE (SELECT date_bin(this.width, min(from_time), 'epoch') FROM invalidations
                                WHERE id = ANY (refreshed_ids)) END;
        END IF;
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
