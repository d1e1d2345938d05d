//! The hot part of a load generator: threads over nonblocking connections, requests copied from templates, replies walked and not kept.
//!
//! ```text
//! Requests --bytes--> Out (one a lane) --write--> server --read--> scan --> Tally
//!    ^                                                              |
//!    `---- closed loop: once the batch is answered;  open loop: when the next operation is due
//! ```
//!
//! A *client* is what one user of a server would be: one *lane* (a connection) to each node that it speaks to. It knows nothing of what it
//! asks: [`Requests`] does, which its user writes. `circlet-benches` and `circlet bench` are the users.
//!
//! It shares no code with the server that it measures, so that a mistake in one cannot hide the same mistake in the other.

mod closed;
mod control;
mod lane;
mod open;
mod pacer;
mod poller;
mod reply;
mod tally;
mod template;
#[cfg(test)]
mod testing;
mod tickets;

pub use closed::run_closed;
pub use control::{Control, Phase};
pub use lane::{Endpoint, Out};
pub use open::{Open, run_open};
pub use pacer::Pacer;
pub use reply::{Kind, Malformed, Reply, number, scan};
pub use tally::{ErrorKind, Tally};
pub use template::{Fill, Part, Template, Word, encode, write_digits};
pub use tickets::{Plan, Ticket, run_tickets};

use lane::Lane;
use std::io;

/// Where the requests of a client come from.
pub trait Requests {
    /// Puts the next requests, at most `count`, into the lanes that they are for; answers how many operations they are, and 0 when there are
    /// no more. An open loop asks for one at a time, and expects one reply to it.
    fn build(&mut self, count: usize, lanes: &mut [Out]) -> usize;

    /// What is wrong with a reply that is no error; `left` further ones of the lane's batch are to come.
    fn complaint(&self, _kind: Kind, _left: usize) -> Option<&'static str> {
        None
    }

    /// An error reply has come: one that knows where keys are may learn from it.
    fn on_error(&mut self, _reply: &[u8]) {}
}

/// One client: its lanes, and what it asks for.
pub struct Client<R> {
    lanes: Vec<Lane>,
    outs: Vec<Out>,
    requests: R,
}

impl<R: Requests> Client<R> {
    /// Connects to every endpoint, and has each greeting answered.
    ///
    /// # Errors
    /// When a connection is refused, or a greeting is answered with an error.
    pub fn open(endpoints: &[Endpoint], requests: R) -> io::Result<Self> {
        let lanes: Vec<Lane> = endpoints.iter().map(Lane::open).collect::<io::Result<_>>()?;
        let outs = lanes.iter().map(|_| Out::default()).collect();
        Ok(Client { lanes, outs, requests })
    }
}

/// What becomes of a connection that is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnLost {
    /// The run ends: a figure of what is left would be none.
    End,
    /// It is opened again, every tenth of a second, and its client waits for it.
    Reconnect,
}
