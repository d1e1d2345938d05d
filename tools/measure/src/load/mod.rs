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
use std::time::Instant;

/// Where the requests of a client come from.
pub trait Requests {
    /// Puts the next requests, at most `count`, into the lanes that they are for; answers how many operations they are, and 0 when there are
    /// no more. An open loop asks for one at a time, and expects one reply to it.
    fn build(&mut self, count: usize, lanes: &mut [Out]) -> usize;

    /// What is wrong with a reply that is no error; `left` further ones of the lane's batch are to come.
    fn complaint(&self, _kind: Kind, _left: usize) -> Option<&'static str> {
        None
    }

    /// An error reply has come. One that knows where keys are learns from it, and may have the request asked of another lane; then it is no error.
    fn on_error(&mut self, _reply: &[u8]) -> Option<Redirect> {
        None
    }

    /// Whether [`Requests::on_error`] may redirect: then requests are kept until they are answered.
    fn follows(&self) -> bool {
        false
    }

    /// Where the next lane leads, if there is to be one more than these `lanes`. Asked before each batch.
    fn endpoint(&self, _lanes: usize) -> Option<Endpoint> {
        None
    }

    /// Whether a client has to have this lane: one that nothing goes to is not waited for when it is lost.
    fn is_wanted(&self, _lane: usize) -> bool {
        true
    }

    /// A connection was lost: one that knows where keys are may look where they are now.
    fn on_lost(&mut self) {}
}

/// Where a request is asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// A lane that there is, or that [`Requests::endpoint`] has.
    pub lane: usize,
    /// A request that has to stand before it, and whose reply says nothing.
    pub before: Option<&'static [u8]>,
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
        let keeps = requests.follows();
        let open = |endpoint| Lane::open(endpoint, keeps);
        let lanes: Vec<Lane> = endpoints.iter().map(open).collect::<io::Result<_>>()?;
        let outs = lanes.iter().map(|_| Out::default()).collect();
        Ok(Client { lanes, outs, requests })
    }

    /// Begins to open the lanes that have come to be wanted, and hands each to `opened`. One that cannot be opened is tried again with the next batch.
    #[inline]
    fn add_lanes(&mut self, opened: impl FnMut(usize, &Lane) -> io::Result<()>) {
        if let Some(endpoint) = self.requests.endpoint(self.lanes.len()) {
            self.add(endpoint, opened);
        }
    }

    #[cold]
    fn add(&mut self, first: Endpoint, mut opened: impl FnMut(usize, &Lane) -> io::Result<()>) {
        let mut next = Some(first);
        while let Some(endpoint) = next {
            let mut out = Out::default();
            let lane = Lane::begin(&endpoint, self.requests.follows(), Instant::now(), &mut out);
            let Ok(lane) = lane.and_then(|lane| opened(self.lanes.len(), &lane).map(|()| lane)) else {
                return;
            };
            self.lanes.push(lane);
            self.outs.push(out);
            next = self.requests.endpoint(self.lanes.len());
        }
    }

    /// Whether a lane has no connection that there has to be one on.
    fn lacks_a_lane(&self) -> bool {
        let mut lanes = self.lanes.iter().enumerate();
        lanes.any(|(index, lane)| lane.is_down() && self.requests.is_wanted(index))
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
