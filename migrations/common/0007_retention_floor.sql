-- Moves the floor of the trades up to the time given, by whole days, as far as every level is
-- materialised and nothing waits to be refreshed. Returns the floor that holds now.
CREATE FUNCTION raise_retention_floor(before timestamptz) RETURNS timestamptz
LANGUAGE plpgsql AS $$
DECLARE
    lowest timestamptz;
    floor  timestamptz;
BEGIN
    -- Writers hold this shared while they look at the floor and commit (see the write path), so
    -- whatever they wrote is visible below.
    PERFORM pg_advisory_xact_lock(x'5350524541440002'::bigint);
    SELECT least(before, min(watermark), (SELECT min(from_time) FROM invalidations)) INTO lowest
    FROM rollup_levels WHERE ordinal > 0;
    IF isfinite(lowest) THEN
        UPDATE rollup_levels SET retention_floor = date_bin('1 day', lowest, 'epoch')
        WHERE level = 'trades'
          AND (retention_floor IS NULL OR retention_floor < date_bin('1 day', lowest, 'epoch'));
    END IF;
    SELECT retention_floor INTO floor FROM rollup_levels WHERE level = 'trades';
    RETURN floor;
END
$$;
