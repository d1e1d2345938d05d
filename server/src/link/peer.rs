//! The link that this node asks a peer on.

use super::checks::{Checks, OldestCheck};
use super::outbox::{Outbox, QueueLimit};
use super::pending::Pending;
use super::sweeper::Sweeper;
use super::waits::Waits;
use crate::node::LeastSynced;
use crate::routes::NodeIndex;
use crate::turn::{Loss, Turn};
use arc_swap::ArcSwapOption;
use circlet_core::message::batch::BatchWriter;
use circlet_core::time::Instant;
use circlet_hedge::Patience;
use parking_lot::Mutex;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;
use tokio::sync::oneshot;

/// What is expected of a peer in one tick, in bytes: to take them, to send them on to other owners and to hear from those, while busy with
/// other things: some 3 MB a second. A question waits that much longer for its answer as bytes are before it or its own: a write of a
/// huge value is no sign of a slow peer, and must not be sent to another coordinator for that.
const TICK_BYTES: usize = 32 << 10;

fn ticks_for(bytes: usize) -> u32 {
    // At most what one outbox holds.
    u32::try_from(bytes / TICK_BYTES).unwrap_or(u32::MAX / 4)
}

/// A frame of a turn that waits for its answer.
#[derive(Clone)]
pub(crate) struct AskedTurn {
    pub(crate) turn: Arc<Turn>,
    /// Index into the turn's `sent`.
    pub(crate) sent: usize,
    /// The epoch that the turn acts in.
    pub(crate) epoch: u64,
    /// When it was asked, if it checks what others could be asked instead.
    pub(crate) checked_at: Option<Instant>,
}

impl AskedTurn {
    /// A frame that is not timed.
    pub(crate) fn new(turn: &Arc<Turn>, sent: usize, epoch: u64) -> Self {
        AskedTurn {
            turn: Arc::clone(turn),
            sent,
            epoch,
            checked_at: None,
        }
    }
}

/// See the module's header.
pub(crate) struct Link {
    pub(crate) peer: NodeIndex,
    pub(crate) outbox: Outbox,
    pub(crate) turns: Mutex<Pending<AskedTurn>>,
    /// Answers to pulls and rounds, as whole frame bodies: they are few, large and waited for by a task.
    pub(crate) questions: Mutex<Pending<oneshot::Sender<Vec<u8>>>>,
    /// What clients of this node wait for there.
    pub(crate) waits: Waits,
    /// What the peer last said that clients are to reach it at; kept while the link is down.
    announced: ArcSwapOption<IpAddr>,
    up: AtomicBool,
    /// Since when it is down; none while it is up.
    down_since: Mutex<Option<std::time::Instant>>,
    slow: AtomicBool,
    /// Whether it is to be asked last what others can be asked too.
    avoided: AtomicBool,
    checks: Checks,
    /// The link's clock: ticks that the sweeper has made.
    tick: AtomicU32,
    sweeper: Arc<Sweeper>,
    least_synced: LeastSynced,
}

impl Link {
    /// A link that is down; `sweeper` makes its clock tick, `limit` says how much may wait to be sent, and `least_synced` goes with every frame.
    pub(crate) fn new(peer: NodeIndex, sweeper: Arc<Sweeper>, limit: QueueLimit, least_synced: LeastSynced) -> Self {
        Link {
            peer,
            sweeper,
            least_synced,
            outbox: Outbox::new(limit),
            turns: Mutex::default(),
            questions: Mutex::default(),
            waits: Waits::default(),
            announced: ArcSwapOption::empty(),
            up: AtomicBool::new(false),
            down_since: Mutex::new(Some(std::time::Instant::now())),
            slow: AtomicBool::new(false),
            avoided: AtomicBool::new(false),
            checks: Checks::default(),
            tick: AtomicU32::new(0),
        }
    }

    /// Whether frames can be sent.
    pub(crate) fn is_up(&self) -> bool {
        self.up.load(Ordering::Acquire)
    }

    /// Whether there has been no connection for so long.
    pub(crate) fn has_been_down_for(&self, time: Duration) -> bool {
        self.down_since.lock().is_some_and(|since| since.elapsed() >= time)
    }

    /// Whether the peer is up but keeps a question waiting for long, or has kept a check for far longer than usual: another peer is asked first.
    pub(crate) fn is_slow(&self) -> bool {
        self.slow.load(Ordering::Relaxed) || self.avoided.load(Ordering::Relaxed)
    }

    /// The address that clients are to be told for the peer, if it is not the listed one.
    pub(crate) fn announced(&self) -> Option<IpAddr> {
        self.announced.load().as_deref().copied()
    }

    /// The peer has said where clients are to reach it.
    pub(crate) fn on_announced(&self, announced: Option<IpAddr>) {
        if self.announced() != announced {
            self.announced.store(announced.map(Arc::new));
        }
    }

    /// Sends `count` encoded items as a frame of the turn.
    ///
    /// # Errors
    /// [`Loss::NotSent`] when the link is down or at its limits: nothing has left, and the turn was not told.
    pub(crate) fn ask(&self, asked: AskedTurn, items: &[u8], count: u32) -> Result<(), Loss> {
        let (epoch, checks) = (asked.epoch, asked.checked_at.is_some());
        let tick = self.tick.load(Ordering::Relaxed);
        let number = self.turns.lock().push(asked, tick).map_err(|_| Loss::NotSent)?;
        self.sweeper.on_question(checks);
        let written = self.outbox.append(|out| {
            let mut writer = BatchWriter::new(out, number, epoch, self.least_synced.get());
            writer.items(items, count);
            writer.finish();
        });
        if let Ok(waiting @ TICK_BYTES..) = written {
            let mut turns = self.turns.lock();
            turns.allow(number, ticks_for(waiting));
            if let Some(asked) = turns.question_mut(number) {
                // It says how long the bytes take, not the peer.
                asked.checked_at = None;
            }
        }
        if written.is_err() {
            // The link went down in between. If `go_down` has drained the question already, it has told the turn.
            return match self.turns.lock().take(number) {
                Some(_) => Err(Loss::NotSent),
                None => Ok(()),
            };
        }
        Ok(())
    }

    /// Asks what `put` appends under the number that it is given, and waits for the answer's body; `None` when the link is lost or too slow.
    pub(crate) async fn question(&self, put: impl FnOnce(u32, &mut Vec<u8>)) -> Option<Vec<u8>> {
        let (answer, answered) = oneshot::channel();
        let tick = self.tick.load(Ordering::Relaxed);
        let number = self.questions.lock().push(answer, tick).ok()?;
        self.sweeper.on_question(false);
        match self.outbox.append(|out| put(number, out)) {
            Ok(waiting) => self.questions.lock().allow(number, ticks_for(waiting)),
            Err(_) => {
                drop(self.questions.lock().take(number));
                return None;
            }
        }
        answered.await.ok()
    }

    /// Whether a question waits for its answer.
    pub(crate) fn waits(&self) -> bool {
        self.turns.lock().oldest_tick().is_some() || self.questions.lock().oldest_tick().is_some()
    }

    /// The peer answers the frame of this number, if somebody still waits for it: gives who that is. `now` says when that is, if that matters.
    pub(crate) fn take_answered(&self, number: u32, now: impl FnOnce() -> Instant) -> Option<AskedTurn> {
        let asked = self.turns.lock().take(number)?;
        if let Some(asked_at) = asked.checked_at {
            self.checks.on_answer(asked_at, now());
        }
        Some(asked)
    }

    /// By its own answers, the peer is late with a check after this.
    pub(crate) fn late_after(&self) -> Duration {
        self.checks.late_after()
    }

    /// The oldest check that nobody else was asked yet.
    pub(crate) fn oldest_check(&self) -> Option<OldestCheck> {
        self.checks.oldest(&self.turns.lock())
    }

    /// Somebody else was asked that check, or cannot be.
    pub(crate) fn pass_check(&self, number: u32) {
        self.checks.pass(number);
    }

    /// Looks whether the peer, which is late after `late_after`, is to be avoided for new reads.
    pub(crate) fn look_at_checks(&self, now: Instant, late_after: Duration, patience: &Patience) {
        let turns = self.turns.lock();
        let avoided = self.checks.is_avoided(&turns, now, late_after, patience);
        drop(turns);
        self.avoided.store(avoided, Ordering::Relaxed);
    }

    /// The peer is not avoided any more for what it kept waiting before.
    pub(crate) fn forget_slowness(&self) {
        self.checks.forget_slowness();
        self.avoided.store(false, Ordering::Relaxed);
    }

    /// Frames can be sent from now on.
    pub(crate) fn go_up(&self) {
        self.outbox.reopen();
        self.forget_slowness();
        self.slow.store(false, Ordering::Relaxed);
        *self.down_since.lock() = None;
        self.up.store(true, Ordering::Release);
    }

    /// The connection is gone: nothing more is sent, and what waits will not be answered. Gives the turns that have to be told.
    pub(crate) fn go_down(&self) -> Vec<AskedTurn> {
        self.up.store(false, Ordering::Release);
        *self.down_since.lock() = Some(std::time::Instant::now());
        self.outbox.close();
        drop(self.questions.lock().drain());
        self.waits.on_loss();
        self.turns.lock().drain()
    }

    /// Moves the link's clock on one tick. Gives the turns whose deadline passed; tells those that wait long that the peer is slow.
    pub(crate) fn sweep(&self, slow_ticks: u32, deadline_ticks: u32) -> Vec<AskedTurn> {
        let tick = self.tick.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        drop(self.questions.lock().take_older(tick.wrapping_sub(deadline_ticks)));
        let mut turns = self.turns.lock();
        let overdue = turns.take_older(tick.wrapping_sub(deadline_ticks));
        let slow: Vec<AskedTurn> = turns.newly_slow(tick.wrapping_sub(slow_ticks)).cloned().collect();
        let waits_long = turns
            .oldest_tick()
            .is_some_and(|oldest| tick.wrapping_sub(oldest).cast_signed() > slow_ticks.cast_signed());
        drop(turns);
        self.slow.store(waits_long, Ordering::Relaxed);
        for asked in slow {
            asked.turn.on_slow(asked.sent);
        }
        overdue
    }
}
