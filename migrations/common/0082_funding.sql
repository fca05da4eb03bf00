-- What the holders of a perpetual contract paid each other, as the exchange says. Some rows a day and symbol: they stay.
CREATE TABLE funding_rates (
    symbol_id int NOT NULL,
    time      timestamptz NOT NULL,
    -- Share of the notional that longs paid to shorts.
    rate      double precision NOT NULL,
    PRIMARY KEY (symbol_id, time)
);

-- Stretches of which all payments are known: contracts pay every 8, 4 or 1 hours, and change that, so that the rates
-- alone do not say whether one is missing.
CREATE TABLE funding_coverage (
    symbol_id int NOT NULL,
    from_time timestamptz NOT NULL,
    to_time   timestamptz NOT NULL CHECK (to_time > from_time),
    PRIMARY KEY (symbol_id, from_time)
);

-- As in 0043; the ingestor writes the two tables as well.
CREATE OR REPLACE FUNCTION set_up_roles() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    wanted  text;
    missing text[] := '{}';
    item    record;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['spreadscope_reader', 'spreadscope_api', 'spreadscope_ingestor'] LOOP
        CONTINUE WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = wanted);
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
        EXCEPTION
            -- Made in this moment by way of another database of the server.
            WHEN duplicate_object OR unique_violation THEN NULL;
            WHEN insufficient_privilege THEN missing := missing || format('CREATE ROLE %I NOLOGIN', wanted);
        END;
    END LOOP;

    FOR item IN
        SELECT g.parent, g.member FROM (VALUES
            ('spreadscope_reader', 'spreadscope_api'),
            ('spreadscope_reader', 'spreadscope_ingestor'),
            ('spreadscope_reader', current_user::text)) AS g (parent, member)
        JOIN pg_roles p ON p.rolname = g.parent
        JOIN pg_roles m ON m.rolname = g.member
        WHERE NOT pg_has_role(m.oid, p.oid, 'MEMBER')
    LOOP
        BEGIN
            EXECUTE format('GRANT %I TO %I', item.parent, item.member);
        EXCEPTION
            WHEN unique_violation THEN NULL;
            WHEN insufficient_privilege THEN
                missing := missing || format('GRANT %I TO %I', item.parent, item.member);
        END;
    END LOOP;

    FOR item IN
        SELECT c.oid::regclass AS relation, r.rolname AS role, p.privilege
        FROM pg_class c
        CROSS JOIN (VALUES
            ('spreadscope_reader', 'SELECT', '.*'),
            ('spreadscope_api', 'INSERT, UPDATE, DELETE', '(dataset|alert|watchlist|job|lease).*'),
            ('spreadscope_ingestor', 'INSERT, UPDATE, DELETE',
             'symbols|trades|feed_cursor|feed_status|gaps|rejects|history|history_coverage|invalidations|leases'),
            ('spreadscope_ingestor', 'INSERT, UPDATE, DELETE', 'funding_.*')
        ) AS p (role, privilege, names)
        JOIN pg_roles r ON r.rolname = p.role
        WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
          AND c.relname ~ ('^(' || p.names || ')$')
          -- Only what is ours to give: extensions have tables of their own.
          AND pg_has_role(current_user, c.relowner, 'USAGE')
          AND NOT has_table_privilege(r.oid, c.oid, split_part(p.privilege, ',', 1))
    LOOP
        EXECUTE format('GRANT %s ON %s TO %I', item.privilege, item.relation, item.role);
    END LOOP;
    RETURN nullif(array_to_string(missing, '; '), '');
END
$$;
