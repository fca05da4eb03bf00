-- The levels of the roll-ups, each made from the one before it; level 0 are the trades.
CREATE TABLE rollup_levels (
    level           text PRIMARY KEY,
    ordinal         int NOT NULL UNIQUE,
    width           interval NOT NULL,
    -- Bars before this are materialised; later ones are computed on reading.
    watermark       timestamptz NOT NULL DEFAULT '-infinity',
    -- Rows before this may have been dropped; no refresh of the next level starts below it.
    retention_floor timestamptz
) WITH (fillfactor = 50);

INSERT INTO rollup_levels (level, ordinal, width) VALUES
    ('trades', 0, '0'),
    ('1s', 1, '1 second'),
    ('1m', 2, '1 minute'),
    ('5m', 3, '5 minutes'),
    ('15m', 4, '15 minutes'),
    ('1h', 5, '1 hour'),
    ('4h', 6, '4 hours'),
    ('1d', 7, '1 day');

-- What was written since it was last refreshed: every commit of trades leaves a row here. It goes
-- when all levels are refreshed, so stored bars and these rows together are exact at any moment.
CREATE TABLE invalidations (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    symbol_ids int[] NOT NULL,
    from_time  timestamptz NOT NULL,
    to_time    timestamptz NOT NULL
) WITH (
    -- Rows live for seconds: dead ones must not pile up.
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 1000000000
);

CREATE INDEX invalidations_by_time ON invalidations (from_time);

-- A bar of trades without its key.
CREATE TYPE bar_of_trades AS (
    open         double precision,
    high         double precision,
    low          double precision,
    close        double precision,
    volume       double precision,
    quote_volume double precision,
    buy_volume   double precision,
    trades       bigint,
    first_id     bigint,
    last_id      bigint
);

-- Where refreshing ends: trades of the last two seconds are still arriving. Never back.
CREATE FUNCTION refresh_end() RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT greatest(
        (SELECT date_bin('1 second', max(last_time) - interval '2 seconds', 'epoch') FROM feed_cursor),
        (SELECT watermark FROM rollup_levels WHERE level = '1s'))
$$;

-- Where one refresh ends. A backlog is worked off six hours of trades at a time, so that no step holds
-- its locks for long, and what was done stays done.
CREATE FUNCTION refresh_cut() RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT greatest(wm, least(refresh_end(), interval '6 hours' + greatest(
        wm, (SELECT date_bin('1 second', min(from_time), 'epoch') FROM invalidations))))
    FROM (SELECT watermark AS wm FROM rollup_levels WHERE level = '1s') AS finest
$$;
