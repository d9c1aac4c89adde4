//! Clients that do not read. An answer holds its component's turn until the client has taken it,
//! so a connection on which a piece of an answer lies for too long is cut.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, sleep, sleep_until};

/// The answers of one connection whose next piece the client has not asked for yet.
#[derive(Default)]
pub(crate) struct Unread(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    since: HashMap<u64, Instant>,
    /// The number of the next answer; HTTP/2 has several at once.
    next: u64,
}

impl Unread {
    /// Watches the body of an answer on this connection.
    pub(crate) fn watch<B>(self: &Arc<Self>, body: B) -> Watched<B> {
        let mut waiting = self.waiting();
        let number = waiting.next;
        waiting.next += 1;
        waiting.since.insert(number, Instant::now());
        drop(waiting);
        Watched {
            body,
            number,
            unread: Arc::clone(self),
        }
    }

    /// Resolves when an answer has waited for its client for `limit`, or up to twice as long.
    pub(crate) async fn stalled(&self, limit: Duration) {
        loop {
            let oldest = self.waiting().since.values().min().copied();
            let Some(oldest) = oldest else {
                sleep(limit).await;
                continue;
            };
            let Some(end) = oldest.checked_add(limit) else {
                return std::future::pending().await; // a limit beyond all time
            };
            if end <= Instant::now() {
                return;
            }
            sleep_until(end).await;
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn offer(&self, number: u64) {
        self.waiting().since.insert(number, Instant::now());
    }

    fn take(&self, number: u64) {
        self.waiting().since.remove(&number);
    }
}

/// A body that says when its client wants more of it: only then is it polled.
pub(crate) struct Watched<B> {
    body: B,
    number: u64,
    unread: Arc<Unread>,
}

impl<B: Body + Unpin> Body for Watched<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        self.unread.take(self.number); // while the component is awaited, the client is not
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if frame.is_some() {
            self.unread.offer(self.number);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<B> Drop for Watched<B> {
    fn drop(&mut self) {
        self.unread.take(self.number);
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use futures::FutureExt as _;
    use http_body_util::{BodyExt as _, Full};

    use super::*;

    const LIMIT: Duration = Duration::from_millis(50);

    fn body() -> Full<Bytes> {
        Full::new(Bytes::from_static(b"a piece"))
    }

    /// Whether nobody is seen waiting now.
    fn is_calm(unread: &Unread) -> bool {
        unread.stalled(Duration::ZERO).now_or_never().is_none()
    }

    #[tokio::test]
    async fn an_answer_that_nobody_asks_for_stalls() {
        let unread = Arc::new(Unread::default());
        let _body = unread.watch(body());
        unread.stalled(LIMIT).await;
    }

    #[tokio::test]
    async fn one_that_is_asked_for_in_part_stalls_too() {
        let unread = Arc::new(Unread::default());
        let mut one = unread.watch(body());
        assert!(!is_calm(&unread));
        assert!(one.frame().await.is_some());
        unread.stalled(LIMIT).await;
        assert!(one.frame().await.is_none());
        assert!(is_calm(&unread), "it is over");
    }

    #[tokio::test]
    async fn one_that_waits_for_its_component_does_not() {
        let unread = Arc::new(Unread::default());
        let never = futures::stream::pending::<Result<Frame<Bytes>, String>>();
        let mut one = unread.watch(http_body_util::StreamBody::new(never));
        assert!(one.frame().now_or_never().is_none());
        assert!(is_calm(&unread));
    }

    #[tokio::test]
    async fn one_that_is_dropped_is_forgotten() {
        let unread = Arc::new(Unread::default());
        let (one, other) = (unread.watch(body()), unread.watch(body()));
        drop(one);
        assert!(!is_calm(&unread), "the other was forgotten with it");
        drop(other);
        assert!(is_calm(&unread));
    }

    #[tokio::test]
    async fn no_limit_is_too_long() {
        let unread = Arc::new(Unread::default());
        let _body = unread.watch(body());
        assert!(unread.stalled(Duration::MAX).now_or_never().is_none());
    }
}
