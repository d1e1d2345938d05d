//! What the register must know of the value that it holds.

use std::sync::Arc;

use super::voters::Voters;
use crate::message::{Malformed, Reader};
use crate::topology::Epoch;

/// A document that members agree on. Each one follows another, whose epoch is one less, or was formed.
pub trait Document: Clone + PartialEq {
    /// Its version. A formed document has [`Epoch::FIRST`].
    fn epoch(&self) -> Epoch;

    /// Who decides the document that follows it.
    fn voters(&self) -> Voters;

    /// Appends its bytes. Equal documents have equal bytes.
    fn put(&self, out: &mut Vec<u8>);

    /// The document of these bytes, which came from a peer or a disk.
    ///
    /// # Errors
    /// What is wrong with them.
    fn read(bytes: &[u8]) -> Result<Self, &'static str>;
}

impl<D: Document> Document for Arc<D> {
    fn epoch(&self) -> Epoch {
        D::epoch(self)
    }

    fn voters(&self) -> Voters {
        D::voters(self)
    }

    fn put(&self, out: &mut Vec<u8>) {
        D::put(self, out);
    }

    fn read(bytes: &[u8]) -> Result<Self, &'static str> {
        D::read(bytes).map(Arc::new)
    }
}

/// Held by an acceptor that holds no document.
pub(super) const NO_EPOCH: Epoch = Epoch::new(0);

/// Appends the document behind the length of its bytes, which stays 0 for none.
pub(crate) fn put_long<D: Document>(document: Option<&D>, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    if let Some(document) = document {
        document.put(out);
    }
    // A document of 1000 members and 16384 arcs has less than a megabyte.
    let length = (out.len() - start - 4) as u32;
    out[start..start + 4].copy_from_slice(&length.to_le_bytes());
}

/// Reads what [`put_long`] wrote.
pub(crate) fn read_long<D: Document>(reader: &mut Reader<'_>) -> Result<Option<D>, Malformed> {
    let bytes = reader.long_bytes()?;
    if bytes.is_empty() {
        return Ok(None);
    }
    D::read(bytes).map(Some).map_err(Malformed)
}

/// The epoch that follows.
pub(super) fn next(epoch: Epoch) -> Epoch {
    // 2^32 forced recoveries of 2^32 changes each come first.
    Epoch::new(epoch.get().saturating_add(1))
}
