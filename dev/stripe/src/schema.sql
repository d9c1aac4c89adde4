-- The stand-in's whole state. Run at every start, so each statement may run again.

CREATE TABLE IF NOT EXISTS objects (
    id text PRIMARY KEY,
    kind text NOT NULL,
    sequence bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    -- What the API answers.
    body jsonb NOT NULL,
    -- What Stripe knows and does not show.
    hidden jsonb NOT NULL DEFAULT '{}',
    -- When something happens to it by itself, Unix seconds.
    due_at bigint
);
CREATE INDEX IF NOT EXISTS objects_by_kind ON objects (kind, sequence DESC);
CREATE INDEX IF NOT EXISTS objects_by_body ON objects USING gin (body jsonb_path_ops);
CREATE INDEX IF NOT EXISTS objects_due ON objects (due_at) WHERE due_at IS NOT NULL;
-- Two active prices never share a lookup key, also when two callers create them at once.
CREATE UNIQUE INDEX IF NOT EXISTS prices_by_lookup_key ON objects ((body ->> 'lookup_key'))
    WHERE kind = 'price' AND body ->> 'lookup_key' IS NOT NULL;

-- The outbox: a row for each event that the endpoint subscribes to.
CREATE TABLE IF NOT EXISTS deliveries (
    event_id text PRIMARY KEY REFERENCES objects (id),
    sequence bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    attempts integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    delivered_at timestamptz,
    abandoned_at timestamptz,
    last_error text
);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (next_attempt_at)
    WHERE delivered_at IS NULL AND abandoned_at IS NULL;

CREATE TABLE IF NOT EXISTS idempotency_keys (
    key text PRIMARY KEY,
    fingerprint text NOT NULL,
    request_id text NOT NULL,
    answer jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Added to the real time: a test moves this row instead of waiting for a month.
CREATE TABLE IF NOT EXISTS clock (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    offset_seconds bigint NOT NULL DEFAULT 0
);
INSERT INTO clock DEFAULT VALUES ON CONFLICT DO NOTHING;
