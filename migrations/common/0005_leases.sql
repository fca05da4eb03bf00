-- One holder at a time, on database time. The epoch grows with every new holder.
CREATE TABLE leases (
    name       text PRIMARY KEY,
    owner      text NOT NULL,
    epoch      bigint NOT NULL,
    expires_at timestamptz NOT NULL
);

-- Raises SP001 unless the lease is held; then nobody can take it before the transaction ends.
-- Without a name there is nothing to check.
CREATE FUNCTION require_lease(lease_name text, lease_owner text, lease_epoch bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF lease_name IS NULL THEN
        RETURN;
    END IF;
    PERFORM FROM leases l
    WHERE l.name = lease_name AND l.owner = lease_owner AND l.epoch = lease_epoch
      AND l.expires_at > clock_timestamp()
    FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the lease % is not held', lease_name USING ERRCODE = 'SP001';
    END IF;
END
$$;
