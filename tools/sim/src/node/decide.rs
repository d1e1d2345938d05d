//! What a command changes.

use std::time::Duration;

use circlet_core::mutate::{self, Edit, MutateError};
use circlet_core::stamp::Stamp;
use circlet_core::state::Kind::Hash;
use circlet_core::state::{State, Value};
use circlet_core::time::WallMs;

use super::Node;
use super::coordinate::shown;
use crate::command::{Command, What};

impl Node {
    /// What the command changes, decided on the entry as it is here.
    pub(super) fn decide(&mut self, command: &Command) -> Result<(Vec<u8>, Stamp), MutateError> {
        let (arc, wall) = (self.arc_of(&command.key), self.now.wall);
        let author = self.store.author(arc, self.id.short(), wall);
        let stamp = self.stamp(arc);
        let found = self.store.state(arc, &command.key);
        let mut delta = Vec::new();
        if let Some(field) = &command.field {
            decide_on_field(
                &command.what,
                field,
                found,
                Edit::new(Hash, wall, stamp, author),
                wall,
                &mut delta,
            )?;
            return Ok((delta, stamp));
        }
        match &command.what {
            What::Set(value) => mutate::set(stamp, None, value).encode(&mut delta),
            What::SetFor(value, ms) => {
                let ends = wall + Duration::from_millis(*ms);
                mutate::set(stamp, Some(ends), value).encode(&mut delta);
            }
            What::Delete => mutate::delete(stamp).encode(&mut delta),
            What::Incr(by) => {
                mutate::incr(found, wall, stamp, author, *by, &mut delta)?;
            }
            What::Append(tail) => {
                let grown = [shown(found.value(wall)).unwrap_or_default().as_slice(), tail].concat();
                mutate::set(stamp, None, &grown).encode(&mut delta);
            }
            What::Get => {}
        }
        Ok((delta, stamp))
    }
}

/// What a command on a field of a hash changes.
///
/// Deleting a field that is not there changes nothing, so it is refused: what a node may say of an absence is for reads to show.
fn decide_on_field(
    what: &What,
    field: &[u8],
    state: State<'_>,
    mut edit: Edit,
    now: WallMs,
    delta: &mut Vec<u8>,
) -> Result<(), MutateError> {
    if matches!(state.value(now), Value::Unreadable) {
        return Err(MutateError::Unreadable);
    }
    let found = mutate::found(state, now);
    match what {
        What::Set(value) => drop(edit.set(found, field, value, None)),
        What::SetFor(value, ms) => drop(edit.set(found, field, value, Some(now + Duration::from_millis(*ms)))),
        What::Delete => drop(edit.delete(found, field)),
        What::Incr(by) => drop(edit.incr(found, field, *by)?),
        What::Append(_) | What::Get => {}
    }
    if edit.finish(found, delta) {
        Ok(())
    } else {
        Err(MutateError::Unreadable)
    }
}
