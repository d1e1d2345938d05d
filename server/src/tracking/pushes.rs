//! What one client is yet to be told.

use super::CHANNEL;
use circlet_resp::{Proto, ReplyBuf};
use circlet_ring::ArcId;
use std::collections::BTreeMap;

/// Keys that may wait for a client that does not take its pushes. Above that it is told that their arcs have changed as a whole.
pub(super) const KEYS_WAITING_MAX: usize = 8192;

/// See the module's header. Kept by arc, so that many changes of one arc are one push.
#[derive(Debug, Default)]
pub(crate) struct Pushes {
    waiting: BTreeMap<u16, Changed>,
    keys_waiting: usize,
    /// The id of the client that was to be told.
    target_gone: Option<u64>,
    /// Whether each push is for one arc, with its number.
    pub(super) numbered: bool,
    /// Whether another client has had them sent here.
    pub(super) are_redirected: bool,
    is_subscribed: bool,
    /// Of the last push of each arc, if they are numbered.
    last: BTreeMap<u16, u64>,
}

#[derive(Debug)]
enum Changed {
    Keys(Vec<Box<[u8]>>),
    All,
}

impl Changed {
    fn is_all(&self) -> bool {
        matches!(self, Changed::All)
    }

    fn write(&self, replies: &mut ReplyBuf) {
        match self {
            Changed::All => replies.null(),
            Changed::Keys(keys) => {
                replies.array(keys.len());
                keys.iter().for_each(|key| replies.bulk(key));
            }
        }
    }
}

/// Redis's form for RESP2: messages of a channel whose text is a list of keys, or nil for all. They have no room for numbers.
fn write_messages(waiting: &BTreeMap<u16, Changed>, replies: &mut ReplyBuf) {
    let all = waiting.values().any(Changed::is_all).then_some(&Changed::All);
    let told: Vec<&Changed> = all.map_or_else(|| waiting.values().collect(), |all| vec![all]);
    for changed in told {
        replies.array(3);
        replies.bulk(b"message");
        replies.bulk(CHANNEL);
        changed.write(replies);
    }
}

impl Pushes {
    /// A key that it may have a copy of has changed.
    pub(super) fn key_changed(&mut self, arc: ArcId, key: &[u8]) {
        if self.keys_waiting >= KEYS_WAITING_MAX {
            return self.arc_changed(arc);
        }
        let changed = self
            .waiting
            .entry(arc.get())
            .or_insert_with(|| Changed::Keys(Vec::new()));
        if let Changed::Keys(keys) = changed {
            keys.push(key.into());
            self.keys_waiting += 1;
        }
    }

    /// All of an arc's keys have.
    pub(super) fn arc_changed(&mut self, arc: ArcId) {
        if let Some(Changed::Keys(keys)) = self.waiting.insert(arc.get(), Changed::All) {
            self.keys_waiting -= keys.len();
        }
    }

    /// The client that was to be told is gone.
    pub(super) fn target_gone(&mut self, id: u64) {
        self.target_gone = Some(id);
    }

    /// Messages of the channel are wanted, or no more.
    pub(crate) fn subscribe(&mut self, on: bool) {
        self.is_subscribed = on;
    }

    /// Appends all of it. Clients of RESP2 get what others have redirected to them, as messages, if they have subscribed; and else nothing.
    pub(crate) fn write(&mut self, replies: &mut ReplyBuf) {
        let waiting = std::mem::take(&mut self.waiting);
        self.keys_waiting = 0;
        let gone = std::mem::take(&mut self.target_gone);
        if replies.proto() != Proto::Resp3 {
            if self.is_subscribed && self.are_redirected {
                write_messages(&waiting, replies);
            }
            return;
        }
        if let Some(id) = gone {
            replies.push(2);
            replies.bulk(b"tracking-redir-broken");
            replies.integer(id.cast_signed());
        }
        if !self.numbered && waiting.values().any(Changed::is_all) {
            // As after FLUSHALL in Redis: nothing is sure any more.
            replies.push(2);
            replies.bulk(b"invalidate");
            replies.null();
            return;
        }
        for (arc, changed) in waiting {
            replies.push(if self.numbered { 4 } else { 2 });
            replies.bulk(b"invalidate");
            changed.write(replies);
            if self.numbered {
                let number = self.last.entry(arc).or_default();
                *number += 1;
                replies.integer(i64::from(arc));
                replies.integer((*number).cast_signed());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use circlet_ring::ArcCount;

    fn arc(number: u16) -> ArcId {
        ArcCount::DEFAULT.arc(number).expect("an arc")
    }

    fn written(pushes: &mut Pushes) -> String {
        let mut replies = ReplyBuf::new(Proto::Resp3);
        pushes.write(&mut replies);
        String::from_utf8_lossy(replies.as_bytes()).replace("\r\n", " ")
    }

    #[test]
    fn changes_are_told_as_redis_does() {
        let mut pushes = Pushes::default();
        pushes.key_changed(arc(1), b"a");
        pushes.key_changed(arc(1), b"b");
        assert_eq!(written(&mut pushes), ">2 $10 invalidate *2 $1 a $1 b ");
        assert_eq!(written(&mut pushes), "", "once");
        pushes.key_changed(arc(1), b"a");
        pushes.arc_changed(arc(2));
        assert_eq!(
            written(&mut pushes),
            ">2 $10 invalidate _ ",
            "all is what there is in Redis"
        );
        pushes.target_gone(5);
        assert_eq!(written(&mut pushes), ">2 $21 tracking-redir-broken :5 ");
    }

    #[test]
    fn a_subscribed_client_of_resp2_gets_messages_of_what_others_redirect_to_it() {
        let written = |pushes: &mut Pushes| {
            let mut replies = ReplyBuf::new(Proto::Resp2);
            pushes.write(&mut replies);
            String::from_utf8_lossy(replies.as_bytes()).replace("\r\n", " ")
        };
        let mut pushes = Pushes::default();
        for (is_subscribed, are_redirected) in [(false, true), (true, false)] {
            (pushes.is_subscribed, pushes.are_redirected) = (is_subscribed, are_redirected);
            pushes.key_changed(arc(1), b"a");
            assert_eq!(written(&mut pushes), "");
        }
        pushes.are_redirected = true;
        pushes.key_changed(arc(1), b"a");
        pushes.key_changed(arc(1), b"b");
        assert_eq!(
            written(&mut pushes),
            "*3 $7 message $20 __redis__:invalidate *2 $1 a $1 b "
        );
        pushes.key_changed(arc(1), b"a");
        pushes.arc_changed(arc(2));
        pushes.arc_changed(arc(3));
        assert_eq!(written(&mut pushes), "*3 $7 message $20 __redis__:invalidate $-1 ");
    }

    #[test]
    fn numbered_pushes_are_an_arcs_and_count_up() {
        let mut pushes = Pushes {
            numbered: true,
            ..Pushes::default()
        };
        pushes.key_changed(arc(7), b"a");
        pushes.arc_changed(arc(8));
        assert_eq!(
            written(&mut pushes),
            ">4 $10 invalidate *1 $1 a :7 :1 >4 $10 invalidate _ :8 :1 "
        );
        pushes.key_changed(arc(7), b"a");
        assert_eq!(written(&mut pushes), ">4 $10 invalidate *1 $1 a :7 :2 ");
    }

    #[test]
    fn a_client_that_takes_nothing_is_told_of_whole_arcs() {
        let mut pushes = Pushes {
            numbered: true,
            ..Pushes::default()
        };
        for number in 0..KEYS_WAITING_MAX + 100 {
            pushes.key_changed(arc(3), number.to_string().as_bytes());
        }
        assert_eq!(written(&mut pushes), ">4 $10 invalidate _ :3 :1 ");
    }
}
