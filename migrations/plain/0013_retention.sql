-- Deletes trades before the time given, in steps, and only as far as every level is materialised
-- and nothing is waiting to be refreshed. Call it outside a transaction.
CREATE PROCEDURE drop_trades(before timestamptz, lease_name text, lease_owner text,
                             lease_epoch bigint)
LANGUAGE plpgsql AS $$
DECLARE
    floor   timestamptz;
    one     int;
    deleted bigint;
BEGIN
    PERFORM require_lease(lease_name, lease_owner, lease_epoch);
    floor := raise_retention_floor(before);
    COMMIT;
    IF floor IS NULL THEN
        RETURN;
    END IF;
    FOR one IN SELECT symbol_id FROM symbols ORDER BY symbol_id LOOP
        LOOP
            PERFORM require_lease(lease_name, lease_owner, lease_epoch);
            DELETE FROM trades WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM trades WHERE symbol_id = one AND time < floor LIMIT 50000));
            GET DIAGNOSTICS deleted = ROW_COUNT;
            COMMIT;
            EXIT WHEN deleted = 0;
        END LOOP;
    END LOOP;
END
$$;
