//! A value on its way from one key to another: what RENAME and COPY carry.

use circlet_core::time::WallMs;

use crate::command::cx::{Expiry, SlotCx};
use crate::command::error::CommandError;

/// A whole value and when it expires. A counter's runs are summed up: at the new key the sum is a new value's base.
pub(super) struct Moved {
    value: Vec<u8>,
    deadline: Option<WallMs>,
}

impl Moved {
    /// What `key` holds; `None` if it is absent.
    pub(super) fn take(slot: &mut SlotCx<'_>, key: &[u8]) -> Result<Option<Self>, CommandError> {
        let cx = slot.key(key);
        let Some(value) = cx.string()? else { return Ok(None) };
        Ok(Some(Self {
            value: value.into_owned(),
            deadline: cx.expiry()?,
        }))
    }

    /// Writes it as the whole value of `key`.
    pub(super) fn put(&self, slot: &mut SlotCx<'_>, key: &[u8]) {
        slot.key(key)
            .set(&self.value, self.deadline.map_or(Expiry::None, Expiry::At));
    }
}
