//! Where a node listens.
//!
//! A process that was killed holds its addresses until the kernel has taken it apart, which takes a second if it was large and the machine is busy. The
//! node that is started in its place at once (a script, a supervisor) waits for that instead of giving up.

use super::start::StartError;
use crate::config::Config;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpSocket, UdpSocket};

/// How long an address may be in use.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long until it is tried again.
const PAUSE: Duration = Duration::from_millis(50);

/// The sockets of a node.
pub(super) struct Sockets {
    pub(super) big: TcpListener,
    pub(super) cluster: TcpListener,
    pub(super) peer: TcpListener,
    pub(super) gossip: UdpSocket,
    pub(super) http: std::net::TcpListener,
}

impl Sockets {
    /// Binds all of them, once all addresses are free.
    ///
    /// # Errors
    /// [`StartError::Listen`] about one that stays in use for three seconds, or cannot be bound for another reason.
    pub(super) async fn bind(config: &Config) -> Result<Self, StartError> {
        let until = Instant::now() + PATIENCE;
        let mut is_waiting = false;
        loop {
            let error = match Self::bind_now(config) {
                Ok(sockets) => return Ok(sockets),
                Err(error) => error,
            };
            if !is_in_use(&error) || Instant::now() > until {
                return Err(error);
            }
            if !is_waiting {
                tracing::info!("{error}: waiting for whoever has it");
                is_waiting = true;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn bind_now(config: &Config) -> Result<Self, StartError> {
        let at = |port| SocketAddr::new(config.node.bind, port);
        let backlog = config.limits.tcp_backlog;
        Ok(Sockets {
            big: listen(at(config.node.port), backlog, "clients")?,
            cluster: listen(at(config.node.redis_cluster_port()), backlog, "Redis Cluster clients")?,
            http: listen_http(at(config.node.http_port()))?,
            peer: listen(at(config.node.peer_port()), backlog, "peers")?,
            gossip: bind_gossip(at(config.node.peer_port()))?,
        })
    }
}

fn is_in_use(error: &StartError) -> bool {
    matches!(error, StartError::Listen { error, .. } if error.kind() == ErrorKind::AddrInUse)
}

fn listen(address: SocketAddr, backlog: u32, what: &'static str) -> Result<TcpListener, StartError> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()
    } else {
        TcpSocket::new_v6()
    };
    let listen = |socket: TcpSocket| {
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(backlog)
    };
    explain(socket.and_then(listen), address, what)
}

fn listen_http(address: SocketAddr) -> Result<std::net::TcpListener, StartError> {
    explain(std::net::TcpListener::bind(address), address, "HTTP")
}

fn bind_gossip(address: SocketAddr) -> Result<UdpSocket, StartError> {
    let bind = || {
        let socket = std::net::UdpSocket::bind(address)?;
        socket.set_nonblocking(true)?;
        UdpSocket::from_std(socket)
    };
    explain(bind(), address, "gossip")
}

fn explain<S>(bound: io::Result<S>, address: SocketAddr, what: &'static str) -> Result<S, StartError> {
    bound.map_err(|error| StartError::Listen { address, what, error })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn config(port: u16) -> Config {
        let mut config = Config::default();
        let node = &mut config.node;
        node.bind = Ipv4Addr::LOCALHOST.into();
        node.port = port;
        node.redis_cluster_port_given = Some(0);
        node.peer_port_given = Some(0);
        node.http_port_given = Some(0);
        config
    }

    #[tokio::test]
    async fn an_address_that_somebody_gives_back_is_waited_for() {
        let holder = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = holder.local_addr().expect("an address").port();
        let config = config(port);
        let bound = tokio::spawn(async move { Sockets::bind(&config).await.map(|sockets| sockets.big.local_addr()) });
        // On this thread it runs as far as it gets: it finds the address in use.
        tokio::task::yield_now().await;
        assert!(!bound.is_finished());
        drop(holder);
        let bound = bound
            .await
            .expect("no panic")
            .expect("it is free now")
            .expect("an address");
        assert_eq!(bound.port(), port);
    }
}
