-- Uploaded series. A dataset appears and goes as a whole, in one transaction.
CREATE TABLE datasets (
    dataset_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- Of the file as it was sent.
    bytes      bigint NOT NULL,
    rows       bigint NOT NULL,
    -- How the file was read, as the API tells it.
    reading    jsonb NOT NULL
);

CREATE TABLE dataset_series (
    dataset_id  bigint NOT NULL REFERENCES datasets ON DELETE CASCADE,
    series_no   int NOT NULL,
    symbol      text NOT NULL,
    rows        bigint NOT NULL,
    interval_ms bigint,
    first_time  timestamptz NOT NULL,
    last_time   timestamptz NOT NULL,
    gaps        bigint NOT NULL,
    missing     bigint NOT NULL,
    irregular   bigint NOT NULL,
    PRIMARY KEY (dataset_id, series_no),
    UNIQUE (dataset_id, symbol)
);

-- Without a foreign key, which would be looked up for each of a million rows: only the functions that write
-- and delete whole datasets touch it.
CREATE TABLE dataset_bars (
    dataset_id bigint NOT NULL,
    series_no  int NOT NULL,
    time       timestamptz NOT NULL,
    open       double precision,
    high       double precision,
    low        double precision,
    close      double precision NOT NULL,
    volume     double precision,
    PRIMARY KEY (dataset_id, series_no, time)
);
