-- Outcomes of scans: a row for each pair of symbols. `y` and `x` are positions in the list of symbols that the job's
-- result names; `place` is that by p, from 0.
CREATE TABLE job_scan_pairs (
    job_id         bigint NOT NULL REFERENCES jobs ON DELETE CASCADE,
    place          int NOT NULL,
    y              int NOT NULL,
    x              int NOT NULL,
    p_y_on_x       double precision NOT NULL,
    p_x_on_y       double precision NOT NULL,
    p_pair         double precision NOT NULL,
    q              double precision NOT NULL,
    statistic      double precision NOT NULL,
    beta           double precision NOT NULL,
    half_life_bars double precision,
    hurst          double precision,
    correlation    double precision,
    z              double precision,
    last_time      timestamptz NOT NULL,
    observations   int NOT NULL,
    filled         int NOT NULL,
    PRIMARY KEY (job_id, place)
);

-- Pairs that could not be tested. `symbol` is the position of the one that is to blame, if it is one alone.
CREATE TABLE job_scan_failures (
    job_id bigint NOT NULL REFERENCES jobs ON DELETE CASCADE,
    place  int NOT NULL,
    y      int NOT NULL,
    x      int NOT NULL,
    symbol int,
    reason text NOT NULL,
    PRIMARY KEY (job_id, place)
);
