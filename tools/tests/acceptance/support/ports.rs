//! Ports that nobody has.

use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the range that systems give to outgoing connections, which would take ports between our look and the node's, and below the one where the
/// programs under test look for free ports themselves (`circlet_measure::free_block`).
const FIRST: u16 = 10_000;
const LAST: u16 = 20_000;

/// Ports that one hundred first ports take with those 100, 200 and 300 above.
const BLOCK: u16 = 400;

/// The first of `nodes` ports that are free, as are those 100, 200 and 300 above. Found out by binding all of them; no two calls of
/// one run give ports that overlap.
pub(crate) fn free_ports(nodes: u16) -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let blocks = (LAST - FIRST) / BLOCK;
    // Two runs of the tests at once begin at different places.
    let spread = (std::process::id() as u16).wrapping_mul(37) % blocks;
    for _ in 0..2_000 {
        let at = NEXT.fetch_add(nodes, Ordering::Relaxed);
        let base = FIRST + (at / 100 + spread) % blocks * BLOCK + at % 100;
        if at % 100 + nodes <= 100 && all_free(base, nodes) {
            return base;
        }
    }
    panic!("no free ports between {FIRST} and {LAST}");
}

fn all_free(base: u16, nodes: u16) -> bool {
    let ports = (0..nodes).flat_map(|node| [0, 100, 200, 300].map(|offset| base + node + offset));
    let tcp: Option<Vec<_>> = ports
        .map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok())
        .collect();
    let gossip = (0..nodes).map(|node| UdpSocket::bind((Ipv4Addr::LOCALHOST, base + node + 200)).ok());
    let udp: Option<Vec<_>> = gossip.collect();
    tcp.is_some() && udp.is_some()
}
