//! A near cache: values kept in the client's own memory, and kept right by the servers.
//!
//! ```text
//!   get(key) -- in the store, vouched for? --> answered here, in some hundred nanoseconds
//!      |                                         ^
//!      '-- else read over the owner's feed ------'  kept, unless the arc changed meanwhile
//!   feed (one a node): CLIENT TRACKING ON NUMBERED; pushes drop keys; beats prove that the node still speaks for its arcs
//! ```
//!
//! An entry is answered only while all of this holds: the feed's connection that it was read over still stands; the node answered a beat, a read at QUORUM,
//! that was sent less than `vouch_max` ago; no push has dropped the key or its arc; it is not older than its time to live, the cache's
//! and the key's own. Pushes of an arc are numbered: when one is missing the arc is dropped.
//!
//! What is kept is a reply that follows from one key ([`question`]), under the key, which is what a push names: all that was answered about it goes.
//!
//! **Race**: a value may be read before it changes and arrive after the push. So each arc counts its changes; who reads looks at the count before the
//! question and, under the lock of the store, again before keeping the answer.
//!
//! *Refused:* keeping values without beats, as clients of Redis do: a node that stands still, or is cut off, sends no pushes, and nobody notices.

mod feed;
mod question;
mod store;
#[cfg(test)]
mod tests;

use crate::call::{Call, CallOptions};
use crate::client::Client;
use crate::error::Error;
use crate::from_value::FromValue;
use crate::observer::Event;
use crate::options::Consistency;
use crate::{Cmd, cmd};
use arc_swap::ArcSwap;
use circlet_resp::Value;
use circlet_ring::{ArcCount, Slot};
use feed::Feed;
use parking_lot::Mutex;
use question::{GET, Question};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use store::{Answer, Bounds, Shard, Voucher, bytes_of};
use tokio::time::Instant;

const SHARDS: usize = 16;

/// What a near cache keeps, and for how long.
#[derive(Debug, Clone)]
pub struct NearOptions {
    /// Keys that something is kept of, at most. Default 100,000.
    pub entries_max: usize,
    /// What may be kept altogether, in bytes: keys, questions and replies, and about what they are kept in. Default 256 MiB. What is read least goes when there is
    /// no room. A sixteenth of it is the most for one reply.
    pub bytes_max: usize,
    /// Longer replies are not kept, in bytes. Default 64 KiB. What a list, set or map takes for each of its parts (32 bytes) counts.
    pub value_bytes_max: usize,
    /// How long an entry is kept. Default 60 s.
    pub ttl: Duration,
    /// Keys with these prefixes are kept, each for its own time; the first that fits counts. None at all: every key is, for `ttl`.
    pub prefixes: Vec<(Vec<u8>, Duration)>,
    /// For how long after a node has proved that it speaks for its arcs what it said counts. Default 1 s; it is asked four times as often. Lowering it: what is
    /// read while a node is cut off is at most so old.
    pub vouch_max: Duration,
    /// Whether fields of hashes may have times of their own (HEXPIRE). Default true: replies about whole hashes (HGETALL, HKEYS, HVALS, HLEN), EXISTS and TYPE are then
    /// kept for `vouch_max` at most, since no node says when a field that the question does not name ends.
    pub fields_expire: bool,
}

impl Default for NearOptions {
    fn default() -> Self {
        NearOptions {
            entries_max: 100_000,
            bytes_max: 256 << 20,
            value_bytes_max: 64 << 10,
            ttl: Duration::from_secs(60),
            prefixes: Vec::new(),
            vouch_max: Duration::from_secs(1),
            fields_expire: true,
        }
    }
}

impl NearOptions {
    /// How long a key is kept; `None`: not at all.
    fn ttl_of(&self, key: &[u8]) -> Option<Duration> {
        if self.prefixes.is_empty() {
            return Some(self.ttl);
        }
        let mut found = self.prefixes.iter().filter(|(prefix, _)| key.starts_with(prefix));
        found.next().map(|(_, ttl)| *ttl)
    }
}

/// A near cache before a [`Client`], of replies that follow from one key. Cheap to clone. See [`NearOptions`], and `docs/design/client.md` for what it promises.
///
/// Writes go by the client as always; this process too hears of them by a push, so a read right after a write may find the value before it for a
/// moment: [`NearCache::forget`] drops it at once.
#[derive(Clone)]
pub struct NearCache {
    client: Client,
    inner: Arc<Inner>,
}

impl fmt::Debug for NearCache {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "NearCache({} entries)", self.len())
    }
}

/// What clones, feeds and their pushes share.
pub(super) struct Inner {
    options: NearOptions,
    began: Instant,
    shards: [Mutex<Shard>; SHARDS],
    /// By arc; as many as a cluster may have.
    arcs: Box<[ArcState]>,
    feeds: ArcSwap<Vec<Arc<Feed>>>,
}

/// What is known of the changes of an arc.
#[derive(Default)]
struct ArcState {
    /// Counts pushes that concern it.
    changes: AtomicU64,
    /// Counts how often all of it was dropped.
    drops: AtomicU64,
}

impl Inner {
    fn now_ns(&self) -> u64 {
        self.began.elapsed().as_nanos() as u64
    }

    fn shard(&self, arc: u16) -> &Mutex<Shard> {
        &self.shards[usize::from(arc) % SHARDS]
    }

    /// Keys of an arc have changed.
    fn on_changed<'k>(&self, arc: u16, keys: impl Iterator<Item = &'k [u8]>) {
        // Before they go: a read that looks in between keeps nothing.
        self.arcs[usize::from(arc)].changes.fetch_add(1, Ordering::AcqRel);
        let mut shard = self.shard(arc).lock();
        keys.for_each(|key| shard.remove(key));
    }

    /// All of an arc may have. Its entries go when they are asked for, or are old.
    fn on_arc_changed(&self, arc: u16) {
        self.arcs[usize::from(arc)].changes.fetch_add(1, Ordering::AcqRel);
        self.arcs[usize::from(arc)].drops.fetch_add(1, Ordering::AcqRel);
    }

    fn drop_all(&self) {
        (0..ArcCount::MAX.get()).for_each(|arc| self.on_arc_changed(arc));
    }
}

impl Client {
    /// A near cache before this client. It connects to each node once more, and stops with its last clone.
    #[must_use]
    pub fn near_cache(&self, options: NearOptions) -> NearCache {
        let each = Bounds {
            entries_max: options.entries_max.div_ceil(SHARDS),
            bytes_max: options.bytes_max / SHARDS,
        };
        let inner = Arc::new(Inner {
            options,
            began: Instant::now(),
            shards: std::array::from_fn(|_| Mutex::new(Shard::new(each))),
            arcs: (0..ArcCount::MAX.get()).map(|_| ArcState::default()).collect(),
            feeds: ArcSwap::default(),
        });
        let cache = NearCache {
            client: self.clone(),
            inner,
        };
        cache.follow();
        cache
    }
}

impl NearCache {
    /// The string at `key`: from here, or from the cluster at QUORUM. Reads at the client's level where nothing can be kept.
    ///
    /// # Errors
    /// As a read of the [`Client`].
    pub async fn get<T: FromValue>(&self, key: impl AsRef<[u8]>) -> Result<T, Error> {
        let key = key.as_ref();
        if let Some(value) = self.look(key, GET) {
            return T::from_value(value);
        }
        // In a box, as it is rare and large: a hit pays for the size of what might have been.
        Box::pin(self.get_far(key)).await
    }

    async fn get_far<T: FromValue>(&self, key: &[u8]) -> Result<T, Error> {
        let mut get = cmd("GET");
        get.push(key);
        match Question::of(&get) {
            Some(question) => self.ask(&get, question, CallOptions::default()).await,
            None => self.client.call(get).await,
        }
    }

    /// The reply to a call of the [`Client`]: from here, or as [`get`](NearCache::get). Kept are reads of one key that say the same until that key changes: of strings, lists,
    /// sets, sorted sets, hashes and places, EXISTS of one key, and TYPE. All other calls (of several keys, at random, with cursors, of times that are left; at ALL; writes) go to
    /// the cluster as if they had not come by here.
    ///
    /// ```no_run
    /// # async fn example(client: circlet_client::Client) -> Result<(), circlet_client::Error> {
    /// use circlet_client::prelude::*;
    ///
    /// let near = client.near_cache(circlet_client::NearOptions::default());
    /// let name: Option<String> = near.read(client.hget("user:7", "name")).await?;
    /// let tags: Vec<String> = near.read(client.smembers("tags:7")).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As the call itself.
    pub async fn read<T: FromValue>(&self, call: Call<'_, T>) -> Result<T, Error> {
        let (cmd, options) = call.parts();
        let level = options.consistency.or(self.client.options().reads);
        let question = Question::of(cmd).filter(|_| level != Some(Consistency::All));
        let Some(question) = question else {
            return call.await;
        };
        if let Some(value) = self.look(question.key(), question.name()) {
            return T::from_value(value);
        }
        Box::pin(self.ask(cmd, question, options)).await
    }

    /// Asks the cluster what is not kept.
    async fn ask<T: FromValue>(&self, cmd: &Cmd, question: Question<'_>, options: CallOptions) -> Result<T, Error> {
        self.client.inner.around.tell(Event::NearMiss);
        match self.fetch(question, options).await {
            Some(value) => T::from_value(value),
            None => Call::new(&self.client, cmd.clone(), options).await,
        }
    }

    /// Drops a key here: for whoever has just written it.
    pub fn forget(&self, key: impl AsRef<[u8]>) {
        let key = key.as_ref();
        let arc = self.arc_of(Slot::of_key(key));
        self.inner.arcs[usize::from(arc)].changes.fetch_add(1, Ordering::AcqRel);
        self.inner.shard(arc).lock().remove(key);
    }

    /// How many entries there are, some of which may not be good any more.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner.shards.iter().map(|shard| shard.lock().len()).sum()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn arc_of(&self, slot: Slot) -> u16 {
        self.client.inner.topology.load().arc_of(slot)
    }

    /// What is kept and vouched for. Told as a hit; what [`ask`](NearCache::ask) then asks is a miss.
    fn look(&self, key: &[u8], question: &[u8]) -> Option<Value> {
        let arc = self.arc_of(Slot::of_key(key));
        let inner = &self.inner;
        let (now, now_ns) = (Instant::now(), inner.now_ns());
        let feeds = inner.feeds.load();
        let is_good = |voucher: Voucher| {
            let dropped = inner.arcs[usize::from(voucher.arc)].drops.load(Ordering::Acquire) != voucher.drops;
            let feed = feeds.get(usize::from(voucher.feed));
            voucher.arc == arc && !dropped && feed.is_some_and(|feed| feed.vouches(voucher.connection, now_ns))
        };
        let value = inner.shard(arc).lock().get(key, question, now, is_good)?;
        self.client.inner.around.tell(Event::NearHit);
        Some(value)
    }

    /// Reads over the feed of the key's first owner, and keeps what it says if that is sure. None: the client's own way has to tell.
    async fn fetch(&self, question: Question<'_>, options: CallOptions) -> Option<Value> {
        self.follow();
        let (key, kept) = (question.key(), &self.inner.options);
        let slot = Slot::of_key(key);
        let (ttl, arc) = (kept.ttl_of(key)?, self.arc_of(slot));
        let (place, feed) = self.feed_of(slot)?;
        let state = &self.inner.arcs[usize::from(arc)];
        let voucher = Voucher {
            feed: place,
            connection: feed.number.load(Ordering::Acquire),
            arc,
            drops: state.drops.load(Ordering::Acquire),
        };
        let changes = state.changes.load(Ordering::Acquire);
        let (asked, attempt) = (Instant::now(), self.client.options().retry.attempt_timeout);
        let deadline = asked + options.timeout.map_or(attempt, |timeout| timeout.min(attempt));
        let mut replies = feed.read(&question.breath(), deadline).await.ok()?;
        let times = replies.split_off(1);
        let value = replies.pop()?;
        if times
            .iter()
            .chain([&value])
            .any(|reply| matches!(reply, Value::Error(_)))
        {
            // WRONGTYPE, or what a retry cures.
            return None;
        }
        let moment = if kept.fields_expire { kept.vouch_max } else { ttl };
        let expires = asked + question.lasts(&times, ttl, moment);
        if bytes_of(&value) <= kept.value_bytes_max && feed.vouches(voucher.connection, self.inner.now_ns()) {
            let mut shard = self.inner.shard(arc).lock();
            // Under the lock: a push counts first, and then removes under it.
            let unchanged = state.changes.load(Ordering::Acquire) == changes;
            if unchanged && state.drops.load(Ordering::Acquire) == voucher.drops {
                let answer = Answer {
                    value: value.clone(),
                    voucher,
                    expires,
                };
                shard.insert(key, question.name(), answer);
            }
        }
        Some(value)
    }

    /// The feed of the slot's first owner, if it is connected.
    fn feed_of(&self, slot: Slot) -> Option<(u16, Arc<Feed>)> {
        let topology = self.client.inner.topology.load();
        let owner = &topology.nodes[usize::from(*topology.owners(slot).first()?)];
        let feeds = self.inner.feeds.load();
        let place = feeds.iter().position(|feed| Arc::ptr_eq(&feed.node, owner))?;
        let feed = Arc::clone(&feeds[place]);
        feed.connection.load().is_some().then_some((place as u16, feed))
    }

    /// Begins feeds of nodes that are new on the map. Places are kept: an entry names its feed by it.
    fn follow(&self) {
        let nodes = &self.client.inner.topology.load().nodes;
        let is_fed = |feeds: &[Arc<Feed>], node| feeds.iter().any(|feed| Arc::ptr_eq(&feed.node, node));
        let feeds = self.inner.feeds.load();
        for node in nodes.iter().filter(|node| !is_fed(&feeds, node)) {
            let new = Feed::new(Arc::clone(node));
            let mut added = false;
            self.inner.feeds.rcu(|feeds| {
                added = !is_fed(feeds, node);
                let more = added.then(|| Arc::clone(&new));
                feeds.iter().cloned().chain(more).collect::<Vec<_>>()
            });
            if added {
                let (cache, client) = (Arc::downgrade(&self.inner), Arc::downgrade(&self.client.inner));
                tokio::spawn(feed::keep(cache, client, new));
            }
        }
    }
}
