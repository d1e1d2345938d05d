//! The slow log: the newest commands that took long, as Redis's `SLOWLOG` shows them.
//!
//! Bounded twice: by the number of entries, and by what of a command's arguments an entry keeps, since the slowest
//! commands are those with the most and largest ones. The limits and the words at them are Redis's.

use circlet_core::time::WallMs;
use std::collections::VecDeque;
use std::time::Duration;

/// Arguments that an entry keeps; the last of them then says how many more there were.
const ARGS_MAX: usize = 32;
/// Bytes of an argument that an entry keeps, before it says how many more there were.
const ARG_BYTES_MAX: usize = 128;

/// One slow command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlowEntry {
    /// Rises by one with each entry, also over a reset.
    pub id: u64,
    /// When it ended.
    pub at: WallMs,
    /// How long it took.
    pub took: Duration,
    /// Name and arguments, shortened.
    pub args: Vec<Box<[u8]>>,
    /// Address of the client.
    pub client_addr: Box<str>,
    /// Name that the client gave itself.
    pub client_name: Box<str>,
}

/// The newest slow commands, newest first.
#[derive(Debug, Default)]
pub struct SlowLog {
    // Invariant: at most `entries_max`, ids falling from the front.
    entries: VecDeque<SlowEntry>,
    next_id: u64,
    entries_max: usize,
}

/// Whether a command that took `took` belongs into the log: `slower_than_us` is Redis's `slowlog-log-slower-than`,
/// in microseconds, 0 for every command, negative for none.
#[must_use]
#[inline]
pub fn is_slow(took: Duration, slower_than_us: i64) -> bool {
    u128::try_from(slower_than_us).is_ok_and(|threshold| took.as_micros() >= threshold)
}

impl SlowLog {
    /// An empty log that keeps the newest `entries_max` entries.
    #[must_use]
    pub fn new(entries_max: usize) -> Self {
        Self {
            entries_max,
            ..Self::default()
        }
    }

    /// Keeps from now on at most `entries_max` entries; older ones are dropped.
    pub fn set_entries_max(&mut self, entries_max: usize) {
        self.entries_max = entries_max;
        self.entries.truncate(entries_max);
    }

    /// Adds a command; the oldest entry goes if there are too many.
    pub fn record<'a>(
        &mut self,
        at: WallMs,
        took: Duration,
        args: impl ExactSizeIterator<Item = &'a [u8]>,
        client_addr: &str,
        client_name: &str,
    ) {
        let id = self.next_id;
        self.next_id += 1;
        if self.entries_max == 0 {
            return;
        }
        self.entries.truncate(self.entries_max - 1);
        let args = shortened(args);
        self.entries.push_front(SlowEntry {
            id,
            at,
            took,
            args,
            client_addr: client_addr.into(),
            client_name: client_name.into(),
        });
    }

    /// The newest entries, newest first.
    pub fn newest(&self) -> impl ExactSizeIterator<Item = &SlowEntry> {
        self.entries.iter()
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Drops all entries; ids go on.
    pub fn reset(&mut self) {
        self.entries.clear();
    }
}

fn shortened<'a>(args: impl ExactSizeIterator<Item = &'a [u8]>) -> Vec<Box<[u8]>> {
    let count = args.len();
    let kept = if count > ARGS_MAX { ARGS_MAX - 1 } else { count };
    let mut short: Vec<Box<[u8]>> = args.take(kept).map(shortened_arg).collect();
    if kept < count {
        short.push(format!("... ({} more arguments)", count - kept).into_bytes().into());
    }
    short
}

fn shortened_arg(arg: &[u8]) -> Box<[u8]> {
    match arg.split_at_checked(ARG_BYTES_MAX) {
        Some((kept, rest)) if !rest.is_empty() => {
            let more = format!("... ({} more bytes)", rest.len());
            [kept, more.as_bytes()].concat().into()
        }
        _ => arg.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(log: &mut SlowLog, args: &[&[u8]]) {
        log.record(
            WallMs::new(5_000),
            Duration::from_micros(12_345),
            args.iter().copied(),
            "127.0.0.1:5",
            "me",
        );
    }

    fn ids(log: &SlowLog) -> Vec<u64> {
        log.newest().map(|entry| entry.id).collect()
    }

    #[test]
    fn the_threshold_is_inclusive_zero_takes_all_and_a_negative_one_none() {
        let took = Duration::from_micros(10_000);
        assert!(is_slow(took, 10_000) && !is_slow(took, 10_001));
        assert!(is_slow(Duration::ZERO, 0));
        assert!(!is_slow(Duration::MAX, -1));
    }

    #[test]
    fn the_newest_entries_are_kept_newest_first() {
        let mut log = SlowLog::new(3);
        (0..5).for_each(|_| record(&mut log, &[b"GET", b"a"]));
        assert_eq!(ids(&log), [4, 3, 2]);
    }

    #[test]
    fn an_entry_tells_what_who_when_and_how_long() {
        let mut log = SlowLog::new(1);
        record(&mut log, &[b"GET", b"a"]);
        let entry = log.newest().next().unwrap();
        assert_eq!(
            (entry.at, entry.took),
            (WallMs::new(5_000), Duration::from_micros(12_345))
        );
        assert_eq!((&*entry.client_addr, &*entry.client_name), ("127.0.0.1:5", "me"));
        assert_eq!(entry.args, [b"GET".as_slice(), b"a"].map(Box::from));
    }

    #[test]
    fn a_reset_empties_the_log_and_ids_go_on() {
        let mut log = SlowLog::new(3);
        record(&mut log, &[b"GET"]);
        log.reset();
        assert!(log.is_empty());
        record(&mut log, &[b"GET"]);
        assert_eq!(ids(&log), [1]);
    }

    #[test]
    fn fewer_entries_allowed_drop_the_oldest_and_none_allowed_keeps_none() {
        let mut log = SlowLog::new(3);
        (0..3).for_each(|_| record(&mut log, &[b"GET"]));
        log.set_entries_max(1);
        assert_eq!(ids(&log), [2]);
        log.set_entries_max(0);
        record(&mut log, &[b"GET"]);
        assert_eq!(log.len(), 0);
    }

    #[test]
    fn long_commands_are_shortened_in_redis_words() {
        let mut log = SlowLog::new(1);
        let long = vec![b'x'; 130];
        let mut args: Vec<&[u8]> = vec![b"MSET", &long];
        args.resize(40, b"y");
        record(&mut log, &args);
        let entry = log.newest().next().unwrap();
        assert_eq!(entry.args.len(), 32);
        assert_eq!(
            *entry.args[1],
            [&[b'x'; 128], b"... (2 more bytes)".as_slice()].concat()
        );
        assert_eq!(&*entry.args[31], b"... (9 more arguments)");
    }

    #[test]
    fn what_just_fits_is_kept_whole() {
        let mut log = SlowLog::new(1);
        let fits = [b'x'; 128];
        record(&mut log, &[fits.as_slice(); 32]);
        let entry = log.newest().next().unwrap();
        assert!(entry.args.len() == 32 && entry.args.iter().all(|arg| **arg == fits));
    }
}
