-- The one watchlist. It is replaced as a whole under its revision, so it is one row: whoever
-- replaces it names the revision that he has seen.
CREATE TABLE watchlist (
    only_row   boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
    revision   bigint      NOT NULL,
    -- Each pair as the api writes its parameters: a query string with every name in its place.
    pairs      text[]      NOT NULL CHECK (cardinality(pairs) <= 100),
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

INSERT INTO watchlist (revision, pairs) VALUES (0, '{}');
