//! What a command changes.

use std::time::Duration;

use circlet_core::collection::ListView;
use circlet_core::mutate::{self, Author, Edit, End, ListEdit, MutateError};
use circlet_core::stamp::Stamp;
use circlet_core::state::{Kind, State, Value, score_bytes};
use circlet_core::time::WallMs;

use super::shown::shown;
use super::store::decoded;
use super::{Node, Output};
use crate::bug::Bug;
use crate::command::{Command, What};

impl Node {
    /// What the command changes, decided on the entry as it is here: the delta with its stamp; none if there is nothing to change.
    pub(super) fn decide(&mut self, command: &Command) -> Result<Option<(Vec<u8>, Stamp)>, MutateError> {
        let arc = self.arc_of(&command.key);
        let wall = self.store.time(arc, self.now.wall);
        let author = self.store.author(arc, self.id.short(), self.life);
        let stamp = self.stamp(arc);
        let mut found = self.store.state(arc, &command.key);
        if found == State::ABSENT && self.bug == Some(Bug::FirstWriteRaises) {
            found = State::tombstone(Stamp::from_bits(stamp.to_bits() - 1));
        }
        let mut delta = Vec::new();
        let is_change = match (&command.part, &command.what) {
            (Some(_), _) | (None, What::Pop) => decide_on_part(command, found, wall, stamp, author, &mut delta)?,
            (None, What::Expire(_) | What::Persist) if self.bug == Some(Bug::ExpireRewrites) => {
                let value = shown(found.value(wall)).unwrap_or_default();
                mutate::set(stamp, expiry(&command.what, wall), &value).encode(&mut delta);
                true
            }
            (None, _) => decide_on_whole(&command.what, found, wall, stamp, author, &mut delta)?,
        };
        if !is_change {
            return Ok(None);
        }
        let elements = decoded(&delta).parts.iter().filter(|part| part.kind == Kind::List);
        let names: Vec<_> = elements.map(|element| element.name.to_vec()).collect();
        if !names.is_empty() {
            self.out.push(Output::Elements { op: command.op, names });
        }
        Ok(Some((delta, stamp)))
    }

    /// Whether the command adds to what has expired here, which another coordinator may have given more time meanwhile.
    pub(super) fn adds_to_expired(&self, command: &Command) -> bool {
        let arc = self.arc_of(&command.key);
        let now = self.store.time(arc, self.now.wall);
        let found = self.store.state(arc, &command.key);
        let is_added_to = match (&command.part, &command.what) {
            (_, What::Incr(_)) | (Some(_), What::Set(_)) => found.is_expired(now),
            _ => false,
        };
        let part = command.part.as_ref().filter(|_| matches!(command.what, What::Incr(_)));
        let part = part.and_then(|part| found.parts.find(part.kind, &part.name));
        let is_part_expired = part.is_some_and(|part| part.state.is_expired(now));
        (is_added_to || is_part_expired) && self.bug != Some(Bug::BelieveExpired)
    }
}

fn decide_on_whole(
    what: &What,
    found: State<'_>,
    now: WallMs,
    stamp: Stamp,
    author: Author,
    delta: &mut Vec<u8>,
) -> Result<bool, MutateError> {
    match what {
        What::Set(value) | What::SetFor(value, _) => mutate::set(stamp, expiry(what, now), value).encode(delta),
        What::Delete => mutate::delete(stamp).encode(delta),
        What::Incr(by) => {
            mutate::incr(found, now, stamp, author, *by, delta)?;
        }
        What::Append(tail) => {
            let grown = [shown(found.value(now)).unwrap_or_default().as_slice(), tail].concat();
            mutate::set(stamp, None, &grown).encode(delta);
        }
        What::Expire(_) | What::Persist => match mutate::expire(found, now, stamp, expiry(what, now))? {
            Some(expired) => expired.encode(delta),
            None => return Ok(false),
        },
        What::Get | What::Pop => return Ok(false),
    }
    Ok(true)
}

/// What a command on a part changes.
///
/// Adding what is there and deleting what is not changes nothing: what a node may say of that is for reads to show.
fn decide_on_part(
    command: &Command,
    state: State<'_>,
    now: WallMs,
    stamp: Stamp,
    author: Author,
    delta: &mut Vec<u8>,
) -> Result<bool, MutateError> {
    if matches!(state.value(now), Value::Unreadable) {
        return Err(MutateError::Unreadable);
    }
    let found = mutate::found(state, now);
    let (kind, name) = match &command.part {
        Some(part) => (part.kind, &*part.name),
        None => (Kind::List, &b""[..]),
    };
    let mut edit = Edit::new(kind, now, stamp, author);
    if kind == Kind::List {
        let mut list = ListEdit::new(edit, now);
        change_list(&mut list, &command.what, found, now, name);
        return Ok(list.edit().finish(found, delta));
    }
    let is_there = edit.part(found, name).is_some();
    let ends = expiry(&command.what, now);
    match &command.what {
        What::Set(_) if kind == Kind::Set && is_there => {}
        What::Set(_) if kind == Kind::Set => {
            edit.set(found, name, b"", None);
        }
        What::Set(text) if kind == Kind::SortedSet => {
            let score = str::from_utf8(text).ok().and_then(|text| text.parse().ok());
            edit.set(found, name, &score_bytes(score.ok_or(MutateError::NotANumber)?), None);
        }
        What::Set(value) | What::SetFor(value, _) => {
            edit.set(found, name, value, ends);
        }
        What::Delete => {
            edit.delete(found, name);
        }
        // Exact, as whole numbers of any size that is drawn here are.
        What::Incr(by) if kind == Kind::SortedSet => {
            edit.incr_score(found, name, *by as f64)?;
        }
        What::Incr(by) => {
            edit.incr(found, name, *by)?;
        }
        What::Expire(_) | What::Persist => {
            edit.expire(found, name, ends);
        }
        What::Append(_) | What::Get | What::Pop => {}
    }
    Ok(edit.finish(found, delta))
}

/// An element is known by its value, and pushed at an end that depends on it.
fn change_list(list: &mut ListEdit, what: &What, found: State<'_>, now: WallMs, value: &[u8]) {
    let elements = ListView::new(found, now);
    let copies = elements.iter().filter(|element| element.value == value);
    let names: Vec<&[u8]> = copies.map(|copy| copy.name).collect();
    match what {
        What::Set(_) if names.is_empty() => {
            let is_odd = value.last().is_some_and(|byte| byte % 2 == 1);
            list.push(found, if is_odd { End::Front } else { End::Back }, value);
        }
        What::Delete => {
            for name in names {
                list.delete(found, name);
            }
        }
        What::Pop => drop(list.pop(found, End::Front)),
        _ => {}
    }
}

/// When what is written expires.
fn expiry(what: &What, now: WallMs) -> Option<WallMs> {
    match what {
        What::SetFor(_, ms) | What::Expire(ms) => Some(now + Duration::from_millis(*ms)),
        _ => None,
    }
}
