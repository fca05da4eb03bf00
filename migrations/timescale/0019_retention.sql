-- Drops chunks of trades before the time given, and only as far as every level is materialised and
-- nothing is waiting to be refreshed. Call it outside a transaction.
CREATE PROCEDURE drop_trades(before timestamptz, lease_name text, lease_owner text,
                             lease_epoch bigint)
LANGUAGE plpgsql AS $$
DECLARE
    floor timestamptz;
BEGIN
    PERFORM require_lease(lease_name, lease_owner, lease_epoch);
    floor := raise_retention_floor(before);
    COMMIT;
    IF floor IS NOT NULL THEN
        PERFORM require_lease(lease_name, lease_owner, lease_epoch);
        PERFORM drop_chunks('trades', older_than => floor);
    END IF;
END
$$;
