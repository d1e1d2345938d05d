//! `CLIENT PAUSE`: commands that are held back for a while.
//!
//! Connections look at one number before every batch; only while a pause is on do they look at what the batch holds. A batch with
//! a command that is to wait waits as a whole, in front of its first command, so that replies stay in order.

use super::client::Client;
use crate::node::Node;
use circlet_resp::Batch;
use circlet_resp::command::{CommandId, Flag, resolve};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Notify;

/// Which commands are held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Held {
    /// Those that may change something.
    Writes,
    /// All, but for `CLIENT UNPAUSE`.
    All,
}

/// The pause that is on, if one is.
#[derive(Default)]
pub(crate) struct Pause {
    /// 0: none. Else its end in milliseconds of the node's monotonic scale, times two, plus one if all commands are held.
    until: AtomicU64,
    over: Notify,
}

impl Pause {
    /// Begins a pause, or adds to the one that is on: its end is the later of both, and it holds what either does.
    pub(crate) fn begin(&self, held: Held, now_ms: u64, lasts_ms: u64) {
        let end = now_ms.saturating_add(lasts_ms).clamp(1, u64::MAX >> 2);
        let wanted = end << 1 | u64::from(held == Held::All);
        let join = |on: u64| {
            let still_on = on >> 1 > now_ms;
            let joined = (on >> 1).max(end) << 1 | (on | wanted) & 1;
            Some(if still_on { joined } else { wanted })
        };
        // The closure always gives a value.
        let _ = self.until.fetch_update(Ordering::AcqRel, Ordering::Acquire, join);
    }

    /// Ends it.
    pub(crate) fn end(&self) {
        self.until.store(0, Ordering::Release);
        self.over.notify_waiters();
    }

    /// Whether there may be a pause: what every batch looks at.
    pub(crate) fn is_on(&self) -> bool {
        self.until.load(Ordering::Relaxed) != 0
    }

    /// What is held back at this time, and for how many milliseconds yet.
    pub(crate) fn held(&self, now_ms: impl FnOnce() -> u64) -> Option<(Held, u64)> {
        let until = self.until.load(Ordering::Acquire);
        if until == 0 {
            return None;
        }
        let left = (until >> 1).saturating_sub(now_ms());
        let held = if until & 1 == 1 { Held::All } else { Held::Writes };
        (left > 0).then_some((held, left))
    }
}

/// Waits while a command of this batch is held back; returns early when the client is killed.
pub(crate) async fn wait(node: &Node, client: &Client, batch: &Batch, frame: &[u8]) {
    loop {
        let over = node.pause.over.notified();
        let Some((held, left_ms)) = node.pause.held(|| node.clock.mono_ns() / 1_000_000) else {
            return;
        };
        if !(0..batch.len()).any(|command| holds(held, batch, frame, command)) {
            return;
        }
        tokio::select! {
            () = over => {}
            () = tokio::time::sleep(Duration::from_millis(left_ms)) => {}
            () = client.handle.killed() => return,
        }
    }
}

fn holds(held: Held, batch: &Batch, frame: &[u8], command: usize) -> bool {
    // What is no command is answered with its error: nothing to hold.
    let Ok(spec) = resolve(batch.args(command, frame)) else {
        return false;
    };
    match held {
        Held::Writes => spec.has(Flag::Write),
        Held::All => spec.id() != CommandId::ClientUnpause,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_holds_until_its_end_and_no_longer() {
        let pause = Pause::default();
        assert_eq!(pause.held(|| 5), None);
        pause.begin(Held::Writes, 5, 10);
        assert_eq!(pause.held(|| 5), Some((Held::Writes, 10)));
        assert_eq!(pause.held(|| 14), Some((Held::Writes, 1)));
        assert_eq!(pause.held(|| 15), None);
    }

    #[test]
    fn a_second_pause_never_shortens_or_weakens_the_first() {
        let pause = Pause::default();
        pause.begin(Held::All, 0, 100);
        pause.begin(Held::Writes, 10, 10);
        assert_eq!(pause.held(|| 20), Some((Held::All, 80)));
        pause.begin(Held::Writes, 200, 10);
        assert_eq!(pause.held(|| 200), Some((Held::Writes, 10)), "the first is over");
        pause.end();
        assert_eq!(pause.held(|| 200), None);
    }
}
