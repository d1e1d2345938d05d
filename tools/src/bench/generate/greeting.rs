//! What every connection says first: a password, a level.

use crate::ask;
use circlet_measure::load::{Endpoint, encode};
use circlet_resp::Value;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

/// Commands, each its words.
#[derive(Debug, Clone, Default)]
pub(crate) struct Greeting(Vec<Vec<String>>);

impl Greeting {
    /// Of lines, each a command; words stand between blanks.
    pub(crate) fn of(lines: &[String]) -> Self {
        let words = |line: &String| line.split_whitespace().map(str::to_owned).collect();
        let commands: Vec<Vec<String>> = lines.iter().map(words).collect();
        Greeting(commands.into_iter().filter(|words| !words.is_empty()).collect())
    }

    /// A server that is greeted so.
    pub(crate) fn endpoint(&self, at: SocketAddr) -> Endpoint {
        let command = |words: &Vec<String>| encode(&words.iter().map(String::as_bytes).collect::<Vec<_>>());
        Endpoint {
            at,
            greeting: self.0.iter().flat_map(command).collect(),
            greeting_replies: self.0.len(),
        }
    }

    /// Greets on a connection of its own, and asks this.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn ask(&self, at: SocketAddr, words: &[&str], patience: Duration) -> io::Result<Value> {
        let greeting: Vec<Vec<&str>> = (self.0.iter())
            .map(|command| command.iter().map(String::as_str).collect())
            .collect();
        let commands: Vec<&[&str]> = greeting.iter().map(Vec::as_slice).chain([words]).collect();
        ask::last_answer(at, &commands, patience)
    }
}
