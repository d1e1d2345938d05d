//! HyperLogLogs under a key: strings to whoever asks, sets of chunks in the state.
//!
//! ```text
//!   found --+--> a string in Redis's byte form, if there is one         (written by SET, COPY, RENAME ...)
//!           +--> members of a set: MARKER, and chunks of registers      (written by PFADD, PFMERGE)
//!           \--> registers: of each the greatest place
//! ```
//!
//! A chunk is a member whose *name* is its 64 registers ([`register_chunk`]). To raise a register is to add the chunk as it is then, and to
//! remove those that it covers. A set is the union of what both sides of a partition added, so all registers are kept: whatever is removed
//! was removed by who added more, and so on up to a chunk that nothing covers. MARKER tells such a set from one of a client's own, and is
//! all there is of an empty HyperLogLog. docs/design/commands.md has the costs and what was refused.

use std::borrow::Cow;
use std::collections::BTreeSet;

use circlet_core::collection::Live;
use circlet_core::mutate::Edit;
use circlet_core::state::{Base, Kind, State, Uniform, Value};
use circlet_core::time::WallMs;

use super::KeyCx;
use crate::command::error::CommandError;
use crate::command::pure::hyperloglog::{NotRegisters, Registers};
use crate::command::pure::register_chunk::{self, CHUNK_REGISTERS};

/// The member that every HyperLogLog has. It is no chunk.
const MARKER: &[u8] = b"\xffHYLL";

/// Changes to a HyperLogLog, not real before [`HyperLogLogEdit::commit`].
#[derive(Debug)]
#[must_use = "nothing is changed before it is committed"]
pub struct HyperLogLogEdit<'c, 'a> {
    cx: &'c mut KeyCx<'a>,
    edit: Edit,
    registers: Registers,
    /// Chunks in which a register was raised.
    raised: BTreeSet<usize>,
    is_new: bool,
}

impl<'a> KeyCx<'a> {
    /// The HyperLogLog that the key holds; `None` if it holds no value.
    ///
    /// # Errors
    ///
    /// [`CommandError::WrongType`], [`CommandError::NotHyperLogLog`], [`CommandError::CorruptedHyperLogLog`];
    /// [`CommandError::NeedFullState`] if the value is not here.
    pub fn hyperloglog(&self) -> Result<Option<Registers>, CommandError> {
        let (found, now) = (self.found(), self.now());
        match found.value(now) {
            Value::Missing => Ok(None),
            Value::Unreadable => Err(CommandError::NeedFullState),
            Value::Counter(_) => Err(CommandError::NotHyperLogLog),
            Value::Bytes(bytes) => Ok(Some(parse(bytes)?)),
            Value::Collection(kind) if is_hyperloglog(found, kind, now) => Ok(Some(registers(found, now))),
            Value::Collection(_) => Err(CommandError::WrongType),
        }
    }

    /// Begins to change the HyperLogLog that the key holds; an empty one if it holds no value.
    ///
    /// # Errors
    ///
    /// As [`KeyCx::hyperloglog`].
    pub fn edit_hyperloglog(&mut self) -> Result<HyperLogLogEdit<'_, 'a>, CommandError> {
        let found = self.hyperloglog()?;
        self.expect_not_expired()?;
        let stamp = self.stamp();
        Ok(HyperLogLogEdit {
            edit: Edit::new(Kind::Set, self.writer.now, stamp, self.writer.author),
            cx: self,
            is_new: found.is_none(),
            registers: found.unwrap_or_default(),
            raised: BTreeSet::new(),
        })
    }
}

impl HyperLogLogEdit<'_, '_> {
    /// Whether there was no value before.
    #[must_use]
    pub const fn is_new(&self) -> bool {
        self.is_new
    }

    /// Adds an element; says whether that changes anything.
    pub fn add(&mut self, element: &[u8]) -> bool {
        let (index, place) = Registers::place_of(element);
        self.raise(index, place)
    }

    /// Adds all that was added to another one.
    pub fn merge(&mut self, other: &Registers) {
        for (index, &place) in other.as_slice().iter().enumerate() {
            self.raise(index, place);
        }
    }

    /// Makes it real.
    pub fn commit(mut self) {
        let found = self.cx.found();
        if self.edit.part(found, MARKER).is_none() {
            self.edit.set(found, MARKER, b"", None);
        }
        if !self.raised.is_empty() {
            for (name, (index, _)) in chunks(found, self.cx.now()) {
                if self.raised.contains(&usize::from(index)) {
                    self.edit.delete(found, name);
                }
            }
        }
        for &chunk in &self.raised {
            let start = chunk * CHUNK_REGISTERS;
            let places = &self.registers.as_slice()[start..start + CHUNK_REGISTERS];
            self.edit
                .set(found, &register_chunk::name(chunk as u8, places), b"", None);
        }
        self.cx.commit(&self.edit);
    }

    fn raise(&mut self, index: usize, place: u8) -> bool {
        let is_raised = self.registers.raise(index, place);
        if is_raised {
            self.raised.insert(index / CHUNK_REGISTERS);
        }
        is_raised
    }
}

/// Whether what is seen of a state, a collection of type `kind`, is a HyperLogLog.
pub(super) fn is_hyperloglog(state: State<'_>, kind: Kind, now: WallMs) -> bool {
    kind == Kind::Set && Live::new(state, kind, now).get(MARKER).is_some()
}

/// As [`is_hyperloglog`], of a collection that has not expired.
#[inline]
pub(super) fn is_hyperloglog_uniform(found: &Uniform<'_>) -> bool {
    found.kind() == Kind::Set && found.has(MARKER)
}

/// The string that a HyperLogLog is to commands on strings.
pub(super) fn text(state: State<'_>, now: WallMs) -> Cow<'static, [u8]> {
    Cow::Owned(registers(state, now).to_bytes())
}

fn registers(state: State<'_>, now: WallMs) -> Registers {
    // What else a string may hold was written beside it on the other side of a partition, and is not seen.
    let mut registers = match state.base {
        Base::Bytes(bytes) => Registers::parse(bytes).unwrap_or_default(),
        Base::None | Base::Unknown => Registers::default(),
    };
    for (_, (index, places)) in chunks(state, now) {
        for (place, at) in places.into_iter().zip(usize::from(index) * CHUNK_REGISTERS..) {
            registers.raise(at, place);
        }
    }
    registers
}

/// The chunks that are there, each with its name.
fn chunks(state: State<'_>, now: WallMs) -> impl Iterator<Item = (&[u8], (u8, [u8; CHUNK_REGISTERS]))> {
    let members = Live::new(state, Kind::Set, now).iter();
    members.filter_map(|part| Some((part.name, register_chunk::parse(part.name)?)))
}

fn parse(bytes: &[u8]) -> Result<Registers, CommandError> {
    Registers::parse(bytes).map_err(|error| match error {
        NotRegisters::Foreign => CommandError::NotHyperLogLog,
        NotRegisters::Corrupted => CommandError::CorruptedHyperLogLog,
    })
}
