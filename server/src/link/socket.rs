//! How the sockets between nodes are set.

use std::io;
use std::time::Duration;

use tokio::net::TcpStream;

/// For so long the peer's kernel may leave bytes unacknowledged before the link is dialled anew. Raising it: when the network between two nodes is cut
/// and comes back, an old connection stands still until TCP tries again, with pauses that have doubled up to seconds; gossip says meanwhile
/// that the peer is there, and commands wait for it. Lowering it: a network that loses packets for a moment costs links, and what was on
/// its way. A process that stands still does not count: its kernel acknowledges.
const UNACKNOWLEDGED_MAX: Duration = Duration::from_secs(1);

/// Sets a socket of a link, dialled or accepted.
///
/// # Errors
/// The socket's: the peer is gone already.
pub(super) fn prepare(socket: &TcpStream) -> io::Result<()> {
    socket.set_nodelay(true)?;
    #[cfg(any(target_os = "linux", target_os = "android"))]
    socket2::SockRef::from(socket).set_tcp_user_timeout(Some(UNACKNOWLEDGED_MAX))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    #[cfg(any(target_os = "linux", target_os = "android"))]
    async fn the_kernel_gives_a_silent_network_up() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let socket = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        prepare(&socket).unwrap();
        let set = socket2::SockRef::from(&socket).tcp_user_timeout().unwrap();
        assert_eq!(set, Some(UNACKNOWLEDGED_MAX));
    }
}
