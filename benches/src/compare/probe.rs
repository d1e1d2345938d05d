//! A client that writes and reads back a few keys for as long as it is told, and remembers the longest time that one of
//! them did not work.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::admin::{Client, Value};

/// A probe's commands do not load the cluster.
const PAUSE: Duration = Duration::from_millis(1);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);

/// What probes have seen, together.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sightings {
    pub(crate) successes: u64,
    /// Both tries failed.
    pub(crate) uncured: u64,
    /// A write was acknowledged, and a read at QUORUM answered something else.
    pub(crate) wrong: u64,
    /// Of any one key.
    pub(crate) longest_gap: Duration,
}

impl Sightings {
    pub(crate) fn merge(&mut self, other: &Self) {
        self.successes += other.successes;
        self.uncured += other.uncured;
        self.wrong += other.wrong;
        self.longest_gap = self.longest_gap.max(other.longest_gap);
    }
}

pub(crate) struct Probe {
    endpoints: Vec<SocketAddr>,
    clients: Vec<Option<Client>>,
    /// The endpoint in use; after a failure it is the next.
    current: usize,
    keys: Vec<String>,
    seen: Sightings,
}

impl Probe {
    /// Probe `index` begins at another endpoint than its neighbours, with keys of its own.
    pub(crate) fn new(endpoints: Vec<SocketAddr>, index: usize, keys: usize) -> Self {
        let clients = endpoints.iter().map(|_| None).collect();
        let current = index % endpoints.len();
        let keys = (0..keys).map(|key| format!("probe:{index}:{key}")).collect();
        Self {
            endpoints,
            clients,
            current,
            keys,
            seen: Sightings::default(),
        }
    }

    pub(crate) fn run(mut self, is_over: &AtomicBool) -> Sightings {
        let mut succeeded_at: Vec<Option<Instant>> = vec![None; self.keys.len()];
        let mut turn = 0_u64;
        while !is_over.load(Ordering::Relaxed) {
            turn += 1;
            let key = (turn % self.keys.len() as u64) as usize;
            let worked = self.write_and_read(key, turn) || self.write_and_read(key, turn);
            let now = Instant::now();
            if worked {
                self.seen.successes += 1;
                let since = succeeded_at[key].replace(now).unwrap_or(now);
                self.seen.longest_gap = self.seen.longest_gap.max(now - since);
            } else {
                self.seen.uncured += 1;
            }
            thread::sleep(PAUSE);
        }
        // A key that never came back has a gap too.
        for since in succeeded_at.into_iter().flatten() {
            self.seen.longest_gap = self.seen.longest_gap.max(since.elapsed());
        }
        self.seen
    }

    /// One try; a failure moves on to the next endpoint.
    fn write_and_read(&mut self, key: usize, turn: u64) -> bool {
        let value = turn.to_string();
        match self.attempt(key, &value) {
            Ok(read) => {
                self.seen.wrong += u64::from(read.text() != Some(&value));
                true
            }
            Err(_) => {
                self.clients[self.current] = None;
                self.current = (self.current + 1) % self.endpoints.len();
                false
            }
        }
    }

    fn attempt(&mut self, key: usize, value: &str) -> io::Result<Value> {
        let slot = &mut self.clients[self.current];
        let client = match slot {
            Some(client) => client,
            None => slot.insert(Client::open(self.endpoints[self.current], ANSWER_TIMEOUT)?),
        };
        client.ask(&["SET", &self.keys[key], value])?;
        client.ask(&["GET", &self.keys[key]])
    }
}
