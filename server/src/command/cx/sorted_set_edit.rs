//! Changes to a sorted set, made by one command.

use circlet_core::collection::SortedSetView;
use circlet_core::mutate::Edit;
use circlet_core::state::{Kind, score_bytes};
use circlet_core::time::WallMs;

use super::{KeyCx, refusal};
use crate::command::error::CommandError;

/// Changes to the members of one sorted set, not real before [`SortedSetEdit::commit`].
#[derive(Debug)]
#[must_use = "nothing is changed before it is committed"]
pub struct SortedSetEdit<'c, 'a> {
    cx: &'c mut KeyCx<'a>,
    edit: Edit,
}

impl<'a> KeyCx<'a> {
    /// Begins to change the sorted set that the key holds; an empty one if it holds no value.
    ///
    /// # Errors
    ///
    /// [`CommandError::WrongType`]; [`CommandError::NeedFullState`] if the value is not here.
    pub fn edit_sorted_set(&mut self) -> Result<SortedSetEdit<'_, 'a>, CommandError> {
        let edit = self.edit(Kind::SortedSet)?;
        Ok(SortedSetEdit { cx: self, edit })
    }

    /// Begins a new sorted set in place of whatever the key holds; without members the key is deleted.
    pub fn replace_sorted_set(&mut self, expires_at: Option<WallMs>) -> SortedSetEdit<'_, 'a> {
        let edit = self.replacing(Kind::SortedSet, expires_at);
        SortedSetEdit { cx: self, edit }
    }
}

impl SortedSetEdit<'_, '_> {
    /// The sorted set as it was before this edit.
    #[must_use]
    pub fn before(&self) -> SortedSetView<'_> {
        SortedSetView::new(self.cx.found(), self.cx.now())
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

    /// The score of a member as it is now.
    #[must_use]
    pub fn score(&self, member: &[u8]) -> Option<f64> {
        self.edit.part(self.cx.found(), member).map(|part| part.score())
    }

    /// Writes a member's score, which must be a number or infinite; says whether the member is new.
    pub fn set(&mut self, member: &[u8], score: f64) -> bool {
        debug_assert!(!score.is_nan(), "a score is a number");
        // The score that it has already is not written again.
        self.score(member) != Some(score) && self.edit.set(self.cx.found(), member, &score_bytes(score), None)
    }

    /// Adds to a member's score, 0 if there is none, and answers the sum. Concurrent additions of whole numbers add up; of
    /// others the last one wins.
    ///
    /// # Errors
    ///
    /// [`CommandError::ScoreNotANumber`], [`CommandError::TooManyRuns`].
    pub fn incr_by(&mut self, member: &[u8], by: f64) -> Result<f64, CommandError> {
        self.edit.incr_score(self.cx.found(), member, by).map_err(refusal)
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
