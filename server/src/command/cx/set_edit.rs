//! Changes to a set, made by one command.

use circlet_core::collection::SetView;
use circlet_core::mutate::Edit;
use circlet_core::state::Kind;
use circlet_core::time::WallMs;

use super::KeyCx;
use crate::command::error::CommandError;

/// Changes to the members of one set, not real before [`SetEdit::commit`].
#[derive(Debug)]
#[must_use = "nothing is changed before it is committed"]
pub struct SetEdit<'c, 'a> {
    cx: &'c mut KeyCx<'a>,
    edit: Edit,
}

impl<'a> KeyCx<'a> {
    /// Begins to change the set that the key holds; an empty one if it holds no value.
    ///
    /// # Errors
    ///
    /// [`CommandError::WrongType`]; [`CommandError::NeedFullState`] if the value is not here.
    pub fn edit_set(&mut self) -> Result<SetEdit<'_, 'a>, CommandError> {
        let edit = self.edit(Kind::Set)?;
        Ok(SetEdit { cx: self, edit })
    }

    /// Begins a new set in place of whatever the key holds; without members the key is deleted.
    pub fn replace_set(&mut self, expires_at: Option<WallMs>) -> SetEdit<'_, 'a> {
        let edit = self.replacing(Kind::Set, expires_at);
        SetEdit { cx: self, edit }
    }
}

impl SetEdit<'_, '_> {
    /// The set as it was before this edit.
    #[must_use]
    pub fn before(&self) -> SetView<'_> {
        SetView::new(self.cx.found(), self.cx.now())
    }

    /// How many members there are now.
    #[must_use]
    pub fn len(&self) -> usize {
        self.edit.len_after(self.before().len())
    }

    /// Whether there are none now.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether `member` is one of them now.
    #[must_use]
    pub fn contains(&self, member: &[u8]) -> bool {
        self.edit.part(self.cx.found(), member).is_some()
    }

    /// Adds a member; says whether it is new.
    pub fn add(&mut self, member: &[u8]) -> bool {
        // One that is there already is not written again: most SADDs of many are of this kind.
        !self.contains(member) && self.edit.set(self.cx.found(), member, b"", None)
    }

    /// Removes a member; says whether there was one.
    pub fn remove(&mut self, member: &[u8]) -> bool {
        self.edit.delete(self.cx.found(), member)
    }

    /// Makes it real.
    pub fn commit(self) {
        self.cx.commit(&self.edit);
    }
}
