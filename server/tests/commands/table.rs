//! Tables of commands with the replies they must get, each checked against our handlers and against the real server.
//!
//! A table is lines of `command -> reply`; an empty line or a comment (`#`) separates. Keys are the same for a whole table, and
//! a new table starts with none. The reply is written with spaces for its line ends: `SET k v -> +OK`. With `~>` for the arrow its
//! words may come in any order: `SMEMBERS s ~> *2 $1 a $1 b`.

use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use circlet_core::time::WallMs;
use circlet_resp::Proto;

use crate::local::Local;
use crate::redis::{Connection, Redis};
use crate::wire;

/// Which server a table's replies are those of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Truth {
    /// Redis, whose replies are compared too if there is one.
    Redis,
    /// Circlet alone: a difference that docs/design/commands.md justifies, or Redis 7.2 where Debian's is 7.0.
    Circlet,
}

/// Checks a table of replies in RESP2.
pub(crate) fn replies(table: &str) {
    check(table, Proto::Resp2, Truth::Redis);
}

/// Checks a table of replies in RESP3.
pub(crate) fn replies_in_resp3(table: &str) {
    check(table, Proto::Resp3, Truth::Redis);
}

/// Checks a table in RESP3 whose replies differ from those of the real server on purpose.
pub(crate) fn replies_of_circlet_in_resp3(table: &str) {
    check(table, Proto::Resp3, Truth::Circlet);
}

/// Checks a table whose replies differ from those of the real server on purpose.
pub(crate) fn replies_of_circlet(table: &str) {
    check(table, Proto::Resp2, Truth::Circlet);
}

/// The wall clock: tests that compare with a real server must share its time.
pub(crate) fn now() -> WallMs {
    let since_epoch = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("it is later than 1970");
    WallMs::new(u64::try_from(since_epoch.as_millis()).expect("it is earlier than the end of time"))
}

fn check(table: &str, proto: Proto, truth: Truth) {
    let mut local = Local::new(proto);
    // One test's keys must not meet another's: each has a server to itself.
    let redis = (truth == Truth::Redis && has_redis()).then(Redis::start).flatten();
    let mut connection = redis.as_ref().map(|redis| connect(redis, proto));
    for line in table
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        let in_order = |text: &str| text.to_owned();
        let in_any_order = |text: &str| {
            let mut words: Vec<&str> = text.split_whitespace().collect();
            words.sort_unstable();
            words.join(" ")
        };
        let (command, expected, comparable): (_, _, fn(&str) -> String) = match line.split_once("~>") {
            Some((command, expected)) => (command, expected, in_any_order),
            None => {
                let (command, expected) = line.rsplit_once(" -> ").expect("command -> reply");
                (command, expected, in_order)
            }
        };
        let (args, expected) = (wire::words(command), comparable(expected.trim()));
        if let Some(connection) = &mut connection {
            assert_eq!(
                comparable(&wire::shown(&connection.call(&args))),
                expected,
                "the real server, asked for {command}"
            );
        }
        assert_eq!(
            comparable(&wire::shown(&local.call(&args, now()))),
            expected,
            "asked for {command}"
        );
    }
}

/// A connection that speaks `proto`.
pub(crate) fn connect(redis: &Redis, proto: Proto) -> Connection {
    let mut connection = redis.connect();
    if proto == Proto::Resp3 {
        connection.call(&wire::words("HELLO 3"));
    }
    connection
}

/// Whether there is a real server; looked for, and missed, once.
pub(crate) fn has_redis() -> bool {
    static FOUND: OnceLock<bool> = OnceLock::new();
    *FOUND.get_or_init(|| Redis::start().is_some())
}
