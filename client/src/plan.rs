//! What is decided about a call before it is made.

use crate::call::CallOptions;
use crate::client::Client;
use crate::cmd::Cmd;
use crate::error::ErrorKind;
use crate::fan_out;
use crate::options::Consistency;
use crate::repeat::Repeat;
use circlet_resp::command::{CommandSpec, Flag};
use circlet_ring::Slot;
use std::time::Duration;
use tokio::time::Instant;

/// See the module's header.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// The command, for observers.
    pub(crate) name: &'static str,
    /// The slot of the first key.
    pub(crate) slot: Option<Slot>,
    pub(crate) level: Option<Consistency>,
    pub(crate) timeout: Duration,
    pub(crate) retries: u32,
    /// Whether it may be sent again although it may have been executed, by a node that answered so, or is gone.
    pub(crate) repeatable: bool,
    /// Whether it may also be sent again though it may be executed at any time yet, by a node that stands still.
    pub(crate) repeatable_unanswered: bool,
    pub(crate) is_read: bool,
    pub(crate) hedged: bool,
    /// Whether the client may count the owners' votes on it.
    pub(crate) may_vote: bool,
    /// Whether it may make its connection wait: it gets one for itself.
    pub(crate) blocks: bool,
    /// Whether its keys may be on several nodes, which are asked each for theirs.
    pub(crate) fans_out: bool,
    /// Whether it is sent to one node at once if nothing stands in the way.
    pub(crate) is_common: bool,
    /// Chooses among several connections, and nodes if there is no key: the same for the same key.
    pub(crate) spread: usize,
}

impl Plan {
    pub(crate) fn of(client: &Client, cmd: &Cmd, options: CallOptions) -> Self {
        let (defaults, args, spec) = (client.options(), cmd.args(), cmd.spec());
        let key = spec.and_then(|spec| args.get(spec.first_key()?));
        let slot = key.map(Slot::of_key);
        let class = spec.map_or(Repeat::Never, |spec| Repeat::of_spec(spec, cmd));
        let is_read = class == Repeat::Read && slot.is_some();
        let level = options
            .consistency
            .or(if is_read { defaults.reads } else { defaults.writes });
        let blocks = spec.is_some_and(|spec| spec.has(Flag::Blocking) && spec.has_keys());
        let fans_out = spec.is_some_and(|spec| fan_out::is_for(spec.id(), args.len()));
        let hedged = is_read && options.hedge.unwrap_or(defaults.hedge.enabled);
        let timeout = options.timeout.unwrap_or(defaults.call_timeout);
        Plan {
            name: spec.map_or("other", |spec| spec.name()),
            slot,
            level: level.filter(|_| slot.is_some()),
            timeout: if blocks {
                blocking_time(cmd, options).unwrap_or(timeout)
            } else {
                timeout
            },
            retries: options.retries.unwrap_or(defaults.retry.max),
            repeatable: options.repeatable.unwrap_or(match class {
                Repeat::Read => true,
                Repeat::Overwrite => defaults.retry.overwrites,
                Repeat::Never => false,
            }),
            repeatable_unanswered: options.repeatable.unwrap_or(class == Repeat::Read),
            is_read,
            hedged,
            may_vote: defaults.votes
                && matches!(level, None | Some(Consistency::Quorum))
                && spec.is_some_and(CommandSpec::reads_one_key),
            blocks,
            fans_out,
            is_common: !blocks && !fans_out && !hedged,
            spread: slot.map_or_else(|| rand::random::<u32>() as usize, |slot| usize::from(slot.get())),
        }
    }

    /// The same for a call that has used up some of its time.
    pub(crate) fn after(mut self, took: Duration) -> Self {
        self.timeout = self.timeout.saturating_sub(took);
        self
    }

    /// Whether it may be sent again after this error, though it may have been executed.
    pub(crate) fn may_repeat_after(&self, error: ErrorKind) -> bool {
        if error == ErrorKind::TimedOut {
            self.repeatable_unanswered
        } else {
            self.repeatable
        }
    }

    /// Until when one attempt may take: less than the whole time if another can follow.
    pub(crate) fn attempt_deadline(&self, client: &Client, now: Instant, deadline: Instant) -> Instant {
        if self.repeatable_unanswered && self.retries > 0 && !self.blocks {
            deadline.min(now + client.options().retry.attempt_timeout)
        } else {
            deadline
        }
    }
}

/// A blocking command waits as long as it says itself: that is for the server to end. Unless the call sets a time, it is bounded by so much more; one that
/// waits for ever is not.
fn blocking_time(cmd: &Cmd, options: CallOptions) -> Option<Duration> {
    const FOR_EVER: Duration = Duration::from_secs(365 * 86_400);
    if let Some(timeout) = options.timeout {
        return Some(timeout);
    }
    let args = cmd.args();
    // In front for BLMPOP and BZMPOP, behind for all others.
    let leads = args.name().len() > 3 && args.name()[args.name().len() - 4..].eq_ignore_ascii_case(b"mpop");
    let place = if leads { 1 } else { args.len() - 1 };
    let seconds: f64 = std::str::from_utf8(args.get(place)?).ok()?.parse().ok()?;
    match Duration::try_from_secs_f64(seconds) {
        Ok(Duration::ZERO) | Err(_) => Some(FOR_EVER),
        Ok(own) => Some(own.saturating_add(Duration::from_secs(2)).min(FOR_EVER)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cmd;

    #[test]
    fn a_blocking_command_has_the_time_that_it_asks_for() {
        let time = |cmd: Cmd| blocking_time(&cmd, CallOptions::default()).unwrap();
        assert_eq!(
            time(cmd("BLPOP").arg(["a", "b"]).arg(0.5)),
            Duration::from_millis(2_500)
        );
        assert_eq!(
            time(cmd("BLMPOP").arg(3).arg(1).arg("a").arg("LEFT")),
            Duration::from_secs(5)
        );
        assert!(time(cmd("BLPOP").arg("a").arg(0)) > Duration::from_secs(86_400));
    }
}
