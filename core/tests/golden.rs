//! The bytes that nodes of different versions must agree on, pinned in `tests/golden/values.txt`.
//!
//! `UPDATE_GOLDEN=1 cargo test -p circlet-core --test golden` rewrites the file: a change in it is a change of format,
//! and needs a new version of whatever carries states.

mod support;

use std::fmt::Write;
use std::path::Path;

use circlet_core::mutate::{Author, OrderKey, OrderKeys};
use circlet_core::stamp::Stamp;
use circlet_core::state::{Base, Expiry, Kind, Part, Parts, PartsBuf, Run, Runs, State, score_bytes};
use circlet_core::time::WallMs;
use support::{encoded, view};

const KEY_HASH: u64 = 0x0123_4567_89ab_cdef;

#[test]
fn stamps_states_and_digests_are_what_they_were() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/values.txt");
    let lines = lines();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &lines).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap();
    assert_eq!(
        lines,
        golden,
        "see this file's header before rewriting {}",
        path.display()
    );
}

#[test]
fn the_states_of_the_golden_file_can_be_read() {
    for (name, state) in states(&runs(), parts(&runs()).as_parts()) {
        assert_eq!(view(&encoded(state)), state, "{name}");
    }
}

fn lines() -> String {
    let mut lines = String::from("# stamp: milliseconds, counter, bytes\n");
    for stamp in [Stamp::ZERO, stamp(0), stamp(0xffff), stamp(0xffff).next(), Stamp::MAX] {
        let bytes = stamp.to_bits().to_le_bytes();
        writeln!(lines, "{:15} {:5} {}", stamp.ms().get(), stamp.counter(), hex(&bytes)).unwrap();
    }
    writeln!(lines, "\n# state: name, digest under key hash {KEY_HASH:016x}, bytes").unwrap();
    for (name, state) in states(&runs(), parts(&runs()).as_parts()) {
        let digest = state.digest(KEY_HASH);
        writeln!(lines, "{name:22} {digest:016x} {}", hex(&encoded(state))).unwrap();
    }
    lines.push_str("\n# names of list elements: what was pushed, names from front to back\n");
    for (pushed, names) in order_keys() {
        let names: Vec<String> = names.iter().map(|name| hex(name)).collect();
        writeln!(lines, "{pushed:22} {}", names.join(" ")).unwrap();
    }
    lines
}

fn order_keys() -> [(&'static str, Vec<OrderKey>); 2] {
    let author = Author {
        node: 0x1122_3344_5566_7788,
        run_epoch: stamp(1),
    };
    let keys = OrderKeys::new(author, stamp(2));
    let first = keys.after(None);
    let (before, after) = (keys.before(Some(&first)), keys.after(Some(&first)));
    let between = keys.between(&first, &after);
    let far = keys.after(Some(&keys.after(Some(&after))));
    [
        ("RPUSH, LPUSH, RPUSH", vec![before, first.clone(), after.clone()]),
        ("RPUSH x 4, LINSERT", vec![first, between, after, far]),
    ]
}

fn states<'a>(runs: &'a [u8], parts: Parts<'a>) -> Vec<(&'static str, State<'a>)> {
    let at = Some(WallMs::new(1_763_719_415_123));
    let plain = State::plain(stamp(1), None, b"value");
    let counter = State {
        runs: Runs::new(runs).unwrap(),
        ..State::plain(stamp(1), None, b"10")
    };
    let with_expiry = |at, counter, state| State {
        expiry: Expiry {
            at,
            stamp: stamp(counter),
        },
        ..state
    };
    vec![
        ("absent", State::ABSENT),
        ("tombstone", State::tombstone(stamp(1))),
        ("empty string", State::plain(stamp(1), None, b"")),
        ("string", plain),
        ("string, SET EX", State::plain(stamp(1), at, b"value")),
        ("string, EXPIRE", with_expiry(at, 9, plain)),
        ("string, PERSIST", with_expiry(None, 9, plain)),
        ("counter", counter),
        (
            "counter without base",
            State {
                generation: Stamp::ZERO,
                base: Base::None,
                expiry: State::ABSENT.expiry,
                ..counter
            },
        ),
        ("counter, EXPIRE", with_expiry(at, 9, counter)),
        (
            "delta of EXPIRE",
            State {
                base: Base::Unknown,
                ..with_expiry(at, 9, plain)
            },
        ),
        (
            "one part of each kind",
            State {
                parts,
                ..State::tombstone(stamp(1))
            },
        ),
        (
            "delta of parts, EXPIRE",
            State {
                base: Base::Unknown,
                parts,
                ..with_expiry(at, 9, State::tombstone(Stamp::ZERO))
            },
        ),
    ]
}

/// An element, members, fields: written, deleted, added to, expiring.
fn parts(runs: &[u8]) -> PartsBuf {
    let score = score_bytes(1.5);
    let at = Some(WallMs::new(1_763_719_415_123));
    let runs = Runs::new(runs).unwrap();
    let only_runs = State {
        base: Base::None,
        runs,
        ..State::ABSENT
    };
    let field = Part::written(Kind::Hash, b"field", stamp(2), b"value", None);
    let expiry = Expiry { at, stamp: stamp(9) };
    let mut parts = vec![
        Part::written(Kind::List, b"\x80\x01", stamp(2), b"element", None),
        Part::written(Kind::Set, b"member", stamp(2), b"", None),
        Part::deleted(Kind::Set, b"deleted", stamp(3)),
        Part::written(Kind::SortedSet, b"member", stamp(2), &score, None),
        Part {
            state: only_runs,
            ..Part::deleted(Kind::SortedSet, b"counted", stamp(2))
        },
        field,
        Part::written(Kind::Hash, b"until", stamp(2), b"", at),
        Part {
            name: b"HEXPIRE",
            state: State { expiry, ..field.state },
            ..field
        },
    ];
    parts.sort_by_key(Part::id);
    let mut out = PartsBuf::new();
    parts.into_iter().for_each(|part| out.push(part));
    out
}

fn runs() -> Vec<u8> {
    let mut runs = Vec::new();
    Run {
        node: 0x1122_3344_5566_7788,
        birth: stamp(2),
        stamp: stamp(2),
        total: 5,
    }
    .encode(&mut runs);
    Run {
        node: 0x1122_3344_5566_7788,
        birth: stamp(3),
        stamp: stamp(7),
        total: -1,
    }
    .encode(&mut runs);
    Run {
        node: 0xffff_ffff_ffff_ffff,
        birth: stamp(4),
        stamp: stamp(5),
        total: i64::MIN,
    }
    .encode(&mut runs);
    runs
}

fn stamp(counter: u16) -> Stamp {
    Stamp::new(WallMs::new(1_763_719_355_123), counter)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
