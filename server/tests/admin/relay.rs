//! What lies between the nodes of a cluster, so that a test can cut it or hold back what passes: no root, no firewall.
//!
//! ```text
//!   node i  --dials the listed address of j-->  relay  --passes on, unless cut-->  node j at its own address
//! ```
//!
//! The nodes are listed at the relay's addresses. It knows who dials or sends by the node's own address, which it comes from. A cut is silent, as that of a
//! firewall that drops: connections stay open, take nothing and bring nothing, and go on when it is over. The answers of a node can be held back, each by the same time.

use super::cluster::Place;
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

/// Everything between the nodes of a cluster. Its tasks end with the runtime of the test.
pub(crate) struct Relay {
    cut: Arc<watch::Sender<Cut>>,
    held: Held,
}

/// For how long what each node answers on links is held back, in milliseconds.
type Held = Arc<[AtomicU64]>;

/// Who does not reach whom.
#[derive(Debug, Clone)]
enum Cut {
    /// These nodes are cut off from the rest, not from each other.
    Side(BTreeSet<usize>),
    /// These two do not reach each other, and what they have said to each other is lost, as after the time for which a kernel tries again.
    Between(usize, usize),
    /// Every node is alone.
    Everyone,
}

impl Cut {
    fn is_open(&self, a: usize, b: usize) -> bool {
        match self {
            Self::Side(side) => side.contains(&a) == side.contains(&b),
            Self::Between(one, other) => ![(*one, *other), (*other, *one)].contains(&(a, b)),
            Self::Everyone => a == b,
        }
    }
}

impl Relay {
    /// Between nodes at these places.
    pub(crate) async fn start(places: &[Place]) -> Self {
        let cut = Arc::new(watch::Sender::new(Cut::Side(BTreeSet::new())));
        let held: Held = places.iter().map(|_| AtomicU64::new(0)).collect();
        let places: Arc<[Place]> = places.into();
        for (to, place) in places.iter().enumerate() {
            let at = SocketAddr::from((place.listed_ip, place.peer_port()));
            let node = SocketAddr::from((place.ip, place.peer_port()));
            let links = TcpListener::bind(at).await.expect("a listed address");
            let gossip = UdpSocket::bind(at).await.expect("a listed address");
            tokio::spawn(pass_datagrams(gossip, node, to, Arc::clone(&places), cut.subscribe()));
            let (cut, places, held) = (Arc::clone(&cut), Arc::clone(&places), Arc::clone(&held));
            tokio::spawn(async move {
                while let Ok((link, from)) = links.accept().await {
                    if let Some(from) = number_of(from.ip(), &places) {
                        let (cut, held) = (cut.subscribe(), Arc::clone(&held));
                        tokio::spawn(pass_link(link, node, Link { from, to, cut, held }));
                    }
                }
            });
        }
        Self { cut, held }
    }

    /// Holds back what this node answers on links from now on, by this.
    pub(crate) fn hold_back(&self, node: usize, by: Duration) {
        self.held[node].store(by.as_millis() as u64, Ordering::Relaxed);
    }

    /// Cuts these nodes off from the others.
    pub(crate) fn cut_off(&self, side: &[usize]) {
        self.cut.send_replace(Cut::Side(side.iter().copied().collect()));
    }

    /// Cuts these two off from each other.
    pub(crate) fn cut_between(&self, one: usize, other: usize) {
        self.cut.send_replace(Cut::Between(one, other));
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
    held: Held,
}

impl Link {
    /// For how long what the node that was dialled says is held back now.
    fn held_back(&self) -> Duration {
        Duration::from_millis(self.held[self.to].load(Ordering::Relaxed))
    }

    /// Waits until what is on its way between the two is lost.
    async fn broken(mut self) {
        let (from, to) = (self.from, self.to);
        let breaks = |cut: &Cut| matches!(cut, Cut::Between(..)) && !cut.is_open(from, to);
        let _ = self.cut.wait_for(breaks).await;
    }

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
        () = link.clone().broken() => {}
        () = pump_held(far.0, near.1, link) => {}
    }
}

/// The same for answers, which may be held back: what is read waits for its time, and what comes behind it is read meanwhile.
async fn pump_held(mut from: OwnedReadHalf, to: OwnedWriteHalf, link: Link) {
    let (waiting, mut due) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    let read = async {
        let mut bytes = vec![0; 64 << 10];
        while let Ok(count @ 1..) = from.read(&mut bytes).await {
            let at = Instant::now() + link.held_back();
            if waiting.send((at, bytes[..count].to_vec())).is_err() {
                return;
            }
        }
    };
    let write = async {
        let (mut to, mut link) = (to, link.clone());
        while let Some((at, bytes)) = due.recv().await {
            tokio::time::sleep_until(at).await;
            link.open().await;
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = read => link.clone().open().await,
        () = write => {}
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
