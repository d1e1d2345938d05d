//! A whole value of any type, owned: what RENAME and COPY carry from one key to another.

use circlet_core::state::{Kind, State};
use circlet_core::time::WallMs;

use super::{Expiry, KeyCx};
use crate::command::error::CommandError;

/// A whole value and when it expires. What was added to counters is summed up: at the new key the sum is a new value.
#[derive(Debug)]
pub struct Whole {
    body: Body,
    expires_at: Option<WallMs>,
}

#[derive(Debug)]
enum Body {
    String(Vec<u8>),
    Collection(Kind, Vec<Content>),
}

/// A part of a collection, without its stamps.
#[derive(Debug)]
struct Content {
    name: Box<[u8]>,
    value: Box<[u8]>,
    expires_at: Option<WallMs>,
}

impl KeyCx<'_> {
    /// A copy of what the key holds; `None` if it holds no value.
    ///
    /// # Errors
    ///
    /// [`CommandError::NeedFullState`] if the value is not here.
    pub fn whole(&self) -> Result<Option<Whole>, CommandError> {
        let Some(kind) = self.kind()? else { return Ok(None) };
        let body = if kind == Kind::String {
            Body::String(self.string()?.unwrap_or_default().into_owned())
        } else {
            let live = self.live(kind)?;
            let contents = live.iter().map(|part| Content {
                name: part.name.into(),
                value: part.value_bytes().into(),
                expires_at: part.state.expiry.at,
            });
            Body::Collection(kind, contents.collect())
        };
        Ok(Some(Whole {
            body,
            expires_at: self.expiry()?,
        }))
    }

    /// Writes a whole value in place of whatever the key holds.
    pub fn put_whole(&mut self, whole: &Whole) {
        match &whole.body {
            Body::String(value) => self.set(value, whole.expires_at.map_or(Expiry::None, Expiry::At)),
            Body::Collection(kind, contents) => {
                let mut edit = self.replacing(*kind, whole.expires_at);
                for content in contents {
                    edit.set(State::ABSENT, &content.name, &content.value, content.expires_at);
                }
                self.commit(&edit);
            }
        }
    }
}
