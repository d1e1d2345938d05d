//! How many bytes things are on the wire.

use std::sync::Arc;

use circlet_core::control::PeerStatus;
use circlet_core::message::register;
use circlet_core::message::status::Status;
use circlet_core::register::Message;
use circlet_core::topology::Topology;

/// The headers of IPv4 and UDP, in every datagram.
pub(super) const DATAGRAM_HEADER: u64 = 28;

/// What a link carries in a second: one gigabit, less the headers of Ethernet, IP and TCP.
pub(super) const LINK_BYTES_PER_S: u64 = 118_000_000;

/// The frame of a status.
pub(super) fn status_bytes(status: &PeerStatus) -> u64 {
    let bits: Vec<u8> = status
        .caught_up
        .words()
        .iter()
        .flat_map(|word| word.to_le_bytes())
        .collect();
    let drained: Vec<u8> = status
        .drained
        .words()
        .iter()
        .flat_map(|word| word.to_le_bytes())
        .collect();
    let mut frame = Vec::new();
    Status {
        life: status.life.get(),
        wall_ms: status.wall.get(),
        clock_believed: status.clock_believed,
        epoch: status.epoch.get(),
        caught_up: &bits,
        drained: &drained,
    }
    .put(&mut frame);
    frame.len() as u64
}

/// The frame in which a document is told.
pub(super) fn document_bytes(topology: &Arc<Topology>) -> u64 {
    let mut frame = Vec::new();
    let document = Arc::clone(topology);
    register::put(&Message::Chosen { document }, &mut frame);
    frame.len() as u64
}
