//! Random sequences of commands, each command given to our handlers and to a real server: the replies must be the same bytes.
//!
//! `CIRCLET_STEPS` and `CIRCLET_SEED` say how many commands and from which seed on; a failure names its seed. What may
//! differ is named below, and in docs/design/commands.md.

use circlet_resp::Proto;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::compare::{Both, is_endless};
use crate::generate::{ALL_KEYS, any_command};
use crate::local::Local;
use crate::redis::{Connection, Redis};
use crate::table::connect;
use crate::wire::{shown, words};

/// Commands for each protocol, unless `CIRCLET_STEPS` says another number.
const STEPS: u64 = 4_000;

/// How far two clocks' milliseconds may be apart: the two servers are asked one after the other.
const CLOCK_MS_MAX: i64 = 2_000;

#[test]
fn random_commands_are_answered_as_by_redis() {
    compare(Proto::Resp2);
}

#[test]
fn random_commands_are_answered_as_by_redis_in_resp3() {
    compare(Proto::Resp3);
}

pub(crate) fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

fn compare(proto: Proto) {
    let Some(redis) = Redis::start() else { return };
    let mut connection = connect(&redis, proto);
    let is_older_than_7_2 = is_older_than_7_2(&mut connection);
    let seed = setting("CIRCLET_SEED", 1);
    let mut random = StdRng::seed_from_u64(seed);
    let mut both = Both {
        redis: &mut connection,
        local: &mut Local::new(proto),
    };
    for step in 0..setting("CIRCLET_STEPS", STEPS) {
        let command = any_command(&mut random);
        if Local::crosses_slots(&command) || is_endless(&command) {
            continue;
        }
        let (theirs, ours) = both.ask(&command);
        let is_justified = || {
            is_older_than_7_2 && (is_of_7_2(&command, &ours, &theirs) || has_equal_numbers(&ours, &theirs))
                || is_near(&command[0], &ours, &theirs)
                || is_free(&command)
                || is_sorted_otherwise(&command, &ours, &theirs)
        };
        assert!(
            ours == theirs || is_justified(),
            "seed {seed} step {step}: {}\n theirs: {}\n ours:   {}",
            command.iter().map(|arg| shown(arg)).collect::<Vec<_>>().join(" "),
            shown(&theirs),
            shown(&ours),
        );
        if random.random_ratio(1, 500) {
            both.assert_same_state(&ALL_KEYS.concat(), seed);
            both.flush();
        }
    }
    both.assert_same_state(&ALL_KEYS.concat(), seed);
}

fn is_older_than_7_2(connection: &mut Connection) -> bool {
    let info = String::from_utf8_lossy(&connection.call(&words("INFO server"))).into_owned();
    let version = info
        .lines()
        .find_map(|line| line.strip_prefix("redis_version:"))
        .unwrap_or("0.0")
        .to_owned();
    let mut numbers = version.split('.').map(|number| number.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) < (7, 2)
}

/// Redis 7.2 checks the arguments of some commands on an absent key too, lets COMMAND GETKEYS ask about shorter ones, and has ZRANK WITHSCORE;
/// Debian's 7.0 does not.
fn is_of_7_2(command: &[Vec<u8>], ours: &[u8], theirs: &[u8]) -> bool {
    let bits = ["bitcount", "bitpos"].iter().any(|name| is_named(&command[0], name));
    let looked_first = matches!(theirs, b":0\r\n" | b":-1\r\n") || theirs.starts_with(b"-WRONGTYPE");
    let is_blind = bits && ours.starts_with(b"-ERR") && looked_first;
    let has_score = ["zrank", "zrevrank"].iter().any(|name| is_named(&command[0], name)) && command.len() == 4;
    is_blind || has_score || theirs.starts_with(b"-ERR wrong number of arguments for 'command|getkeys")
}

/// Redis 7.2 prints the shortest text that reads back as a number, 7.0 up to 17 digits.
fn has_equal_numbers(ours: &[u8], theirs: &[u8]) -> bool {
    let tokens = |reply: &[u8]| -> Vec<String> {
        let text = String::from_utf8_lossy(reply).into_owned();
        let lines = text.split("\r\n").filter(|line| !line.starts_with('$'));
        lines.map(|line| line.trim_start_matches(',').to_owned()).collect()
    };
    let (ours, theirs) = (tokens(ours), tokens(theirs));
    let is_equal = |ours: &str, theirs: &str| {
        let numbers = (ours.parse::<f64>(), theirs.parse::<f64>());
        ours == theirs || matches!(numbers, (Ok(ours), Ok(theirs)) if ours == theirs)
    };
    ours.len() == theirs.len() && ours.iter().zip(&theirs).all(|(ours, theirs)| is_equal(ours, theirs))
}

fn is_named(word: &[u8], name: &str) -> bool {
    word.eq_ignore_ascii_case(name.as_bytes())
}

/// Times that were told by two clocks.
fn is_near(name: &[u8], ours: &[u8], theirs: &[u8]) -> bool {
    let slack = if is_named(name, "pttl") || is_named(name, "pexpiretime") {
        CLOCK_MS_MAX
    } else if is_named(name, "ttl") || is_named(name, "expiretime") {
        CLOCK_MS_MAX / 1000
    } else {
        return false;
    };
    let number = |reply: &[u8]| -> Option<i64> {
        let text = std::str::from_utf8(reply).ok()?;
        text.strip_prefix(':')?.trim_end().parse().ok()
    };
    match (number(ours), number(theirs)) {
        // -1 and -2 are no times.
        (Some(ours), Some(theirs)) => ours >= 0 && theirs >= 0 && ours.abs_diff(theirs) <= slack.unsigned_abs(),
        _ => false,
    }
}

/// SORT without STORE and with ALPHA compares in Redis up to the first zero byte; patterns that leave the slot are refused here; and Redis
/// takes a number for none if an earlier command has left an error of C's behind.
fn is_sorted_otherwise(command: &[Vec<u8>], ours: &[u8], theirs: &[u8]) -> bool {
    let is_sort = is_named(&command[0], "sort") || is_named(&command[0], "sort_ro");
    let has = |option: &str| command.iter().any(|word| is_named(word, option));
    let by_bytes = has("alpha") && !has("store") && (ours.contains(&0) || ours.windows(4).any(|end| end == b"$0\r\n"));
    let is_refused = ours.windows(15).any(|words| words == b"denied in clust");
    let is_stale = theirs.starts_with(b"-ERR One or more scores") && !has("store");
    is_sort && (by_bytes || is_refused || is_stale)
}

/// What a server is free to answer: how many bytes a key takes, and how long ago it was used.
fn is_free(command: &[Vec<u8>]) -> bool {
    let [name, subcommand, ..] = command else { return false };
    is_named(name, "memory") && is_named(subcommand, "usage")
        || is_named(name, "object") && is_named(subcommand, "idletime")
}
