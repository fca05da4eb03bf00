-- One row a trade. No foreign key to symbols: it would cost a look-up a row.
CREATE TABLE trades (
    symbol_id      int NOT NULL,
    agg_id         bigint NOT NULL,
    time           timestamptz NOT NULL,
    price          double precision NOT NULL,
    qty            double precision NOT NULL,
    fills          int NOT NULL,
    buyer_is_maker boolean NOT NULL
);

CREATE UNIQUE INDEX trades_key ON trades (symbol_id, agg_id, time);
CREATE INDEX trades_by_time ON trades (symbol_id, time DESC);

-- The newest trade of each symbol; commits with the trades.
CREATE TABLE feed_cursor (
    symbol_id   int PRIMARY KEY,
    last_agg_id bigint NOT NULL,
    last_time   timestamptz NOT NULL,
    last_price  double precision NOT NULL
) WITH (fillfactor = 50);

-- Every id that the exchange sent is a trade, or lies in a gap, or is a reject.
CREATE TABLE gaps (
    gap_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    symbol_id   int NOT NULL,
    from_agg_id bigint NOT NULL,
    to_agg_id   bigint NOT NULL CHECK (to_agg_id >= from_agg_id),
    -- Times of the trades on both sides: what is missing lies between them.
    from_time   timestamptz NOT NULL,
    to_time     timestamptz NOT NULL CHECK (to_time >= from_time),
    detected_at timestamptz NOT NULL DEFAULT now(),
    filled_at   timestamptz,
    reason      text NOT NULL,
    UNIQUE (symbol_id, from_agg_id, to_agg_id)
);

CREATE INDEX gaps_unfilled ON gaps (symbol_id, to_time) WHERE filled_at IS NULL;

CREATE TABLE rejects (
    reject_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    symbol_id   int,
    agg_id      bigint,
    time        timestamptz,
    reason      text NOT NULL,
    raw         text NOT NULL,
    rejected_at timestamptz NOT NULL DEFAULT now()
);

CREATE UNIQUE INDEX rejects_key ON rejects (symbol_id, agg_id, reason)
    WHERE symbol_id IS NOT NULL AND agg_id IS NOT NULL;
