//! Rows for the lists of what is not made by a person's hand: `$1` is the mark that all have, `$2` awkward characters,
//! `$3` how many, `$4` whose. Of each list the first row alone differs by its filter.

/// The statement that fills a list.
pub(crate) fn statement(path: &str) -> &'static str {
    match path {
        "/admin/subscriptions" => {
            "insert into subscriptions (account_id, tier, billing_cycle, status, stripe_subscription_id, max_agents,
               max_messages_per_day, max_storage_gb, current_period_end, created_at)
             select $4::uuid, 'hobby', 'monthly', case n when 1 then 'incomplete_expired' else 'cancelled' end,
               $1::text || $2::text || n, 1, 1, 1, now() + n * interval '1 hour', now() - n * interval '1 second'
             from generate_series(1, $3::int) n"
        }
        "/admin/payments" => {
            "insert into payments (account_id, stripe_invoice_id, number, status, amount_due, amount_paid, currency,
               created_at, synced_at)
             select $4::uuid, 'in_' || $1::text || n, $1::text || $2::text || n, case n when 1 then 'open' else 'paid' end,
               n * 100, n * 10, 'usd', now() - n * interval '1 second', now()
             from generate_series(1, $3::int) n"
        }
        "/admin/usage" | "/admin/usage_metrics" => {
            "with made as (
               insert into accounts (id, email)
               select gen_random_uuid(), $1::text || $2::text || n || '@' || $1::text || '.example'
               from generate_series(1, $3::int) n where $4::uuid is not null returning id
             ), numbered as (
               select id, (row_number() over (order by id))::int as n from made
             ), subscribed as (
               insert into subscriptions (account_id, tier, status, max_agents, max_messages_per_day, max_storage_gb)
               select id, case n when 1 then 'pro' else 'hobby' end, 'cancelled', 1, 1, 1 from numbered
               returning id, account_id
             )
             insert into usage_metrics (account_id, subscription_id, metric_date, messages_sent, agents_used,
               storage_used_gb, created_at)
             select s.account_id, s.id, current_date - n % 7, n, n, n, now() - n * interval '1 second'
             from subscribed s join numbered b on b.id = s.account_id"
        }
        // acted on, or put aside for a reason that nobody looks for
        "/admin/webhook-events" => {
            "insert into webhook_events (id, type, object_type, account_id, livemode, payload, created_at, received_at,
               processed_at, outcome, deliveries)
             select 'evt_' || $1::text || $2::text || n, 'l' || n, 'customer', $4::uuid, false, '{}',
               now() - n * interval '1 second', now() - n * interval '2 seconds', case n when 1 then now() end, 'swept', n
             from generate_series(1, $3::int) n"
        }
        // these stay: the log only grows
        "/admin/audit-logs" | "/admin/audit_logs" => {
            "insert into audit_logs (account_id, actor_type, action, resource_type, resource_id, created_at)
             select $4::uuid, case n when 1 then 'stripe' else 'daemon' end, 'l' || n, 'sweep', $1::text || $2::text || n,
               now() - n * interval '1 second'
             from generate_series(1, $3::int) n"
        }
        unknown => panic!("say here how to fill {unknown}"),
    }
}
