//! A document of a few numbers that says what it was made from. Shared by the unit tests and those of whole worlds.

use super::{Document, Epoch, ShortId, Voters};

pub(crate) fn id(number: u64) -> ShortId {
    ShortId::new(number)
}

/// A document that says what it was made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Toy {
    pub(crate) epoch: u64,
    pub(crate) tag: u64,
    /// The tag of the document that it follows.
    pub(crate) parent: u64,
    /// The voters of the document that it follows, and its own: one bit a voter.
    pub(crate) old: u64,
    pub(crate) new: u64,
}

impl Toy {
    pub(crate) fn first(voters: impl IntoIterator<Item = u64>) -> Self {
        let voters = voters.into_iter().fold(0, |mask, voter| mask | 1 << voter);
        Self {
            epoch: Epoch::FIRST.get(),
            tag: 0,
            parent: 0,
            old: voters,
            new: voters,
        }
    }

    pub(crate) fn followed_by(self, tag: u64) -> Self {
        Self {
            epoch: self.epoch + 1,
            tag,
            parent: self.tag,
            old: self.new,
            new: self.new,
        }
    }
}

pub(crate) fn voters(mask: u64) -> Voters {
    let ids = (0..u64::BITS).filter(|bit| mask >> bit & 1 == 1);
    Voters::new(ids.map(|bit| id(bit.into()))).expect("a sound list")
}

impl Document for Toy {
    fn epoch(&self) -> Epoch {
        Epoch::new(self.epoch)
    }

    fn voters(&self) -> Voters {
        voters(self.new)
    }

    fn put(&self, out: &mut Vec<u8>) {
        let numbers = [self.epoch, self.tag, self.parent, self.old, self.new];
        out.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    }

    fn read(bytes: &[u8]) -> Result<Self, &'static str> {
        let (numbers, rest) = bytes.as_chunks::<8>();
        let numbers: Vec<u64> = numbers.iter().map(|bytes| u64::from_le_bytes(*bytes)).collect();
        match (&numbers[..], rest) {
            (&[epoch, tag, parent, old, new], []) if new != 0 => Ok(Self {
                epoch,
                tag,
                parent,
                old,
                new,
            }),
            _ => Err("no toy"),
        }
    }
}
