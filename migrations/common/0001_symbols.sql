-- What is traded and where.
CREATE TABLE symbols (
    symbol_id     int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    venue         text NOT NULL,
    symbol        text NOT NULL,
    base_asset    text,
    quote_asset   text,
    price_tick    double precision,
    qty_step      double precision,
    -- From here on every trade is stored, gaps aside. A minute edge, so that klines and trades
    -- never share a minute. Null until the first start has completed its minute.
    trades_from   timestamptz CHECK (trades_from = date_bin('1 minute', trades_from, 'epoch')),
    registered_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (venue, symbol)
);
