-- The planner prices a refresh by all that it could reach, and would compile for seconds what runs for milliseconds.
CREATE OR REPLACE PROCEDURE refresh_rollups(lease_name text, lease_owner text, lease_epoch bigint)
LANGUAGE plpgsql AS $$
DECLARE
    cut           timestamptz := refresh_cut();
    refreshed_ids bigint[];
    this_ordinal  int;
BEGIN
    PERFORM require_lease(lease_name, lease_owner, lease_epoch);
    -- For the session: procedures that commit have no settings of their own.
    PERFORM set_config('jit', 'off', false);
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
