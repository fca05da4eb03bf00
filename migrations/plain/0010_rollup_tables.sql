-- One table a level. It holds the aggregation of exactly the trades before the level's watermark,
-- the bucket in which the watermark lies included as far as it has come.
DO $$
DECLARE
    lv text;
BEGIN
    FOR lv IN SELECT level FROM rollup_levels WHERE ordinal > 0 ORDER BY ordinal LOOP
        EXECUTE format($sql$
            CREATE TABLE %I (
                symbol_id    int NOT NULL,
                bucket       timestamptz NOT NULL,
                open         double precision NOT NULL,
                high         double precision NOT NULL,
                low          double precision NOT NULL,
                close        double precision NOT NULL,
                volume       double precision NOT NULL,
                quote_volume double precision NOT NULL,
                buy_volume   double precision NOT NULL,
                trades       bigint NOT NULL,
                first_id     bigint NOT NULL,
                last_id      bigint NOT NULL,
                PRIMARY KEY (symbol_id, bucket)
            )$sql$, 'rollup_' || lv || '_stored');
    END LOOP;
END
$$;
