-- Alert rules, where each stands, what they told, and the deliveries of it.

CREATE TABLE alert_rules (
    rule_id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Grows with every change, so that the evaluator sees that its state belongs to an older version.
    revision         bigint NOT NULL DEFAULT 1,
    name             text NOT NULL,
    enabled          boolean NOT NULL,
    kind             text NOT NULL CHECK (kind IN ('zThreshold', 'cointegrationLost', 'hedgeRatioDrift', 'feedStale')),
    -- Parameters of pair analytics by name, defaults filled in.
    pair             jsonb NOT NULL CHECK (jsonb_typeof(pair) = 'object'),
    threshold        double precision NOT NULL CHECK (threshold > 0),
    exit_level       double precision NOT NULL CHECK (exit_level <= threshold),
    over_bars        int,
    duration_bars    int,
    duration_seconds int,
    cooldown_seconds int NOT NULL,
    evaluate_on      text NOT NULL CHECK (evaluate_on IN ('close', 'provisional')),
    webhook_url      text,
    webhook_secret   text,
    created_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- Deleted for everybody but the evaluator, which ends the episode that may last and removes the row.
    deleted_at       timestamptz,
    CHECK (num_nonnulls(duration_bars, duration_seconds) = 1)
);

-- Written by the evaluator alone, together with the events.
CREATE TABLE alert_states (
    rule_id        bigint PRIMARY KEY REFERENCES alert_rules ON DELETE CASCADE,
    revision       bigint NOT NULL,
    state          text NOT NULL CHECK (state IN ('normal', 'pending', 'firing', 'recovering')),
    since          timestamptz,
    -- On which side of 0 the breach lies.
    side           smallint NOT NULL CHECK (side IN (-1, 0, 1)),
    breach_since   timestamptz,
    cooldown_until timestamptz,
    episode        bigint NOT NULL,
    value          double precision,
    value_time     timestamptz,
    -- Start of the last closed bar that was evaluated.
    evaluated      timestamptz,
    silenced       boolean NOT NULL,
    problem        text,
    -- Of the transaction that wrote the row, so that readers find what has changed.
    change_id      bigint NOT NULL
) WITH (fillfactor = 50);
CREATE INDEX alert_states_changes ON alert_states (change_id);

-- Counts the transactions that write states and events. Each holds the row until it commits, so ids of
-- changes and of events grow in the order of commits, and a reader that has seen one has seen all before it.
CREATE TABLE alert_changes (
    only_row  boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    change_id bigint NOT NULL
) WITH (fillfactor = 10);
INSERT INTO alert_changes (change_id) VALUES (0);

-- Outlives its rule. Ids are given in the order of commits.
CREATE TABLE alert_events (
    event_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rule_id     bigint NOT NULL,
    rule_name   text NOT NULL,
    rule_kind   text NOT NULL,
    pair        jsonb NOT NULL,
    episode     bigint NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('fired', 'resolved')),
    reason      text NOT NULL,
    time        timestamptz NOT NULL,
    bar         timestamptz,
    provisional boolean NOT NULL,
    value       double precision,
    level       double precision NOT NULL,
    stored_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (rule_id, episode, kind)
);
CREATE INDEX alert_events_of_rule ON alert_events (rule_id, event_id);
CREATE INDEX alert_events_by_time ON alert_events (time);

-- What is to be sent to a webhook, stored with its event. URL and secret are those of the rule at that time.
CREATE TABLE alert_deliveries (
    event_id     bigint PRIMARY KEY REFERENCES alert_events ON DELETE CASCADE,
    rule_id      bigint NOT NULL,
    url          text NOT NULL,
    secret       text,
    state        text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'failed')),
    attempts     int NOT NULL DEFAULT 0,
    next_attempt timestamptz NOT NULL DEFAULT clock_timestamp(),
    delivered_at timestamptz,
    http_status  int,
    error        text
) WITH (fillfactor = 50);
CREATE INDEX alert_deliveries_pending ON alert_deliveries (rule_id, event_id) WHERE state = 'pending';
