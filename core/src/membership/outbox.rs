//! What foca asks for during one call.

use std::net::SocketAddr;
use std::time::Duration;

use super::SwimId;
use super::envelope::Envelope;

/// Collects foca's wishes; emptied after every call.
#[derive(Debug)]
pub(crate) struct Outbox {
    /// Stands before every datagram.
    pub(crate) envelope: Envelope,
    /// Sealed datagrams.
    pub(crate) sends: Vec<(SocketAddr, Vec<u8>)>,
    /// Timers to arm.
    pub(crate) timers: Vec<(Duration, foca::Timer<SwimId>)>,
    /// We were declared down, and took a new identity.
    pub(crate) renewed: bool,
}

impl Outbox {
    pub(crate) fn new(envelope: Envelope) -> Self {
        Self {
            envelope,
            sends: Vec::new(),
            timers: Vec::new(),
            renewed: false,
        }
    }
}

impl foca::Runtime<SwimId> for Outbox {
    /// Members come from foca's list instead, from which nothing can be missed.
    fn notify(&mut self, notification: foca::Notification<'_, SwimId>) {
        self.renewed |= matches!(notification, foca::Notification::Rejoin(_));
    }

    fn send_to(&mut self, to: SwimId, payload: &[u8]) {
        self.sends.push((to.addr, self.envelope.seal(payload)));
    }

    fn submit_after(&mut self, timer: foca::Timer<SwimId>, after: Duration) {
        self.timers.push((after, timer));
    }
}
