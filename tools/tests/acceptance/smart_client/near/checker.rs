//! Who writes, who reads, and what a read must see at least.
//!
//! Two rules, each a least version that is known *before* a read begins:
//!
//! - **Pushed**: once a push of a key has dropped it, no read that begins then is answered with less than what had been acknowledged when the push came. What is kept after a push was
//!   asked for after it, at QUORUM.
//! - **Vouched**: whatever became of pushes, no read is answered with less than what was acknowledged longer ago than a node's word counts.
//!
//! A push is told before it drops its key, so a floor is raised only when the next push of that node is told: then it has.

use circlet_client::prelude::*;
use circlet_client::{Event, NearCache, Observer};
use circlet_measure::Histogram;
use circlet_ring::{ArcCount, Slot};
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const KEYS: usize = 200;

/// Between the writes of one writer: few enough that most reads are hits, on a slow machine too.
const WRITE_PAUSE: Duration = Duration::from_millis(8);

/// The vouchers' time, and what a busy machine needs besides.
pub(super) const OLDEST: Duration = Duration::from_millis(1_000 + 500);

/// One key: what is known of its versions.
struct Key {
    name: String,
    arc: u16,
    /// The newest version that was sent.
    sent: AtomicU64,
    /// The newest version that was acknowledged.
    acked: AtomicU64,
    /// The least that a read which begins now must see, by the pushes that have come.
    pushed: AtomicU64,
    /// When versions were acknowledged, the latest last.
    acks: Mutex<VecDeque<(Instant, u64)>>,
}

impl Key {
    fn on_acked(&self, version: u64) {
        let mut acks = self.acks.lock().unwrap();
        acks.push_back((Instant::now(), version));
        // One that is too old to be answered is enough.
        while acks.get(1).is_some_and(|(at, _)| at.elapsed() > OLDEST * 2) {
            acks.pop_front();
        }
        drop(acks);
        self.acked.store(version, Ordering::SeqCst);
    }

    /// The least that a read which begins now must see, whatever became of pushes.
    fn vouched(&self) -> u64 {
        let acks = self.acks.lock().unwrap();
        let old = acks.iter().rev().find(|(at, _)| at.elapsed() > OLDEST);
        old.map_or(0, |(_, version)| *version)
    }

    /// How long the version after this one had been acknowledged at that time.
    fn age(&self, version: u64, at: Instant) -> Option<Duration> {
        let acks = self.acks.lock().unwrap();
        let next = acks.iter().find(|(_, acked)| *acked > version);
        next.map(|(acked, _)| at.saturating_duration_since(*acked))
    }
}

/// The pace of a writer.
async fn wait_until_next_write() {
    tokio::time::sleep(WRITE_PAUSE).await;
}

/// See the module's header.
pub(super) struct Checker {
    keys: Vec<Key>,
    stop: AtomicBool,
    /// Reads that were looked at.
    pub(super) reads: AtomicU64,
    hits: AtomicU64,
    pushes: AtomicU64,
    /// By node: what its last push will have made sure of, once it has dropped its keys.
    pending: Mutex<HashMap<String, Vec<(usize, u64)>>>,
    /// Ages of answers that were not the newest acknowledged, in nanoseconds.
    behind: Mutex<Histogram>,
}

impl Observer for Checker {
    fn on_event(&self, event: &Event<'_>) {
        match event {
            Event::NearHit => {
                self.hits.fetch_add(1, Ordering::Relaxed);
            }
            Event::NearPush { node, arc, key } => self.on_push(node, *arc, *key),
            _ => {}
        }
    }
}

impl Checker {
    pub(super) fn new() -> Self {
        let key = |number| {
            let name = format!("near:{number}");
            Key {
                arc: ArcCount::DEFAULT.arc_of(Slot::of_key(name.as_bytes())).get(),
                name,
                sent: AtomicU64::new(0),
                acked: AtomicU64::new(0),
                pushed: AtomicU64::new(0),
                acks: Mutex::default(),
            }
        };
        Checker {
            keys: (0..KEYS).map(key).collect(),
            stop: AtomicBool::new(false),
            reads: AtomicU64::new(0),
            hits: AtomicU64::new(0),
            pushes: AtomicU64::new(0),
            pending: Mutex::default(),
            behind: Mutex::default(),
        }
    }

    fn on_push(&self, node: &str, arc: u16, key: Option<&[u8]>) {
        let of_arc = self.keys.iter().enumerate().filter(|(_, known)| known.arc == arc);
        let named = of_arc.filter(|(_, known)| key.is_none_or(|key| key == known.name.as_bytes()));
        let next: Vec<_> = named
            .map(|(number, known)| (number, known.acked.load(Ordering::SeqCst)))
            .collect();
        self.pushes.fetch_add(next.len() as u64, Ordering::Relaxed);
        let before = self.pending.lock().unwrap().insert(node.to_owned(), next);
        for (number, version) in before.into_iter().flatten() {
            self.keys[number].pushed.fetch_max(version, Ordering::SeqCst);
        }
    }

    /// Writes every fourth key again and again.
    pub(super) async fn write(self: Arc<Self>, writer: Client, part: usize) {
        for version in 1u64.. {
            for key in self.keys[part..].iter().step_by(4) {
                if self.is_over() {
                    return;
                }
                key.sent.store(version, Ordering::SeqCst);
                writer.set(&key.name, version).await.unwrap();
                key.on_acked(version);
                wait_until_next_write().await;
            }
        }
    }

    /// Reads all keys again and again, and looks at what it gets.
    pub(super) async fn read(self: Arc<Self>, near: NearCache, reader: usize) {
        for step in 0.. {
            if self.is_over() {
                return;
            }
            let key = &self.keys[(step * 7 + reader) % KEYS];
            let (pushed, vouched) = (key.pushed.load(Ordering::SeqCst), key.vouched());
            let (acked, began) = (key.acked.load(Ordering::SeqCst), Instant::now());
            let read: Option<u64> = near.get(&key.name).await.unwrap();
            let (read, name) = (read.unwrap_or(0), &key.name);
            assert!(
                read >= pushed,
                "{name}: {read}, though a push has dropped what is older than {pushed}"
            );
            assert!(
                read >= vouched,
                "{name}: {read}, though {vouched} was acknowledged long ago"
            );
            assert!(
                read <= key.sent.load(Ordering::SeqCst),
                "{name}: {read} was never written"
            );
            if read < acked
                && let Some(age) = key.age(read, began)
            {
                self.behind.lock().unwrap().record(age.as_nanos() as u64);
            }
            self.reads.fetch_add(1, Ordering::Relaxed);
            if step % 64 == 0 {
                tokio::task::yield_now().await;
            }
        }
    }

    fn is_over(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    pub(super) fn summary(&self) -> String {
        let behind = self.behind.lock().unwrap();
        let ms = |share| behind.quantile(share) as f64 / 1e6;
        format!(
            "{} checked reads, {} hits, {} pushes of keys, {} writes acknowledged; {} answers were behind what was acknowledged before they began, by {:.2} ms (half of them), {:.1} ms (99 of 100), {:.1} ms at most",
            self.reads.load(Ordering::Relaxed),
            self.hits.load(Ordering::Relaxed),
            self.pushes.load(Ordering::Relaxed),
            self.keys
                .iter()
                .map(|key| key.acked.load(Ordering::SeqCst))
                .sum::<u64>(),
            behind.count(),
            ms(0.5),
            ms(0.99),
            ms(1.0)
        )
    }

    /// A checker that has seen no hit, no push and no floor proves nothing.
    pub(super) fn assert_it_has_checked(&self) {
        let hits = self.hits.load(Ordering::Relaxed);
        assert!(hits > 1_000, "{hits} hits");
        let with_floor = self.keys.iter().filter(|key| key.pushed.load(Ordering::SeqCst) > 0);
        assert!(with_floor.count() > KEYS / 2, "pushes have raised few floors");
    }
}
