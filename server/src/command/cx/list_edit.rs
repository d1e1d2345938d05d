//! Changes to a list, made by one command.

use circlet_core::collection::ListView;
use circlet_core::mutate::{self, End};
use circlet_core::state::Kind;
use circlet_core::time::WallMs;

use super::KeyCx;
use crate::command::error::CommandError;

/// Changes to the elements of one list, not real before [`ListEdit::commit`].
///
/// Elements that were there before are named by [`Element::name`](circlet_core::collection::Element), which stays what it is
/// while others are inserted and deleted. Read what is needed from [`ListEdit::before`], or from [`KeyCx::list`] before the
/// edit begins.
#[derive(Debug)]
#[must_use = "nothing is changed before it is committed"]
pub struct ListEdit<'c, 'a> {
    cx: &'c mut KeyCx<'a>,
    edit: mutate::ListEdit,
}

impl<'a> KeyCx<'a> {
    /// Begins to change the list that the key holds; an empty one if it holds no value.
    ///
    /// # Errors
    ///
    /// [`CommandError::WrongType`]; [`CommandError::NeedFullState`] if the value is not here.
    pub fn edit_list(&mut self) -> Result<ListEdit<'_, 'a>, CommandError> {
        let edit = mutate::ListEdit::new(self.edit(Kind::List)?, self.now());
        Ok(ListEdit { cx: self, edit })
    }

    /// Begins a new list in place of whatever the key holds; without elements the key is deleted.
    pub fn replace_list(&mut self, expires_at: Option<WallMs>) -> ListEdit<'_, 'a> {
        let edit = mutate::ListEdit::new(self.replacing(Kind::List, expires_at), self.now());
        ListEdit { cx: self, edit }
    }
}

impl ListEdit<'_, '_> {
    /// The list as it was before this edit.
    #[must_use]
    pub fn before(&self) -> ListView<'_> {
        ListView::new(self.cx.found(), self.cx.now())
    }

    /// How many elements there are now.
    #[must_use]
    pub fn len(&self) -> usize {
        self.edit.edit().len_after(self.before().len())
    }

    /// Whether there are none now.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds an element at one end.
    pub fn push(&mut self, end: End, value: &[u8]) {
        self.edit.push(self.cx.found(), end, value);
    }

    /// Takes the element at one end away, be it one that was pushed just now.
    pub fn pop(&mut self, end: End) -> Option<Vec<u8>> {
        self.edit.pop(self.cx.found(), end)
    }

    /// Adds an element right before ([`End::Front`]) or after ([`End::Back`]) one that was there before. Not to be mixed
    /// with pushes.
    pub fn insert(&mut self, neighbour: &[u8], side: End, value: &[u8]) {
        self.edit.insert(self.cx.found(), neighbour, side, value);
    }

    /// Replaces the value of an element that was there before; says whether it still is.
    pub fn set(&mut self, name: &[u8], value: &[u8]) -> bool {
        self.edit.set(self.cx.found(), name, value)
    }

    /// Deletes an element that was there before; says whether it still was. Not to be mixed with pops.
    pub fn delete(&mut self, name: &[u8]) -> bool {
        self.edit.delete(self.cx.found(), name)
    }

    /// Makes it real.
    pub fn commit(self) {
        self.cx.commit(self.edit.edit());
    }
}
