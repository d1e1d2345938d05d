//! When this process is not to be given huge pages.
//!
//! The allocator asks for huge pages, and the data plane is a tenth faster for it: with a million keys each look-up would miss the translation buffer.
//! But the kernel clears two megabytes before it gives one away, which takes a tenth of a millisecond at best, and ten where a hypervisor has to find
//! the memory first. A document of the topology passes through a dozen buffers of a hundred kilobytes, on threads that had none before: each of them was
//! such a page, and commands waited for the thread, or for the node that was last. So none are given out for a moment around each message by which
//! members agree; what is there stays.
//!
//! Refused: none at all, as Redis has it, for the tenth; none while arcs move, since what comes in a long move would be slow until the kernel has
//! put it together again.

use parking_lot::Mutex;
use std::sync::OnceLock;
use std::time::Duration;

/// How long a document takes from the first word about it to the view by it, with much to spare.
const HELD_OFF: Duration = Duration::from_millis(250);

/// Whether there were to be none before this process said anything about it.
static DISABLED_BEFORE: OnceLock<bool> = OnceLock::new();

/// To be called before anything else by a process that is to be a node: what it does first, reading its command line and its configuration, takes buffers
/// too, each on a huge page, while the other nodes of the machine serve. The node gives them out again some time after it has started.
pub fn begin_without_huge_pages() {
    if !*DISABLED_BEFORE.get_or_init(are_disabled) {
        disable(true);
    }
}

/// See the module's header. Times are those of one monotonic clock, in nanoseconds.
#[derive(Debug)]
pub(crate) struct HugePages {
    /// Until when none are given out; none if they are.
    held_off_until: Mutex<Option<u64>>,
    /// Tells the kernel whether they are not to be.
    tell: fn(bool),
}

impl HugePages {
    /// Held off from now on: a node that starts has buffers to make, and few entries.
    pub(crate) fn held_off(now_ns: u64) -> Self {
        // Whoever started this process may have decided that there are to be none.
        let are_unwanted = *DISABLED_BEFORE.get_or_init(are_disabled);
        Self::with(now_ns, if are_unwanted { |_| {} } else { disable })
    }

    fn with(now_ns: u64, tell: fn(bool)) -> Self {
        let pages = Self {
            held_off_until: Mutex::new(None),
            tell,
        };
        pages.hold_off(now_ns);
        pages
    }

    /// A document is on its way.
    pub(crate) fn hold_off(&self, now_ns: u64) {
        let mut until = self.held_off_until.lock();
        if until.is_none() {
            (self.tell)(true);
        }
        *until = Some(now_ns + HELD_OFF.as_nanos() as u64);
    }

    /// Time has passed.
    pub(crate) fn tend(&self, now_ns: u64) {
        let mut until = self.held_off_until.lock();
        if until.is_some_and(|until| until <= now_ns) {
            *until = None;
            (self.tell)(false);
        }
    }
}

#[cfg(target_os = "linux")]
fn are_disabled() -> bool {
    rustix::thread::transparent_huge_pages_are_disabled().unwrap_or(true)
}

#[cfg(target_os = "linux")]
fn disable(disabled: bool) {
    if let Err(error) = rustix::thread::disable_transparent_huge_pages(disabled) {
        tracing::debug!(%error, "huge pages are given out as before");
    }
}

#[cfg(not(target_os = "linux"))]
fn are_disabled() -> bool {
    true
}

#[cfg(not(target_os = "linux"))]
fn disable(_: bool) {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    thread_local! {
        static TOLD: RefCell<Vec<bool>> = const { RefCell::new(Vec::new()) };
    }

    const MS: u64 = 1_000_000;

    fn told() -> Vec<bool> {
        TOLD.take()
    }

    #[test]
    fn they_are_held_off_from_the_first_word_until_some_time_after_the_last() {
        let pages = HugePages::with(0, |disabled| TOLD.with_borrow_mut(|told| told.push(disabled)));
        assert_eq!(told(), [true], "from the start");
        pages.tend(249 * MS);
        assert!(told().is_empty());
        pages.tend(250 * MS);
        pages.tend(300 * MS);
        assert_eq!(told(), [false], "once");
        for ms in [1_000, 1_100, 1_200] {
            pages.hold_off(ms * MS);
            pages.tend(ms * MS);
        }
        pages.tend(1_449 * MS);
        assert_eq!(told(), [true], "they go on as long as messages come");
        pages.tend(1_450 * MS);
        assert_eq!(told(), [false]);
    }
}
