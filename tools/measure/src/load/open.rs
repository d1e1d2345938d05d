//! The open loop: operations leave at their times, whatever became of those before them, and their latency counts from then.
//!
//! An operation that finds every connection full waits with the pacer, at no cost, and its latency goes on: so nothing is omitted, and memory
//! is bounded by what may be in flight. One that is still with the pacer at the end was never sent, and is counted as that.

use super::closed::{DRAIN_MAX, LOST, SCRATCH_BYTES, SILENT, TURN_MAX, of_token, token};
use super::control::{Control, Phase};
use super::lane::Lane;
use super::pacer::Pacer;
use super::poller::{Poller, Ready};
use super::tally::Tally;
use super::{Client, Kind, Redirect, Requests};
use std::collections::VecDeque;
use std::io;
use std::time::Instant;

/// How a thread keeps its share of the rate.
#[derive(Debug)]
pub struct Open {
    /// When operations are due.
    pub pacer: Pacer,
    /// What is due from then on is counted, if the run is not in its warm-up any more.
    pub measure_from: Instant,
    /// Operations in flight of a client, at most.
    pub in_flight_max: usize,
}

struct Worker<'a, R> {
    clients: Vec<Client<R>>,
    /// For each client and lane: when the operations were due that are to be answered.
    due: Vec<Vec<VecDeque<Instant>>>,
    in_flight: Vec<usize>,
    /// Lanes with something to send.
    touched: Vec<(usize, usize)>,
    /// Whose turn it is.
    next: usize,
    open: Open,
    control: &'a Control,
    poller: Poller,
    tally: Tally,
    scratch: Vec<u8>,
    lost: usize,
}

/// Has `clients` send operations at their times until they are told to stop, or have spent the run's budget. Lost connections are opened
/// again.
///
/// # Errors
/// When the system refuses what has nothing to do with a server.
pub fn run_open<R: Requests>(clients: Vec<Client<R>>, open: Open, control: &Control) -> io::Result<Tally> {
    let poller = Poller::new()?;
    for (index, client) in clients.iter().enumerate() {
        for (lane, opened) in client.lanes.iter().enumerate() {
            poller.add(opened.stream(), token(index, lane))?;
        }
    }
    let queues = |client: &Client<R>| client.lanes.iter().map(|_| VecDeque::new()).collect();
    let mut worker = Worker {
        due: clients.iter().map(queues).collect(),
        in_flight: vec![0; clients.len()],
        clients,
        touched: Vec::new(),
        next: 0,
        open,
        control,
        poller,
        tally: Tally::default(),
        scratch: vec![0; SCRATCH_BYTES],
        lost: 0,
    };
    worker.run()?;
    Ok(worker.tally)
}

impl<R: Requests> Worker<'_, R> {
    fn run(&mut self) -> io::Result<()> {
        let mut stopped_at: Option<Instant> = None;
        let mut ready = Vec::new();
        let mut has_ended = false;
        loop {
            let now = Instant::now();
            let phase = self.control.phase();
            if phase == Phase::Stop && stopped_at.is_none() {
                stopped_at = Some(now);
                self.tally.unsent = self.open.pacer.clone().overdue(now);
            }
            has_ended |= phase == Phase::Stop || !self.send_due(now, phase);
            let in_flight: usize = self.in_flight.iter().sum();
            if has_ended && (in_flight == 0 || stopped_at.is_some_and(|at| now >= at + DRAIN_MAX)) {
                self.tally.add_errors(SILENT, "no reply came in time", in_flight as u64);
                return Ok(());
            }
            if self.lost > 0 {
                self.reconnect(now)?;
            }
            // Whoever waits for room has nothing to wake up for but replies.
            let is_late = self.open.pacer.next_due() <= now;
            let sleep = match has_ended || is_late {
                true => TURN_MAX,
                false => self
                    .open
                    .pacer
                    .next_due()
                    .saturating_duration_since(Instant::now())
                    .min(TURN_MAX),
            };
            ready.extend(self.poller.wait(sleep)?);
            let done_before = self.tally.operations;
            for Ready { number, is_last } in ready.drain(..) {
                let (client, lane) = of_token(number);
                self.on_ready(client, lane, is_last, phase);
            }
            self.control.add_done(self.tally.operations - done_before);
        }
    }

    /// Sends what is due; false when the requests or the budget have ended.
    fn send_due(&mut self, now: Instant, phase: Phase) -> bool {
        let mut goes_on = true;
        while self.open.pacer.next_due() <= now {
            let Some(client) = self.free_client() else { break };
            let is_counted = self.open.pacer.next_due() >= self.open.measure_from;
            self.add_lanes(client);
            let claimed = self.control.claim(if is_counted { phase } else { Phase::WarmUp }, 1);
            let Client { outs, requests, .. } = &mut self.clients[client];
            if claimed == 0 || requests.build(1, outs) == 0 {
                goes_on = false;
                break;
            }
            let Some(due) = self.open.pacer.take(now) else { break };
            if is_counted {
                self.tally.lateness.record((now - due).as_nanos() as u64);
            }
            self.queue(client, due);
        }
        for (client, lane) in std::mem::take(&mut self.touched) {
            self.flush(client, lane);
        }
        goes_on
    }

    /// The next client that has room and all of its connections.
    fn free_client(&mut self) -> Option<usize> {
        for _ in 0..self.clients.len() {
            let client = self.next;
            self.next = (client + 1) % self.clients.len();
            let is_whole = self.lost == 0 || !self.clients[client].lacks_a_lane();
            if self.in_flight[client] < self.open.in_flight_max && is_whole {
                return Some(client);
            }
        }
        None
    }

    /// Notes on which lane the operation that was just built waits.
    fn queue(&mut self, client: usize, due: Instant) {
        let Client { lanes, outs, .. } = &mut self.clients[client];
        for (index, (lane, out)) in lanes.iter_mut().zip(outs).enumerate() {
            let replies = std::mem::take(&mut out.replies);
            if replies > 0 {
                if lane.awaited == 0 || self.touched.last() != Some(&(client, index)) {
                    self.touched.push((client, index));
                }
                lane.awaited += replies;
                self.in_flight[client] += replies;
                self.due[client][index].extend(std::iter::repeat_n(due, replies));
            }
        }
    }

    fn on_ready(&mut self, client: usize, index: usize, is_last: bool, phase: Phase) {
        let Client { lanes, outs, requests } = &mut self.clients[client];
        let (lane, out) = (&mut lanes[index], &mut outs[index]);
        if lane.is_down() {
            return;
        }
        let flushed = if lane.has_unsent(out) { lane.flush(out) } else { Ok(()) };
        let due = &mut self.due[client][index];
        let Worker {
            tally, scratch, open, ..
        } = self;
        let before = lane.awaited;
        // One clock a read: what one read brings has come at one time.
        let mut now = None;
        let mut again = Vec::new();
        let read = flushed.and_then(|()| {
            lane.read(scratch, is_last, |reply, bytes, heard| {
                let since = due.pop_front();
                if reply.kind == Kind::Error {
                    return match (requests.on_error(bytes), since) {
                        (Some(redirect), Some(since)) if phase != Phase::Stop => {
                            again.push((redirect, heard.number, since));
                        }
                        _ => tally.on_error_reply(bytes),
                    };
                }
                if let Some(since) = since.filter(|since| *since >= open.measure_from) {
                    let now = *now.get_or_insert_with(Instant::now);
                    tally.operations += 1;
                    tally.nils += u64::from(reply.kind == Kind::Nil);
                    tally
                        .latency
                        .record(now.saturating_duration_since(since).as_nanos() as u64);
                }
            })
        });
        self.in_flight[client] -= before - lane.awaited;
        if !again.is_empty() {
            self.ask_again(client, index, &again);
        }
        let Client { lanes, outs, .. } = &mut self.clients[client];
        lanes[index].clear(&mut outs[index]);
        if let Err(why) = read {
            self.lose(client, index, &why);
        }
    }

    /// Has other lanes take requests that were redirected there; their latency goes on.
    #[cold]
    fn ask_again(&mut self, client: usize, from: usize, again: &[(Redirect, usize, Instant)]) {
        self.add_lanes(client);
        let (one, due) = (&mut self.clients[client], &mut self.due[client]);
        for (redirect, number, since) in again {
            let Client { lanes, outs, .. } = one;
            let request = Lane::asked(&outs[from], *number);
            let to = redirect.lane.min(lanes.len() - 1);
            lanes[to].ask(&mut outs[to], redirect, &request);
            due[to].push_back(*since);
        }
        self.in_flight[client] += again.len();
        self.tally.redirects += again.len() as u64;
        for index in 0..self.clients[client].lanes.len() {
            self.flush(client, index);
        }
    }

    fn add_lanes(&mut self, client: usize) {
        let Worker {
            clients, due, poller, ..
        } = self;
        let one = &mut clients[client];
        one.add_lanes(|index, lane| poller.add(lane.stream(), token(client, index)));
        due[client].resize_with(one.lanes.len(), VecDeque::new);
    }

    fn flush(&mut self, client: usize, index: usize) {
        let Client { lanes, outs, .. } = &mut self.clients[client];
        let (lane, out) = (&mut lanes[index], &outs[index]);
        let flushed = match lane.is_down() {
            // Nobody thought that it would be wanted.
            true if lane.awaited > 0 => Err("no connection".to_owned()),
            true => Ok(()),
            false => lane.flush(out),
        };
        if let Err(why) = flushed {
            self.lose(client, index, &why);
        }
    }

    fn lose(&mut self, client: usize, index: usize, why: &str) {
        let Client { lanes, outs, .. } = &mut self.clients[client];
        let was_down = lanes[index].is_down();
        let missing = lanes[index].go_down(Instant::now());
        outs[index].bytes.clear();
        self.due[client][index].clear();
        self.in_flight[client] -= missing;
        let requests = &mut self.clients[client].requests;
        requests.on_lost();
        // The end of a connection that nothing goes over is none.
        let is_wanted = requests.is_wanted(index);
        self.tally
            .add_errors(LOST, why, missing.max(usize::from(is_wanted)) as u64);
        self.lost += usize::from(!was_down);
    }

    /// Connects lost lanes again where it is time.
    fn reconnect(&mut self, now: Instant) -> io::Result<()> {
        for (client, each) in self.clients.iter_mut().enumerate() {
            for (index, (lane, out)) in each.lanes.iter_mut().zip(&mut each.outs).enumerate() {
                if lane.reconnect(now, out)? {
                    self.lost -= 1;
                    self.poller.add(lane.stream(), token(client, index))?;
                }
            }
        }
        Ok(())
    }
}
