//! Requests written byte by byte.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Host;

/// Sends `bytes` on a connection of its own; gives all that comes back until the other side
/// closes. The request must end the connection, or be such that the host does.
pub(crate) async fn exchange(host: &Host, bytes: impl AsRef<[u8]>) -> String {
    let mut stream = TcpStream::connect(host.address).await.expect("connect");
    // The host may answer and close before it has read everything.
    let _ = stream.write_all(bytes.as_ref()).await;
    let mut answer = Vec::new();
    // A connection that is reset has given what came before.
    let _ = tokio::time::timeout(super::host::PATIENCE, stream.read_to_end(&mut answer))
        .await
        .expect("the host keeps the connection");
    String::from_utf8_lossy(&answer).into_owned()
}

/// The status of an answer, 0 without one.
pub(crate) fn status(answer: &str) -> u16 {
    let code = answer
        .strip_prefix("HTTP/1.1 ")
        .and_then(|rest| rest.get(..3));
    code.and_then(|code| code.parse().ok()).unwrap_or(0)
}
