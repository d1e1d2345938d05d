//! One client's work: writes and reads of its own places, of shared counters and lists, and of keys that expire.

use crate::cell::{Cell, Wrong};
use crate::client::{Client, Outcome, Tally};
use crate::shape::{Shape, args};
use circlet_resp::Value;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

/// Places of each kind that a client has.
const PLACES: usize = 24;

/// Shared counters, and shared lists.
pub(crate) const SHARED: usize = 8;

/// How long a key lives that is to expire.
const LIFE: Duration = Duration::from_millis(300);

/// By how much the clocks of nodes on one machine may seem to differ: each rounds to milliseconds, and a busy machine is late.
const LATE: Duration = Duration::from_millis(50);

/// How long a last read may take.
const LAST_READ: Duration = Duration::from_secs(20);

/// What all clients share.
pub(crate) struct Common {
    pub(crate) nodes: Vec<SocketAddr>,
    pub(crate) stop: AtomicBool,
    /// By how much two nodes' clocks may differ.
    pub(crate) skew: Duration,
    /// Of each counter: the sum of acknowledged increments, of those that may have happened, and how many those are.
    pub(crate) acknowledged: [AtomicI64; SHARED],
    pub(crate) uncertain: [AtomicI64; SHARED],
}

/// A broken promise.
#[derive(Debug, Clone)]
pub(crate) struct Violation {
    pub(crate) wrong: Wrong,
    pub(crate) what: String,
    pub(crate) at: Instant,
}

/// What a client leaves behind.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) tally: Tally,
    pub(crate) violations: Vec<Violation>,
    /// Elements that were pushed and acknowledged, with their list.
    pub(crate) pushed: Vec<(usize, String)>,
}

/// An old value under a newer one that expires.
struct Mortal {
    key: String,
    dies: Instant,
}

/// One client.
pub(crate) struct Worker<'a> {
    common: &'a Common,
    number: usize,
    client: Client,
    random: StdRng,
    cells: Vec<(Shape, String, Cell)>,
    value: u64,
    mortals: Vec<Mortal>,
    pushed: Vec<(usize, String)>,
    violations: Vec<Violation>,
}

impl<'a> Worker<'a> {
    pub(crate) fn new(common: &'a Common, number: usize, seed: u64) -> Self {
        let place = |shape: Shape, index: usize| (shape, format!("c{number}:{shape:?}:{index}"), Cell::default());
        Worker {
            common,
            number,
            client: Client::new(&common.nodes, number),
            random: StdRng::seed_from_u64(seed ^ (number as u64) << 32),
            cells: Shape::ALL
                .iter()
                .flat_map(|shape| (0..PLACES).map(move |index| place(*shape, index)))
                .collect(),
            value: 0,
            mortals: Vec::new(),
            pushed: Vec::new(),
            violations: Vec::new(),
        }
    }

    /// Works until it is told to stop.
    pub(crate) fn work(&mut self) {
        while !self.common.stop.load(Ordering::Relaxed) {
            self.step();
            // Clients that stay where they are would never come back to a node that was away.
            if self.random.random_ratio(1, 200) {
                self.client.move_on();
            }
        }
    }

    fn step(&mut self) {
        match self.random.random_range(0..100) {
            0..45 => self.write(),
            45..80 => {
                let at = self.random.random_range(0..self.cells.len());
                self.read(at);
            }
            80..88 => self.increment(),
            88..94 => self.push(),
            94..97 => self.bear(),
            _ => self.look_at_the_dead(),
        }
    }

    fn write(&mut self) {
        self.value += 1;
        let at = self.random.random_range(0..self.cells.len());
        let (shape, name, cell) = &mut self.cells[at];
        let content = if self.random.random_ratio(1, 4) {
            None
        } else {
            shape.content(self.value)
        };
        let command = shape.write(name, content.map(|_| self.value));
        match self.client.call(&command) {
            Outcome::Answered(_) => cell.acknowledged(content),
            Outcome::Refused => {}
            Outcome::Unknown => cell.unknown(content),
        }
    }

    fn read(&mut self, at: usize) {
        let (shape, name, cell) = &mut self.cells[at];
        if let Outcome::Answered(reply) = self.client.call(&shape.read(name)) {
            let found = shape.parse(&reply);
            let before = cell.clone();
            if let Err(wrong) = cell.read(found) {
                let what = format!("{name} gave {found:?}, but {before:?}");
                self.blame(wrong, what);
            }
        }
    }

    fn increment(&mut self) {
        let (counter, by) = (self.random.random_range(0..SHARED), self.random.random_range(1..10));
        let outcome = self
            .client
            .call(&args(&["INCRBY", &format!("counter:{counter}"), &by.to_string()]));
        match outcome {
            Outcome::Answered(_) => self.common.acknowledged[counter].fetch_add(by, Ordering::Relaxed),
            Outcome::Refused => 0,
            Outcome::Unknown => self.common.uncertain[counter].fetch_add(by, Ordering::Relaxed),
        };
    }

    fn push(&mut self) {
        let list = self.random.random_range(0..SHARED);
        self.value += 1;
        let element = format!("{}:{}", self.number, self.value);
        let command = if self.random.random_bool(0.5) { "LPUSH" } else { "RPUSH" };
        if let Outcome::Answered(_) = self.client.call(&args(&[command, &format!("list:{list}"), &element])) {
            self.pushed.push((list, element));
        }
    }

    /// Writes a value that stays and then, over it, one that expires.
    fn bear(&mut self) {
        self.value += 1;
        let key = format!("c{}:mortal:{}", self.number, self.value);
        let life = LIFE.as_millis().to_string();
        if let Outcome::Answered(_) = self.client.call(&args(&["SET", &key, "old"]))
            && let Outcome::Answered(_) = self.client.call(&args(&["SET", &key, "new", "PX", &life]))
        {
            self.mortals.push(Mortal {
                key,
                dies: Instant::now() + LIFE + LATE + self.common.skew,
            });
        }
    }

    fn look_at_the_dead(&mut self) {
        let now = Instant::now();
        let Some(at) = self.mortals.iter().position(|mortal| mortal.dies < now) else {
            return;
        };
        let key = self.mortals[at].key.clone();
        if let Outcome::Answered(reply) = self.client.call(&args(&["GET", &key])) {
            self.judge_dead(&key, &reply);
            // Some are looked at again and again.
            if self.random.random_ratio(1, 4) {
                self.mortals.swap_remove(at);
            } else {
                let last = self.mortals.len() - 1;
                self.mortals.swap(at, last);
            }
        }
    }

    fn judge_dead(&mut self, key: &str, reply: &Value) {
        if let Some(found) = reply.as_bytes() {
            let found = String::from_utf8_lossy(found).into_owned();
            self.blame(Wrong::Resurrected, format!("{key} is \"{found}\" after it expired"));
        }
    }

    /// Reads everything once more, now that nothing goes wrong any longer.
    pub(crate) fn finish(mut self) -> Work {
        self.client.tally.rested();
        for at in 0..self.cells.len() {
            let (shape, name, _) = &self.cells[at];
            let command = shape.read(name);
            match self.client.insist(&command, LAST_READ) {
                Some(_) => self.read(at),
                None => {
                    let what = format!("{name} cannot be read");
                    self.blame(Wrong::Lost, what);
                }
            }
        }
        for mortal in std::mem::take(&mut self.mortals) {
            std::thread::sleep(mortal.dies.saturating_duration_since(Instant::now()));
            let reply = self.client.insist(&args(&["GET", &mortal.key]), LAST_READ);
            if let Some(reply) = reply {
                self.judge_dead(&mortal.key, &reply);
            }
        }
        Work {
            tally: self.client.tally,
            violations: self.violations,
            pushed: self.pushed,
        }
    }

    fn blame(&mut self, wrong: Wrong, what: String) {
        self.violations.push(Violation {
            wrong,
            what,
            at: Instant::now(),
        });
    }
}
