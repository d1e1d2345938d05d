//! The topology as the register's value.

use super::{Epoch, Topology};
use crate::register::{Document, ShortId, Voters};

impl Document for Topology {
    fn epoch(&self) -> Epoch {
        self.epoch
    }

    fn voters(&self) -> Voters {
        let ids = self.voters.iter().map(|&voter| ShortId::from(&self.member(voter).id));
        match Voters::new(ids) {
            Some(voters) => voters,
            None => unreachable!("a topology has 1 to 8 voters, all distinct"),
        }
    }

    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_bytes());
    }

    fn read(bytes: &[u8]) -> Result<Self, &'static str> {
        Self::from_bytes(bytes).map_err(|malformed| malformed.0)
    }
}
