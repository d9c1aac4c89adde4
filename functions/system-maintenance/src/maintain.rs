//! `POST /system/maintenance`: forgets what is old and sees to what is overdue, each item by itself.

use auth::SystemCaller;
use contract::Maintained;
use edge::{Answer, Begun, Context, Error, Request};
use store::maintenance::{self, Item};

use crate::days;

/// An item that fails is named and holds no other up; the next call tries it again.
pub(crate) async fn handle(
    cx: &Context,
    caller: SystemCaller,
    request: Request,
) -> Result<Answer, Error> {
    request.nothing().await?;
    let days = days::read(cx).await?;
    let entered = maintenance::enter(&cx.database, cx.by_system(&caller)).await?;
    if let Begun::Before(counts) = cx.settle(entered)? {
        return Answer::ok(&counts);
    }
    let mut done = Maintained::default();
    for item in Item::ALL {
        let seen = maintenance::see_to(&cx.database, cx.by_system(&caller), item, days).await;
        match seen.map_err(Error::from).and_then(|seen| cx.settle(seen)) {
            Ok(counts) => counts.add_to(&mut done),
            Err(error) => {
                eprintln!("{}: {error}", item.word());
                done.failed.push(item.word().to_owned());
            }
        }
    }
    cx.ring().await;
    cx.finish(&done).await;
    Answer::ok(&done)
}
