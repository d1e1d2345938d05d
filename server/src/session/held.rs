//! What this node holds for one key: its share of `CLUSTER EXPLAIN`, as it travels between nodes.

use crate::node::Node;
use crate::routes::Routes;
use crate::store::HashedKey;
use circlet_core::hint::HintedArc;
use circlet_core::stamp::Stamp;
use circlet_core::state::{Kind, State, Value as Seen};
use circlet_core::time::WallMs;
use circlet_resp::{ReplyBuf, Value};
use circlet_ring::NodeId;

/// What one node holds for a key, and what it knows of those that missed writes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Held {
    /// The type of its value, or why there is none.
    pub(crate) kind: String,
    /// Of all that is held for the key, as an owner sees it that is synced up to what the asker named.
    pub(crate) digest: String,
    pub(crate) generation: String,
    /// The newest stamp of any part.
    pub(crate) stamp: String,
    pub(crate) expires_at_ms: Option<i64>,
    pub(crate) bytes: i64,
    pub(crate) parts: i64,
    pub(crate) caught_up: bool,
    /// The arc's synced-up-to.
    pub(crate) synced: Stamp,
    pub(crate) hints: Vec<HintFor>,
}

/// What is remembered for an owner that missed writes in the key's arc.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HintFor {
    pub(crate) owner: NodeId,
    pub(crate) arc: HintedArc,
}

/// Reads what this node holds, now.
pub(crate) fn look(node: &Node, routes: &Routes, key: &[u8], seen_by: Stamp) -> Held {
    let key = HashedKey::new(key);
    let (arc, now) = (routes.arc_of(key.slot), node.clock.wall());
    let hints = {
        let hints = node.hints.lock();
        let about = |owner| HintFor {
            owner,
            arc: hints.about(owner, arc, key.key),
        };
        let all = hints.owners().map(about);
        all.filter(|hint| hint.arc != HintedArc::default()).collect()
    };
    let shard = node.store.lock(arc);
    let state = shard.state(&key);
    let is_held = state != State::ABSENT;
    Held {
        kind: kind_of(state, now).to_owned(),
        digest: format!("{:016x}", shard.digest_seen_by(&key, seen_by)),
        generation: state.generation.to_string(),
        stamp: state.max_stamp().to_string(),
        expires_at_ms: state.expiry.at.map(|at| at.get().cast_signed()),
        bytes: if is_held { state.encoded_len() as i64 } else { 0 },
        parts: state.parts.len() as i64,
        caught_up: routes.arc(arc).caught_up,
        synced: shard.synced(),
        hints,
    }
}

fn kind_of(state: State<'_>, now: WallMs) -> &'static str {
    match state.value(now) {
        Seen::Missing if state == State::ABSENT => "nothing",
        Seen::Missing if state.is_expired(now) => "expired",
        Seen::Missing => "tombstone",
        Seen::Unreadable => "delta",
        Seen::Bytes(_) | Seen::Counter(_) => Kind::String.name(),
        Seen::Collection(kind) => kind.name(),
    }
}

impl Held {
    /// Appends it as it travels.
    pub(crate) fn write(&self, reply: &mut ReplyBuf) {
        reply.array(10);
        for text in [&self.kind, &self.digest, &self.generation, &self.stamp] {
            reply.bulk(text.as_bytes());
        }
        reply.integer(self.expires_at_ms.unwrap_or(-1));
        for figure in [
            self.bytes,
            self.parts,
            i64::from(self.caught_up),
            self.synced.to_bits().cast_signed(),
        ] {
            reply.integer(figure);
        }
        reply.array(self.hints.len());
        for hint in &self.hints {
            reply.array(4);
            reply.bulk(hint.owner.to_string().as_bytes());
            reply.integer(hint.arc.keys as i64);
            reply.integer(i64::from(hint.arc.names_key));
            reply.integer(i64::from(hint.arc.is_whole));
        }
    }

    /// What [`Held::write`] wrote; none if it is anything else.
    pub(crate) fn read(value: &Value) -> Option<Self> {
        let [
            kind,
            digest,
            generation,
            stamp,
            expires_at_ms,
            bytes,
            parts,
            caught_up,
            synced,
            hints,
        ] = value.as_slice()?
        else {
            return None;
        };
        Some(Held {
            kind: text(kind)?,
            digest: text(digest)?,
            generation: text(generation)?,
            stamp: text(stamp)?,
            expires_at_ms: Some(expires_at_ms.as_integer()?).filter(|at| *at >= 0),
            bytes: bytes.as_integer()?,
            parts: parts.as_integer()?,
            caught_up: caught_up.as_integer()? != 0,
            synced: Stamp::from_bits(synced.as_integer()?.cast_unsigned()),
            hints: hints.as_slice()?.iter().map(HintFor::read).collect::<Option<_>>()?,
        })
    }
}

impl HintFor {
    fn read(value: &Value) -> Option<Self> {
        let [owner, keys, names_key, is_whole] = value.as_slice()? else {
            return None;
        };
        Some(HintFor {
            owner: text(owner)?.parse().ok()?,
            arc: HintedArc {
                keys: usize::try_from(keys.as_integer()?).ok()?,
                names_key: names_key.as_integer()? != 0,
                is_whole: is_whole.as_integer()? != 0,
            },
        })
    }
}

fn text(value: &Value) -> Option<String> {
    String::from_utf8(value.as_bytes()?.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use circlet_resp::ReplyParser;

    #[test]
    fn what_is_held_travels_whole_and_anything_else_is_not_read() {
        let held = Held {
            kind: "hash".into(),
            digest: "00ff".into(),
            generation: "1.0000".into(),
            stamp: "2.0001".into(),
            expires_at_ms: None,
            bytes: 40,
            parts: 2,
            caught_up: true,
            synced: Stamp::from_bits(7),
            hints: vec![HintFor {
                owner: NodeId::from_bytes([3; 20]),
                arc: HintedArc {
                    keys: 4,
                    names_key: true,
                    is_whole: false,
                },
            }],
        };
        let mut reply = ReplyBuf::default();
        held.write(&mut reply);
        let parsed = ReplyParser::default().parse(&reply.take()).expect("a reply");
        assert_eq!(Held::read(&parsed.value.expect("a whole one")), Some(held));
        assert_eq!(Held::read(&Value::Array(vec![Value::Integer(1)])), None);
    }
}
