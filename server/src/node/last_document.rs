//! The document that a peer sent last, read once.
//!
//! A node is sent each document when it is asked for its vote, when it is told that it is chosen, and by whoever takes it for one that is behind. Reading one
//! takes a good part of a millisecond on a thread of the data plane, just when all nodes are busy with it.

use circlet_core::message::frame::Frame;
use circlet_core::message::{Malformed, register};
use circlet_core::register::{Document, Message};
use circlet_core::topology::Topology;
use parking_lot::Mutex;
use std::sync::Arc;

/// See the module's header. Some tens of kilobytes in a large cluster.
#[derive(Debug, Default)]
pub(crate) struct LastDocument(Mutex<Option<Last>>);

#[derive(Debug)]
struct Last {
    bytes: Box<[u8]>,
    document: Arc<Topology>,
}

impl LastDocument {
    /// Reads a message of the register.
    ///
    /// # Errors
    /// What is wrong with it, or that it is none.
    pub(crate) fn read_message(&self, frame: Frame<'_>) -> Result<Message<Arc<Topology>>, Malformed> {
        let message = register::read_with(frame.kind, frame.body, |bytes| self.read(bytes))?;
        message.ok_or(Malformed("no message of the register"))
    }

    /// The document of these bytes: the one that was read last, if they are the same.
    ///
    /// # Errors
    /// What is wrong with them.
    fn read(&self, bytes: &[u8]) -> Result<Arc<Topology>, Malformed> {
        // Whoever waits here would read the same meanwhile.
        let mut last = self.0.lock();
        if let Some(known) = last.as_ref().filter(|last| *last.bytes == *bytes) {
            return Ok(Arc::clone(&known.document));
        }
        let document: Arc<Topology> = Document::read(bytes).map_err(Malformed)?;
        *last = Some(Last {
            bytes: bytes.into(),
            document: Arc::clone(&document),
        });
        Ok(document)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use circlet_core::topology::{Addresses, ClusterSettings, MemberEntry};
    use circlet_ring::{NodeId, Weight, Zone};

    fn bytes_of(node: u8) -> Vec<u8> {
        let at = |port| std::net::SocketAddr::from(([127, 0, 0, 1], port));
        let addresses = Addresses {
            client: at(1),
            cluster: at(2),
            peer: at(3),
            gossip: at(4),
            http: at(5),
        };
        let member = MemberEntry::founding(
            NodeId::from_bytes([node; 20]),
            Zone::default(),
            Weight::DEFAULT,
            addresses,
        );
        let topology = Topology::form(ClusterSettings::default(), vec![member]).expect("a topology");
        let mut bytes = Vec::new();
        topology.put(&mut bytes);
        bytes
    }

    #[test]
    fn the_same_bytes_are_read_once_and_others_are_never_taken_for_them() {
        let last = LastDocument::default();
        let (one, other) = (bytes_of(1), bytes_of(2));
        let first = last.read(&one).expect("a document");
        assert!(Arc::ptr_eq(&first, &last.read(&one).expect("the same")));
        let second = last.read(&other).expect("a document");
        assert_ne!(first, second);
        assert_eq!(*last.read(&one).expect("a document"), *first, "read anew");
        assert!(last.read(&one[..one.len() - 1]).is_err(), "cut short");
        assert!(Arc::ptr_eq(
            &last.read(&one).expect("kept"),
            &last.read(&one).expect("kept")
        ));
    }
}
