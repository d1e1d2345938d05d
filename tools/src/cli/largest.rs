//! `--bigkeys` and `--memkeys`: the largest key of each type, and averages. Holds one key a type, whatever the number of keys.

use super::keys::{Scan, Wanted};
use super::session::Session;
use super::words::quote;
use crate::failure::Failure;
use crate::output::say;
use circlet_resp::Value;
use std::thread;
use std::time::Duration;

/// After so many batches of keys, `-i` is waited for.
const BATCHES_A_PAUSE: u64 = 100;

/// After so many keys, progress is told.
const KEYS_A_REPORT: u64 = 1_000_000;

/// One type of value.
struct Kind {
    name: &'static str,
    /// The command that tells the size.
    size: &'static str,
    unit: &'static str,
    keys: u64,
    total: u64,
    largest: Option<(Vec<u8>, u64)>,
}

fn kinds() -> [Kind; 6] {
    let table = [
        ("string", "STRLEN", "bytes"),
        ("list", "LLEN", "items"),
        ("set", "SCARD", "members"),
        ("zset", "ZCARD", "members"),
        ("hash", "HLEN", "fields"),
        ("stream", "XLEN", "entries"),
    ];
    table.map(|(name, size, unit)| Kind {
        name,
        size,
        unit,
        keys: 0,
        total: 0,
        largest: None,
    })
}

/// What was seen so far.
struct Survey {
    kinds: [Kind; 6],
    /// Whether sizes are bytes of memory.
    memory: bool,
    /// Keys that there are, and that were seen.
    all: u64,
    seen: u64,
    name_bytes: u64,
}

/// Looks at every key.
///
/// # Errors
/// What the server says, or that it does not.
pub(crate) fn run(
    session: &mut Session,
    wanted: &Wanted<'_>,
    memory: bool,
    interval: Option<Duration>,
) -> Result<(), Failure> {
    let all = session.ask(&["DBSIZE"])?.as_integer();
    let mut survey = Survey {
        kinds: kinds(),
        memory,
        all: all.and_then(|all| u64::try_from(all).ok()).unwrap_or_default(),
        seen: 0,
        name_bytes: 0,
    };
    say(survey.head());
    let mut scan = Scan::new(wanted);
    let mut batches = 0;
    while let Some(keys) = scan.next(session)? {
        let keys: Vec<&[u8]> = keys.iter().filter_map(Value::as_bytes).collect();
        survey.take(session, &keys)?;
        batches += 1;
        if batches % BATCHES_A_PAUSE == 0 {
            thread::sleep(interval.unwrap_or_default());
        }
    }
    say(survey.summary());
    Ok(())
}

impl Survey {
    fn head(&self) -> String {
        let what = if self.memory {
            "keys of most memory"
        } else {
            "biggest keys"
        };
        format!(
            "\n# Scanning the entire keyspace to find {what} as well as\n\
             # average sizes per key type.  You can use -i 0.1 to sleep 0.1 sec\n\
             # per 100 SCAN commands (not usually needed).\n"
        )
    }

    /// Types first, then sizes; each for all keys of the batch at once.
    fn take(&mut self, session: &mut Session, keys: &[&[u8]]) -> Result<(), Failure> {
        let types: Vec<Vec<&[u8]>> = keys.iter().map(|key| vec![&b"TYPE"[..], *key]).collect();
        let types = session.ask_all(&types)?;
        let mut known = Vec::new();
        for (key, kind) in keys.iter().zip(&types) {
            let name = kind.as_bytes().unwrap_or_default();
            // A key that is gone meanwhile has no type; a module's type no size.
            if let Some(kind) = self.kinds.iter().position(|kind| kind.name.as_bytes() == name) {
                known.push((*key, kind));
            }
        }
        let size_of = |&(key, kind): &(_, usize)| match self.memory {
            true => vec![&b"MEMORY"[..], b"USAGE", key],
            false => vec![self.kinds[kind].size.as_bytes(), key],
        };
        let commands: Vec<Vec<&[u8]>> = known.iter().map(size_of).collect();
        let sizes = session.ask_all(&commands)?;
        for ((key, kind), size) in known.into_iter().zip(sizes) {
            let size = size.as_integer().and_then(|size| u64::try_from(size).ok());
            self.count(key, kind, size.unwrap_or_default());
        }
        Ok(())
    }

    fn count(&mut self, key: &[u8], kind: usize, size: u64) {
        self.seen += 1;
        self.name_bytes += key.len() as u64;
        let done = self.done();
        let unit = self.unit(kind);
        let kind = &mut self.kinds[kind];
        kind.keys += 1;
        kind.total += size;
        if kind.largest.as_ref().is_none_or(|(_, largest)| size > *largest) {
            kind.largest = Some((key.to_vec(), size));
            let (name, shown) = (kind.name, quoted(key));
            say(format_args!(
                "[{done:05.2}%] Biggest {name:<6} found so far '{shown}' with {size} {unit}"
            ));
        }
        if self.seen.is_multiple_of(KEYS_A_REPORT) {
            say(format_args!("[{done:05.2}%] Sampled {} keys so far", self.seen));
        }
    }

    /// How far it is, before this key, in per cent; keys that come meanwhile make no more of it than all.
    fn done(&self) -> f64 {
        share(self.seen.saturating_sub(1), self.all.max(self.seen))
    }

    fn unit(&self, kind: usize) -> &'static str {
        if self.memory { "bytes" } else { self.kinds[kind].unit }
    }

    fn summary(&self) -> String {
        let Survey { seen, name_bytes, .. } = self;
        let average = mean(*name_bytes, *seen);
        let mut text = format!(
            "\n-------- summary -------\n\nSampled {seen} keys in the keyspace!\n\
             Total key length in bytes is {name_bytes} (avg len {average:.2})\n\n"
        );
        for (at, kind) in self.kinds.iter().enumerate() {
            if let Some((key, size)) = &kind.largest {
                let (name, key, unit) = (kind.name, quoted(key), self.unit(at));
                text += &format!("Biggest {name:>6} found '{key}' has {size} {unit}\n");
            }
        }
        text.push('\n');
        for (at, kind) in self.kinds.iter().enumerate() {
            let Kind { name, keys, total, .. } = kind;
            let (unit, part, average) = (self.unit(at), share(*keys, *seen), mean(*total, *keys));
            text += &format!("{keys} {name}s with {total} {unit} ({part:05.2}% of keys, avg size {average:.2})\n");
        }
        text.pop();
        text
    }
}

fn quoted(key: &[u8]) -> String {
    let mut shown = Vec::new();
    quote(key, &mut shown);
    String::from_utf8_lossy(&shown).into_owned()
}

fn share(part: u64, all: u64) -> f64 {
    100.0 * mean(part, all)
}

fn mean(total: u64, count: u64) -> f64 {
    if count == 0 { 0.0 } else { total as f64 / count as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_of_each_type_is_kept_and_all_are_counted() {
        let mut survey = Survey {
            kinds: kinds(),
            memory: false,
            all: 4,
            seen: 0,
            name_bytes: 0,
        };
        for (key, kind, size) in [(&b"a"[..], 0, 5), (b"bb", 0, 7), (b"c\n", 0, 7), (b"h", 4, 2)] {
            survey.count(key, kind, size);
        }
        let summary = survey.summary();
        for line in [
            "Sampled 4 keys in the keyspace!",
            "Total key length in bytes is 6 (avg len 1.50)",
            "Biggest string found '\"bb\"' has 7 bytes",
            "Biggest   hash found '\"h\"' has 2 fields",
            "3 strings with 19 bytes (75.00% of keys, avg size 6.33)",
            "1 hashs with 2 fields (25.00% of keys, avg size 2.00)",
            "0 lists with 0 items (00.00% of keys, avg size 0.00)",
        ] {
            assert!(summary.lines().any(|said| said == line), "{line}: {summary}");
        }
    }
}
