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
-- The test clock by which it lives; the stand-in's own where there is none.
ALTER TABLE objects ADD COLUMN IF NOT EXISTS clock text;
CREATE INDEX IF NOT EXISTS objects_by_kind ON objects (kind, sequence DESC);
CREATE INDEX IF NOT EXISTS objects_by_body ON objects USING gin (body jsonb_path_ops);
CREATE INDEX IF NOT EXISTS objects_due ON objects (due_at) WHERE due_at IS NOT NULL;
-- Two active prices never share a lookup key, also when two callers create them at once.
CREATE UNIQUE INDEX IF NOT EXISTS prices_by_lookup_key ON objects ((body ->> 'lookup_key'))
    WHERE kind = 'price' AND body ->> 'lookup_key' IS NOT NULL;

-- The outbox: a row for each event and endpoint that subscribes to it. Times are of the stand-in's clock.
DROP TABLE IF EXISTS deliveries;
CREATE TABLE IF NOT EXISTS webhook_deliveries (
    event_id text NOT NULL REFERENCES objects (id),
    endpoint_id text NOT NULL,
    sequence bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    -- Sent in this order, and in that of the sequence where it is the same.
    place bigint NOT NULL DEFAULT 0,
    attempts integer NOT NULL DEFAULT 0,
    created_at bigint NOT NULL,
    -- None while it is held back.
    next_attempt_at bigint,
    delivered_at bigint,
    abandoned_at bigint,
    last_error text,
    PRIMARY KEY (event_id, endpoint_id)
);
CREATE INDEX IF NOT EXISTS webhook_deliveries_due ON webhook_deliveries (next_attempt_at)
    WHERE delivered_at IS NULL AND abandoned_at IS NULL;

CREATE TABLE IF NOT EXISTS idempotency_keys (
    key text PRIMARY KEY,
    fingerprint text NOT NULL,
    request_id text NOT NULL,
    answer jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE idempotency_keys ADD COLUMN IF NOT EXISTS status smallint NOT NULL DEFAULT 200;
-- Unix seconds of the stand-in's clock.
ALTER TABLE idempotency_keys ADD COLUMN IF NOT EXISTS kept_until bigint NOT NULL DEFAULT 0;

-- Added to the real time: `/_control/clock` moves this row instead of waiting for a month.
CREATE TABLE IF NOT EXISTS clock (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    offset_seconds bigint NOT NULL DEFAULT 0
);
INSERT INTO clock DEFAULT VALUES ON CONFLICT DO NOTHING;

-- What an account's settings would say in the dashboard.
CREATE TABLE IF NOT EXISTS account (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    -- What becomes of a subscription when the last try of a charge fails.
    after_retries text NOT NULL DEFAULT 'cancel'
        CHECK (after_retries IN ('cancel', 'mark_unpaid', 'leave_past_due'))
);
INSERT INTO account DEFAULT VALUES ON CONFLICT DO NOTHING;
