//! The near cache: hits are its own, and nothing that it answers is older than it may be.

use super::{connect, run};
use crate::support::{Cluster, report};
use circlet_client::prelude::*;
use circlet_client::{NearCache, NearOptions};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

const KEYS: usize = 200;

/// The vouchers' time, and what a busy machine needs besides.
const OLDEST: Duration = Duration::from_millis(1_000 + 500);

fn key(number: usize) -> String {
    format!("near:{number}")
}

#[test]
fn what_is_read_twice_is_answered_here_until_somebody_changes_it() {
    let cluster = Cluster::start();
    run(async {
        let (client, writer) = (
            connect(&cluster, super::patient()).await,
            connect(&cluster, super::patient()).await,
        );
        let near = client.near_cache(NearOptions::default());
        writer.set("k", "one").await.unwrap();
        wait_until_kept(&near, "k").await;
        assert_eq!(near.get::<String>("k").await.unwrap(), "one");
        writer.set("k", "two").await.unwrap();
        let started = Instant::now();
        while near.get::<String>("k").await.unwrap() != "two" {
            assert!(started.elapsed() < OLDEST, "told at once, not when it is old");
        }
        writer.del("k").await.unwrap();
        while near.get::<Option<String>>("k").await.unwrap().is_some() {
            assert!(started.elapsed() < OLDEST * 2);
        }
        // A key's own time counts as well.
        writer.set_ex("short", 1, Duration::from_millis(400)).await.unwrap();
        near.get::<Option<i64>>("short").await.unwrap();
        let set = Instant::now();
        while near.get::<Option<i64>>("short").await.unwrap().is_some() {
            assert!(set.elapsed() < Duration::from_secs(2));
        }
        assert!(near.get::<i64>("near").await.is_err(), "nothing is no number");
        writer.hset("hash", "f", 1).await.unwrap();
        let wrong = near.get::<Option<String>>("hash").await;
        assert!(wrong.is_err_and(|error| error.kind() == ErrorKind::WrongType));
        let only = client.near_cache(NearOptions {
            prefixes: vec![(b"kept:".to_vec(), Duration::from_secs(60))],
            ..NearOptions::default()
        });
        wait_until_kept(&only, "kept:1").await;
        only.get::<Option<String>>("else:1").await.unwrap();
        assert_eq!(only.len(), 1);
    });
}

/// Reads until the value is kept.
async fn wait_until_kept(near: &NearCache, key: &str) {
    while near.is_empty() {
        near.get::<Option<String>>(key).await.unwrap();
        super::wait_until_later().await;
    }
}

/// What a writer has had acknowledged, and when, the latest last.
#[derive(Default)]
struct Acked(Mutex<VecDeque<(Instant, u64)>>);

impl Acked {
    fn add(&self, version: u64) {
        let mut all = self.0.lock().unwrap();
        all.push_back((Instant::now(), version));
        // One that is too old to be answered is enough.
        while all.get(1).is_some_and(|(at, _)| at.elapsed() > OLDEST * 2) {
            all.pop_front();
        }
    }

    /// The version that a read which begins now must see, or a later one.
    fn must_be_seen(&self) -> u64 {
        let all = self.0.lock().unwrap();
        let old = all.iter().rev().find(|(at, _)| at.elapsed() > OLDEST);
        old.map_or(0, |(_, version)| *version)
    }
}

/// What the tasks of a test share.
#[derive(Clone)]
struct Shared {
    acked: Arc<Vec<Acked>>,
    stop: Arc<AtomicBool>,
    reads: Arc<AtomicU64>,
}

impl Shared {
    fn new() -> Self {
        Shared {
            acked: Arc::new((0..KEYS).map(|_| Acked::default()).collect()),
            stop: Arc::default(),
            reads: Arc::default(),
        }
    }

    /// Writes every fourth key again and again.
    async fn write(self, writer: Client, part: usize) {
        for version in 1u64.. {
            for number in (part..KEYS).step_by(4) {
                if self.stop.load(Ordering::Relaxed) {
                    return;
                }
                writer.set(key(number), version).await.unwrap();
                self.acked[number].add(version);
                super::wait_until_later().await;
            }
        }
    }

    /// Reads all keys again and again, and looks at what it gets.
    async fn read(self, near: NearCache, reader: usize) {
        for step in 0.. {
            if self.stop.load(Ordering::Relaxed) {
                return;
            }
            let number = (step * 7 + reader) % KEYS;
            let must = self.acked[number].must_be_seen();
            let read: Option<u64> = near.get(key(number)).await.unwrap();
            let key = key(number);
            assert!(
                read.unwrap_or(0) >= must,
                "{key}: {read:?}, {must} was acknowledged long ago"
            );
            self.reads.fetch_add(1, Ordering::Relaxed);
            if step % 64 == 0 {
                tokio::task::yield_now().await;
            }
        }
    }
}

#[test]
fn no_answer_is_older_than_the_vouchers_allow_through_a_kill_and_a_restart() {
    let mut cluster = Cluster::start();
    run(async {
        let options = || Options {
            call_timeout: Duration::from_secs(10),
            ..Options::default()
        };
        let (client, writer) = (connect(&cluster, options()).await, connect(&cluster, options()).await);
        let near = client.near_cache(NearOptions::default());
        let shared = Shared::new();
        let mut tasks = Vec::new();
        for number in 0..4 {
            tasks.push(tokio::spawn(shared.clone().write(writer.clone(), number)));
            tasks.push(tokio::spawn(shared.clone().read(near.clone(), number)));
        }
        for step in 0..3 {
            let goal = shared.reads.load(Ordering::Relaxed) + 60_000;
            while shared.reads.load(Ordering::Relaxed) < goal && !tasks.iter().any(JoinHandle::is_finished) {
                super::wait_until_later().await;
            }
            match step {
                0 => cluster.kill(2),
                1 => cluster.restart(2),
                _ => {}
            }
        }
        cluster.wait_until_whole();
        shared.stop.store(true, Ordering::Relaxed);
        for task in tasks {
            task.await.expect("nobody saw anything too old");
        }
        let reads = shared.reads.load(Ordering::Relaxed);
        report(&format!(
            "near cache: {reads} checked reads through a kill and a restart"
        ));
    });
}
