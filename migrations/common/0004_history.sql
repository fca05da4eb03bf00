-- Klines of the exchange: fetched (1m, 1h, 1d) and derived from those (5m, 15m, 4h).
CREATE TABLE history (
    symbol_id    int NOT NULL,
    level        text NOT NULL,
    bucket       timestamptz NOT NULL,
    open         double precision NOT NULL,
    high         double precision NOT NULL,
    low          double precision NOT NULL,
    close        double precision NOT NULL,
    volume       double precision NOT NULL,
    quote_volume double precision NOT NULL,
    buy_volume   double precision NOT NULL,
    trades       bigint NOT NULL,
    PRIMARY KEY (symbol_id, level, bucket)
);

-- Stretches that were fetched wholly: a minute without trades has no kline, and is not missing.
CREATE TABLE history_coverage (
    symbol_id int NOT NULL,
    level     text NOT NULL,
    from_time timestamptz NOT NULL,
    to_time   timestamptz NOT NULL CHECK (to_time > from_time),
    PRIMARY KEY (symbol_id, level, from_time)
);
