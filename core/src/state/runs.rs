//! Runs: one node's share of a counter, since the run's birth.

use crate::stamp::Stamp;

/// Bytes of an encoded run.
pub(crate) const RUN_BYTES: usize = 32;

/// What one node added to a counter since `birth`. Only that node ever raises it, and only in one life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The node, in one of its lives: [`crate::mutate::Author::name`].
    pub node: u64,
    /// The stamp of the first addition; the run dies with any generation from there on.
    pub birth: Stamp,
    /// The stamp of the last addition.
    ///
    /// Invariant: `stamp >= birth`.
    pub stamp: Stamp,
    /// The sum of the additions.
    pub total: i64,
}

impl Run {
    /// What tells runs apart.
    #[must_use]
    pub const fn id(&self) -> (u64, Stamp) {
        (self.node, self.birth)
    }

    /// The place in the order that decides between two copies of one run: the greater is the newer.
    pub(super) const fn rank(&self) -> (Stamp, i64) {
        (self.stamp, self.total)
    }

    /// Appends the run's 32 bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_bytes());
    }

    pub(super) fn to_bytes(self) -> [u8; RUN_BYTES] {
        let mut bytes = [0; RUN_BYTES];
        let words = [
            self.node,
            self.birth.to_bits(),
            self.stamp.to_bits(),
            self.total.cast_unsigned(),
        ];
        for (place, word) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(words) {
            *place = word.to_le_bytes();
        }
        bytes
    }

    fn decode(bytes: &[u8; RUN_BYTES]) -> Self {
        let word = |at: usize| {
            let mut word = [0; 8];
            word.copy_from_slice(&bytes[at..at + 8]);
            u64::from_le_bytes(word)
        };
        Self {
            node: word(0),
            birth: Stamp::from_bits(word(8)),
            stamp: Stamp::from_bits(word(16)),
            total: word(24).cast_signed(),
        }
    }
}

/// Runs in their encoded form.
///
/// Invariant: whole runs of 32 bytes, strictly ascending by [`Run::id`], each with `stamp >= birth`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Runs<'a>(&'a [u8]);

impl<'a> Runs<'a> {
    /// No runs.
    pub const EMPTY: Runs<'static> = Runs(&[]);

    /// A view of encoded runs; `None` if they break the invariant.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Option<Self> {
        let runs = Self(bytes);
        let whole = bytes.len().is_multiple_of(RUN_BYTES);
        (whole && runs.iter().all(|run| run.stamp >= run.birth) && runs.iter().is_sorted_by(|a, b| a.id() < b.id()))
            .then_some(runs)
    }

    /// A view of runs that this node encoded itself, or has checked before.
    pub(super) const fn trusted(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len() / RUN_BYTES
    }

    /// Their encoded bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.0
    }

    /// The runs, ascending by [`Run::id`].
    pub fn iter(&self) -> impl Iterator<Item = Run> + Clone + use<'a> {
        self.0.as_chunks::<RUN_BYTES>().0.iter().map(Run::decode)
    }
}
