//! A client as an application should be: when a node fails it, it asks the next one, once.

use super::Client;
use circlet_resp::Value;
use std::time::{Duration, Instant};

/// An error counts as cured only if the retry succeeds this soon after it.
const CURE_MAX: Duration = Duration::from_secs(2);

/// What failures cost a client.
#[derive(Debug, Default, Clone)]
pub(crate) struct Toll {
    /// Commands answered.
    pub(crate) done: u64,
    /// Errors that one retry on the next node cured.
    pub(crate) cured: u64,
    /// The longest time between two answers.
    pub(crate) gap_max: Duration,
    /// Errors that were not cured: what both nodes said.
    pub(crate) uncured: Vec<String>,
}

impl Toll {
    /// The toll of two clients together.
    pub(crate) fn plus(mut self, other: Toll) -> Toll {
        self.done += other.done;
        self.cured += other.cured;
        self.gap_max = self.gap_max.max(other.gap_max);
        self.uncured.extend(other.uncured);
        self
    }
}

/// A client of all nodes: at home on one, on the next when that one fails.
pub(crate) struct Roamer {
    ports: Vec<u16>,
    home: usize,
    connection: Option<Client>,
    answered: Instant,
    pub(crate) toll: Toll,
}

impl Roamer {
    /// A client that begins on the `home`-th of these nodes.
    pub(crate) fn new(ports: &[u16], home: usize) -> Self {
        Roamer {
            ports: ports.to_vec(),
            home: home % ports.len(),
            connection: None,
            answered: Instant::now(),
            toll: Toll::default(),
        }
    }

    /// Moves on to the next node of its own accord: so that a node that is back gets clients again.
    pub(crate) fn move_on(&mut self) {
        self.home = (self.home + 1) % self.ports.len();
        self.connection = None;
    }

    /// Asks, and after an error asks the next node, once. `None` when that does not help either, or comes too late; the toll
    /// then says why.
    pub(crate) fn call<A: AsRef<[u8]>>(&mut self, args: &[A]) -> Option<Value> {
        let first = match self.ask(args) {
            Ok(value) => return Some(self.answer(value)),
            Err(why) => why,
        };
        let failed = Instant::now();
        self.move_on();
        match self.ask(args) {
            Ok(value) if failed.elapsed() <= CURE_MAX => {
                self.toll.cured += 1;
                Some(self.answer(value))
            }
            Ok(_) => self.give_up(format!("{first}; then an answer after {:?}", failed.elapsed())),
            Err(second) => self.give_up(format!("{first}; then {second}")),
        }
    }

    fn answer(&mut self, value: Value) -> Value {
        self.toll.done += 1;
        self.toll.gap_max = self.toll.gap_max.max(self.answered.elapsed());
        self.answered = Instant::now();
        value
    }

    fn give_up(&mut self, why: String) -> Option<Value> {
        self.toll.uncured.push(why);
        self.connection = None;
        None
    }

    fn ask<A: AsRef<[u8]>>(&mut self, args: &[A]) -> Result<Value, String> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            None => {
                let connected = self.connect()?;
                self.connection.insert(connected)
            }
        };
        let port = self.ports[self.home];
        match connection.call(args) {
            Ok(Value::Error(text)) => Err(format!("{port}: {text}")),
            Ok(value) => Ok(value),
            Err(error) => {
                self.connection = None;
                Err(format!("{port}: {error}"))
            }
        }
    }

    /// Connects to the home, or to the first after it that takes connections: a refused one is no answer to anything.
    fn connect(&mut self) -> Result<Client, String> {
        let mut refused = String::new();
        for _ in 0..self.ports.len() {
            match Client::connect(self.ports[self.home], CURE_MAX) {
                Ok(client) => return Ok(client),
                Err(error) => refused = error.to_string(),
            }
            self.home = (self.home + 1) % self.ports.len();
        }
        Err(format!("no node takes connections: {refused}"))
    }
}
