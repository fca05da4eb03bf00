-- Work in the background that somebody asked for: scans, parameter sweeps. Done by one process at a time, whoever
-- holds the lease `jobs`; one that a former holder began is begun again.
CREATE TABLE jobs (
    job_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        text NOT NULL,
    -- As they were checked when it was asked for, defaults filled in.
    params      jsonb NOT NULL,
    state       text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'done', 'failed')),
    -- How far it is, in the kind's own units; 0 of 0 before that is known.
    progress    bigint NOT NULL DEFAULT 0,
    total       bigint NOT NULL DEFAULT 0,
    -- Of the lease under which it runs or ran; 0 before.
    lease_epoch bigint NOT NULL DEFAULT 0,
    attempts    int NOT NULL DEFAULT 0,
    result      jsonb,
    error       text,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    started_at  timestamptz,
    ended_at    timestamptz
) WITH (fillfactor = 50);
CREATE INDEX jobs_unfinished ON jobs (job_id) WHERE state IN ('queued', 'running');
CREATE INDEX jobs_of_kind ON jobs (kind, job_id);
