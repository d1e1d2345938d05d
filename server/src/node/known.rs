//! Where members have said that they are, while the topology says otherwise.
//!
//! A node that comes back at another address finds the others where the topology, its own configuration (`join`, the list of nodes) or this file says that they are,
//! and tells them where it is. They note it here, dial it there, and hand it on; once a majority of the voters is together again, the topology says it, too.
//!
//! One file, `addresses`, beside the register: a line a member, its id and where it takes clients, Redis Cluster clients, peers, gossip, and HTTP. It helps to find members and
//! decides nothing: whoever answers at an address says who it is. So a line that cannot be read is passed over, and a file that cannot be written is said.

use super::durable;
use circlet_core::topology::{Addresses, MEMBERS_MAX};
use circlet_ring::NodeId;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// The addresses that members have said. At most as many as a topology has members.
#[derive(Debug)]
pub(super) struct Known {
    path: PathBuf,
    said: Mutex<BTreeMap<NodeId, Addresses>>,
}

impl Known {
    /// What the file in a data directory says; nothing if there is none.
    pub(super) fn open(directory: &Path) -> Self {
        let path = directory.join("addresses");
        let text = fs::read_to_string(&path).unwrap_or_default();
        Known {
            said: Mutex::new(text.lines().filter_map(read).take(MEMBERS_MAX).collect()),
            path,
        }
    }

    /// What a member has said.
    pub(super) fn said(&self, id: NodeId) -> Option<Addresses> {
        self.said.lock().get(&id).copied()
    }

    /// All that members have said.
    pub(super) fn all(&self) -> Vec<(NodeId, Addresses)> {
        self.said.lock().iter().map(|(id, said)| (*id, *said)).collect()
    }

    /// A member says this; true if that is new.
    pub(super) fn learn(&self, id: NodeId, addresses: Addresses) -> bool {
        let mut said = self.said.lock();
        if said.len() >= MEMBERS_MAX && !said.contains_key(&id) {
            return false;
        }
        said.insert(id, addresses) != Some(addresses)
    }

    /// Forgets what the topology says as well by now, and those that are none of its members; true if there was some.
    pub(super) fn retain(&self, is_news: impl Fn(NodeId, Addresses) -> bool) -> bool {
        let mut said = self.said.lock();
        let before = said.len();
        said.retain(|id, addresses| is_news(*id, *addresses));
        said.len() < before
    }

    /// Writes the file. It waits for the disk.
    pub(super) fn save(&self) {
        let said = self.said.lock();
        let mut text = String::new();
        for (id, said) in said.iter() {
            let Addresses {
                client,
                cluster,
                peer,
                gossip,
                http,
            } = said;
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{id} {client} {cluster} {peer} {gossip} {http}");
        }
        // With the lock: one writer at a time.
        if let Err(error) = durable::replace(&self.path, text.as_bytes()) {
            tracing::warn!(%error, path = %self.path.display(), "cannot note where members are");
        }
    }
}

fn read(line: &str) -> Option<(NodeId, Addresses)> {
    let words: Vec<&str> = line.split(' ').collect();
    let [id, client, cluster, peer, gossip, http] = words.as_slice() else {
        return None;
    };
    let addresses = Addresses {
        client: client.parse().ok()?,
        cluster: cluster.parse().ok()?,
        peer: peer.parse().ok()?,
        gossip: gossip.parse().ok()?,
        http: http.parse().ok()?,
    };
    Some((id.parse().ok()?, addresses))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(port: u16) -> Addresses {
        let at = |offset| ([127, 0, 0, 1], port + offset).into();
        Addresses {
            client: at(0),
            cluster: at(100),
            peer: at(200),
            gossip: at(200),
            http: at(300),
        }
    }

    const A: NodeId = NodeId::from_bytes([10; 20]);
    const B: NodeId = NodeId::from_bytes([11; 20]);

    #[test]
    fn what_members_said_is_there_after_a_restart_and_a_broken_line_harms_no_other() {
        let directory = tempfile::tempdir().unwrap();
        let known = Known::open(directory.path());
        assert!(known.all().is_empty());
        assert!(known.learn(A, at(7001)) && known.learn(B, at(7002)));
        assert!(!known.learn(A, at(7001)), "nothing new");
        known.save();
        let path = directory.path().join("addresses");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("broken\n{text}")).unwrap();
        let known = Known::open(directory.path());
        assert_eq!(known.all(), [(A, at(7001)), (B, at(7002))]);
        assert!(known.retain(|id, said| id == A && said != at(7003)));
        assert_eq!((known.said(A), known.said(B)), (Some(at(7001)), None));
    }
}
