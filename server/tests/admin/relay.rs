//! What lies between the nodes of a cluster, so that a test can cut it: no root, no firewall.
//!
//! ```text
//!   node i  --dials the listed address of j-->  relay  --passes on, unless cut-->  node j at its own address
//! ```
//!
//! The nodes are listed at the relay's addresses. It knows who dials or sends by the node's own address, which it comes from. A cut is silent, as that of a
//! firewall that drops: connections stay open, take nothing and bring nothing, and go on when it is over.

use super::cluster::Place;
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::watch;

/// Everything between the nodes of a cluster. Its tasks end with the runtime of the test.
pub(crate) struct Relay {
    cut: Arc<watch::Sender<Cut>>,
}

/// Who does not reach whom.
#[derive(Debug, Clone)]
enum Cut {
    /// These nodes are cut off from the rest, not from each other.
    Side(BTreeSet<usize>),
    /// Every node is alone.
    Everyone,
}

impl Cut {
    fn is_open(&self, a: usize, b: usize) -> bool {
        match self {
            Self::Side(side) => side.contains(&a) == side.contains(&b),
            Self::Everyone => a == b,
        }
    }
}

impl Relay {
    /// Between nodes at these places.
    pub(crate) async fn start(places: &[Place]) -> Self {
        let cut = Arc::new(watch::Sender::new(Cut::Side(BTreeSet::new())));
        let places: Arc<[Place]> = places.into();
        for (to, place) in places.iter().enumerate() {
            let at = SocketAddr::from((place.listed_ip, place.peer_port()));
            let node = SocketAddr::from((place.ip, place.peer_port()));
            let links = TcpListener::bind(at).await.expect("a listed address");
            let gossip = UdpSocket::bind(at).await.expect("a listed address");
            tokio::spawn(pass_datagrams(gossip, node, to, Arc::clone(&places), cut.subscribe()));
            let (cut, places) = (Arc::clone(&cut), Arc::clone(&places));
            tokio::spawn(async move {
                while let Ok((link, from)) = links.accept().await {
                    if let Some(from) = number_of(from.ip(), &places) {
                        let cut = cut.subscribe();
                        tokio::spawn(pass_link(link, node, Link { from, to, cut }));
                    }
                }
            });
        }
        Self { cut }
    }

    /// Cuts these nodes off from the others.
    pub(crate) fn cut_off(&self, side: &[usize]) {
        self.cut.send_replace(Cut::Side(side.iter().copied().collect()));
    }

    /// Cuts every node off from every other.
    pub(crate) fn cut_everyone_off(&self) {
        self.cut.send_replace(Cut::Everyone);
    }

    /// Everyone reaches everyone again.
    pub(crate) fn heal(&self) {
        self.cut_off(&[]);
    }
}

/// The node that sends from this address.
fn number_of(ip: IpAddr, places: &[Place]) -> Option<usize> {
    places.iter().position(|place| place.ip == ip)
}

async fn pass_datagrams(
    socket: UdpSocket,
    node: SocketAddr,
    to: usize,
    places: Arc<[Place]>,
    cut: watch::Receiver<Cut>,
) {
    let mut datagram = vec![0; 64 << 10];
    loop {
        // An error is about an earlier datagram: the node did not listen.
        let Ok((count, from)) = socket.recv_from(&mut datagram).await else {
            continue;
        };
        let from = number_of(from.ip(), &places);
        if from.is_some_and(|from| cut.borrow().is_open(from, to)) {
            // A datagram may be lost.
            let _ = socket.send_to(&datagram[..count], node).await;
        }
    }
}

/// A link between two nodes.
#[derive(Clone)]
struct Link {
    from: usize,
    to: usize,
    cut: watch::Receiver<Cut>,
}

impl Link {
    /// Waits while the two are cut off from each other.
    async fn open(&mut self) {
        let (from, to) = (self.from, self.to);
        // The relay is gone: so is the test.
        let _ = self.cut.wait_for(|cut| cut.is_open(from, to)).await;
    }
}

async fn pass_link(dialled: TcpStream, node: SocketAddr, mut link: Link) {
    link.open().await;
    let Ok(further) = TcpStream::connect(node).await else {
        return;
    };
    let (near, far) = (dialled.into_split(), further.into_split());
    // The first end that is seen is the end of both.
    tokio::select! {
        () = pump(near.0, far.1, link.clone()) => {}
        () = pump(far.0, near.1, link) => {}
    }
}

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut link: Link) {
    let mut bytes = vec![0; 64 << 10];
    loop {
        let read = from.read(&mut bytes).await;
        // What was on its way waits, and so does the news that the other end has gone.
        link.open().await;
        match read {
            Ok(count) if count > 0 && to.write_all(&bytes[..count]).await.is_ok() => {}
            _ => return,
        }
    }
}
