//! Free ports, found by binding them: what is free now is taken a moment later, by the server that is started.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the range that the kernel gives to outgoing connections (32768 and up).
const FIRST: u16 = 20_000;
const LAST: u16 = 32_000;
/// A node's ports lie so far apart: clients, Redis Cluster, peers and gossip, HTTP.
const BLOCK_STEPS: [u16; 4] = [0, 100, 200, 300];

/// One free port of loopback.
///
/// # Errors
/// When there is none.
pub fn free_port() -> io::Result<u16> {
    free_block(1)
}

/// A first port P such that all ports of `nodes` nodes at P are free on loopback, as `circlet up --port P` takes them. No two calls of a process
/// begin to look at the same place: what was found is taken a moment later.
///
/// # Errors
/// When there are no such ports.
pub fn free_block(nodes: u16) -> io::Result<u16> {
    static GIVEN: AtomicU16 = AtomicU16::new(0);
    // A place of this process's own, far from that of the one that was started after it, so that two side by side rarely meet.
    let own = std::process::id().wrapping_mul(7_919) % u32::from(LAST - FIRST);
    let given = GIVEN.fetch_add(nodes.max(1), Ordering::Relaxed);
    let begin = FIRST + (own as u16 + given % (LAST - FIRST)) % (LAST - FIRST);
    let mut candidates = (begin..LAST).chain(FIRST..begin).step_by(usize::from(nodes.max(1)));
    let is_free = |first: &u16| {
        BLOCK_STEPS
            .iter()
            .all(|step| (0..nodes).all(|node| is_free(first + step + node)))
    };
    candidates
        .find(is_free)
        .ok_or_else(|| io::Error::new(ErrorKind::AddrNotAvailable, format!("no free ports for {nodes} nodes")))
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() && UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}
