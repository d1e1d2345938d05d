//! The closed loop: a client's next batch leaves when the one before it has been answered, on all of its lanes.
//!
//! Its latency is the time from its first write to its last reply. Invariant: a client has replies to come, or it waits for a connection, or
//! it is done.

use super::control::{Control, Phase};
use super::lane::Lane;
use super::poller::{Poller, Ready};
use super::tally::Tally;
use super::{Client, Kind, OnLost, Redirect, Requests};
use std::io;
use std::time::{Duration, Instant};

/// Bytes of the read buffer that the connections of a thread share; grows if one reply is larger.
pub(super) const SCRATCH_BYTES: usize = 256 * 1024;

/// How often a thread without traffic looks at the phase.
pub(super) const TURN_MAX: Duration = Duration::from_millis(20);

/// A server that answers nothing for so long has ended a run that nothing else ends.
pub(super) const SILENCE_MAX: Duration = Duration::from_secs(10);

/// How long replies are waited for once nothing more is sent.
pub(super) const DRAIN_MAX: Duration = Duration::from_secs(2);

/// Errors that are no replies, by their kind.
pub(super) const LOST: &str = "LOST";
pub(super) const SILENT: &str = "SILENT";

/// A client in a closed loop.
struct Closed<R> {
    /// Its place in its thread.
    number: usize,
    client: Client<R>,
    pipeline: usize,
    /// Replies to come, on all lanes.
    awaited: usize,
    /// Operations of the batch under way, those of them that failed, and those whose answer was nil.
    built: usize,
    failed: usize,
    nils: u64,
    is_counted: bool,
    sent_at: Instant,
    is_waiting: bool,
    is_done: bool,
}

/// A thread's state.
struct Worker<'a> {
    control: &'a Control,
    on_lost: OnLost,
    poller: Poller,
    tally: Tally,
    scratch: Vec<u8>,
    has_lost: bool,
}

/// Runs `clients` with `pipeline` requests in flight each, until their requests end or they are told to stop.
///
/// # Errors
/// When the system refuses what has nothing to do with a server.
pub fn run_closed<R: Requests>(
    clients: Vec<Client<R>>,
    pipeline: usize,
    control: &Control,
    on_lost: OnLost,
) -> io::Result<Tally> {
    let mut worker = Worker {
        control,
        on_lost,
        poller: Poller::new()?,
        tally: Tally::default(),
        scratch: vec![0; SCRATCH_BYTES],
        has_lost: false,
    };
    let mut clients: Vec<Closed<R>> = clients
        .into_iter()
        .enumerate()
        .map(|(number, client)| Closed::new(number, client, pipeline))
        .collect();
    for (index, closed) in clients.iter_mut().enumerate() {
        for (lane, opened) in closed.client.lanes.iter().enumerate() {
            worker.poller.add(opened.stream(), token(index, lane))?;
        }
        closed.send_next(&mut worker, control.phase());
    }
    worker.run(&mut clients)?;
    Ok(worker.tally)
}

/// A lane's number in the thread's epoll.
pub(super) fn token(client: usize, lane: usize) -> u64 {
    ((client as u64) << 16) | lane as u64
}

/// The client and the lane of a number.
pub(super) fn of_token(token: u64) -> (usize, usize) {
    ((token >> 16) as usize, (token & 0xffff) as usize)
}

impl Worker<'_> {
    fn run<R: Requests>(&mut self, clients: &mut [Closed<R>]) -> io::Result<()> {
        let (mut heard_at, mut stopped_at) = (Instant::now(), None);
        let mut ready = Vec::new();
        while clients.iter().any(|closed| !closed.is_done) {
            ready.extend(self.poller.wait(TURN_MAX)?);
            let phase = self.control.phase();
            let done_before = self.tally.operations;
            let is_silent = ready.is_empty();
            for Ready { number, is_last } in ready.drain(..) {
                let (client, lane) = of_token(number);
                clients[client].on_ready(self, lane, is_last, phase);
            }
            self.control.add_done(self.tally.operations - done_before);
            if !is_silent && !self.has_lost {
                heard_at = Instant::now();
                continue;
            }
            let now = Instant::now();
            for (index, closed) in clients.iter_mut().enumerate().filter(|(_, closed)| closed.is_waiting) {
                closed.reconnect(self, index, now, phase)?;
            }
            self.has_lost = clients.iter().any(|closed| closed.is_waiting);
            if !is_silent {
                heard_at = now;
            }
            let stopped_at = match phase {
                Phase::Stop => *stopped_at.get_or_insert(now),
                _ => now,
            };
            let must_end = self.on_lost == OnLost::End;
            if must_end && phase == Phase::Stop && self.tally.error_count() > 0 {
                return Ok(());
            }
            if must_end && heard_at.elapsed() > SILENCE_MAX || stopped_at.elapsed() > DRAIN_MAX {
                let awaited = clients.iter().map(|closed| closed.awaited as u64).sum();
                self.tally.add_errors(SILENT, "no reply came in time", awaited);
                return Ok(());
            }
        }
        Ok(())
    }
}

impl<R: Requests> Closed<R> {
    fn new(number: usize, client: Client<R>, pipeline: usize) -> Self {
        Closed {
            number,
            client,
            pipeline,
            awaited: 0,
            built: 0,
            failed: 0,
            nils: 0,
            is_counted: false,
            sent_at: Instant::now(),
            is_waiting: false,
            is_done: false,
        }
    }

    /// Sends the next batch; is done if there is none, and waits if a connection is missing.
    fn send_next(&mut self, worker: &mut Worker<'_>, phase: Phase) {
        if phase != Phase::Stop && self.client.lacks_a_lane() {
            (self.is_waiting, worker.has_lost) = (true, true);
            return;
        }
        self.add_lanes(worker);
        let Client { lanes, outs, requests } = &mut self.client;
        for (lane, out) in lanes.iter_mut().zip(outs.iter_mut()) {
            lane.clear(out);
        }
        (self.built, self.failed, self.nils) = (0, 0, 0);
        let claimed = worker.control.claim(phase, self.pipeline);
        if claimed > 0 {
            self.built = requests.build(claimed, outs);
        }
        if self.built == 0 {
            self.is_done = true;
            return;
        }
        self.is_counted = phase == Phase::Measure || !worker.control.has_budget();
        self.sent_at = Instant::now();
        for index in 0..self.client.lanes.len() {
            let replies = self.client.outs[index].replies;
            self.client.lanes[index].awaited = replies;
            self.awaited += replies;
        }
        for index in 0..self.client.lanes.len() {
            self.flush(worker, index, phase);
        }
    }

    fn flush(&mut self, worker: &mut Worker<'_>, index: usize, phase: Phase) {
        let (lane, out) = (&mut self.client.lanes[index], &self.client.outs[index]);
        let flushed = match lane.is_down() {
            // Nobody thought that it would be wanted.
            true if lane.awaited > 0 => Err("no connection".to_owned()),
            false if lane.has_unsent(out) => lane.flush(out),
            _ => Ok(()),
        };
        if let Err(why) = flushed {
            self.lose(worker, index, &why, phase);
        }
    }

    fn on_ready(&mut self, worker: &mut Worker<'_>, index: usize, is_last: bool, phase: Phase) {
        let Client { lanes, outs, requests } = &mut self.client;
        let (lane, out) = (&mut lanes[index], &outs[index]);
        if lane.is_down() || self.is_done {
            return;
        }
        let flushed = if lane.has_unsent(out) { lane.flush(out) } else { Ok(()) };
        let before = lane.awaited;
        let Worker { tally, scratch, .. } = &mut *worker;
        let (failed, nils) = (&mut self.failed, &mut self.nils);
        let mut again = Vec::new();
        let read = flushed.and_then(|()| {
            lane.read(scratch, is_last, |reply, bytes, heard| match reply.kind {
                Kind::Error => match requests.on_error(bytes).filter(|_| phase != Phase::Stop) {
                    Some(redirect) => again.push((redirect, heard.number)),
                    None => {
                        *failed += 1;
                        tally.on_error_reply(bytes);
                    }
                },
                kind => {
                    *nils += u64::from(kind == Kind::Nil);
                    if let Some(complaint) = requests.complaint(kind, heard.left) {
                        *failed += 1;
                        tally.add_errors(complaint, complaint, 1);
                    }
                }
            })
        });
        self.awaited -= before - lane.awaited;
        if !again.is_empty() {
            self.ask_again(worker, index, &again, phase);
        }
        match read {
            Err(why) => self.lose(worker, index, &why, phase),
            Ok(()) if self.awaited == 0 && before > 0 => self.finish(worker, phase),
            Ok(()) => {}
        }
    }

    /// Has other lanes take requests that were redirected there: they are of the batch still.
    #[cold]
    fn ask_again(&mut self, worker: &mut Worker<'_>, from: usize, again: &[(Redirect, usize)], phase: Phase) {
        self.add_lanes(worker);
        for (redirect, number) in again {
            let Client { lanes, outs, .. } = &mut self.client;
            let request = Lane::asked(&outs[from], *number);
            let to = redirect.lane.min(lanes.len() - 1);
            lanes[to].ask(&mut outs[to], redirect, &request);
            self.awaited += 1;
            worker.tally.redirects += 1;
        }
        for index in 0..self.client.lanes.len() {
            self.flush(worker, index, phase);
        }
    }

    fn add_lanes(&mut self, worker: &Worker<'_>) {
        let number = self.number;
        let add = |index, lane: &Lane| worker.poller.add(lane.stream(), token(number, index));
        self.client.add_lanes(add);
    }

    /// All replies of the batch have come, or are lost.
    fn finish(&mut self, worker: &mut Worker<'_>, phase: Phase) {
        let answered = self.built.saturating_sub(self.failed) as u64;
        if phase == Phase::Measure && self.is_counted && answered > 0 {
            let nanoseconds = u64::try_from(self.sent_at.elapsed().as_nanos()).unwrap_or(u64::MAX);
            worker.tally.operations += answered;
            worker.tally.nils += self.nils;
            worker.tally.latency.record_many(nanoseconds, answered);
        }
        self.send_next(worker, phase);
    }

    fn lose(&mut self, worker: &mut Worker<'_>, index: usize, why: &str, phase: Phase) {
        let missing = self.client.lanes[index].go_down(Instant::now());
        self.client.requests.on_lost();
        // The end of a connection that nothing goes over is none.
        let is_wanted = self.client.requests.is_wanted(index);
        worker
            .tally
            .add_errors(LOST, why, missing.max(usize::from(is_wanted)) as u64);
        self.awaited -= missing;
        self.failed += missing;
        match worker.on_lost {
            OnLost::End => {
                worker.control.enter(Phase::Stop);
                self.is_done = true;
            }
            // Its last reply was missing; without any it waited for nothing but a connection.
            OnLost::Reconnect if self.awaited == 0 && missing > 0 => self.finish(worker, phase),
            OnLost::Reconnect => {
                self.is_waiting |= self.awaited == 0;
                worker.has_lost = true;
            }
        }
    }

    /// Connects lost lanes again where it is time, and goes on when all are there.
    fn reconnect(&mut self, worker: &mut Worker<'_>, client: usize, now: Instant, phase: Phase) -> io::Result<()> {
        if phase == Phase::Stop {
            self.is_done = true;
        } else {
            let Client { lanes, outs, .. } = &mut self.client;
            for (index, (lane, out)) in lanes.iter_mut().zip(outs).enumerate() {
                if lane.reconnect(now, out)? {
                    worker.poller.add(lane.stream(), token(client, index))?;
                }
            }
        }
        self.is_waiting = !self.is_done && self.client.lacks_a_lane();
        if !self.is_waiting && !self.is_done {
            self.send_next(worker, phase);
        }
        Ok(())
    }
}
