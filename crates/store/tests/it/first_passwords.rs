//! First passwords that are still kept, as the daemon asks for them.

use store::daemon::Db;
use store::daemon::instances::{self, FirstPassword};
use uuid::Uuid;

use crate::acting::Acting;

fn of(number: u128) -> FirstPassword {
    FirstPassword {
        instance: Uuid::from_u128(number),
        owner: format!("@{number}:acme"),
    }
}

#[tokio::test]
async fn the_newest_come_first_and_all_others_have_their_turn() {
    let acting = Acting::new().await;
    // Of the eight, the seventh has forgotten its own and the eighth is stopped. The third is the newest.
    acting
        .run(
            "delete from instances; delete from subscriptions;
             with a as (
               insert into accounts (id, email) select gen_random_uuid(), n || '@example.com' from generate_series(1, 8) n
               returning id, split_part(email, '@', 1)::int n),
             s as (
               insert into subscriptions (account_id, tier, status, max_agents, max_messages_per_day, max_storage_gb)
               select id, 'hobby', 'active', 1, 1, 1 from a returning id, account_id)
             insert into instances (id, account_id, subscription_id, subdomain, name, tier, status, owner_matrix_id, created_at)
             select lpad(n::text, 32, '0')::uuid, a.id, s.id, 'acme-' || n, 'A', 'hobby',
               case n when 8 then 'stopped' else 'running' end, format('@%s:acme', n),
               now() - make_interval(days => (n - 3) * (n - 3) * 2 + n)
             from a join s on s.account_id = a.id;
             insert into instance_secrets (instance, name, value)
             select id, case subdomain when 'acme-7' then 'registration' else 'owner_password' end, 'x' from instances",
        )
        .await;
    let db = Db::new(&acting.database.url("mindroom_daemon"), 1).unwrap();
    let newest = instances::newest_first_passwords(&db, 2).await.unwrap();
    assert_eq!(newest, [of(3), of(2)]);

    let mut after = Uuid::nil();
    for turn in [vec![of(1), of(2), of(3), of(4)], vec![of(5), of(6)], vec![]] {
        let found = instances::first_passwords_after(&db, after, 4)
            .await
            .unwrap();
        assert_eq!(found, turn);
        after = found.last().map_or(after, |last| last.instance);
    }

    instances::forget_first_password(&db, Uuid::from_u128(3))
        .await
        .unwrap();
    let newest = instances::newest_first_passwords(&db, 1).await.unwrap();
    assert_eq!(newest, [of(2)]);
}
