//! `ring`, `core`, `resp` and `hedge` decide, and so depend on nothing but their arguments: no runtime, clock, thread, socket,
//! file, nor a hash map whose order differs from run to run.
//!
//! Test code is free to read a golden file or to collect into a `HashSet`: it decides nothing.

use super::Violation;
use crate::lexer::{Kind, Token};
use crate::source::{RustFile, Tree};

const PURE: [&str; 4] = ["ring/src/", "core/src/", "resp/src/", "hedge/src/"];

/// Names that stand for themselves, wherever they come from.
const FORBIDDEN_NAMES: [(&str, &str); 14] = [
    ("tokio", "no runtime"),
    ("dashmap", "no shared map"),
    ("parking_lot", "no lock"),
    ("SystemTime", "time is an argument"),
    ("UNIX_EPOCH", "time is an argument"),
    ("RandomState", "the same input must give the same order"),
    ("DefaultHasher", "std does not promise its hash for ever"),
    ("thread_rng", "randomness is an argument"),
    ("ThreadRng", "randomness is an argument"),
    ("OsRng", "randomness is an argument"),
    ("SysRng", "randomness is an argument"),
    ("TcpStream", "no socket"),
    ("TcpListener", "no socket"),
    ("UdpSocket", "no socket"),
];

/// Paths of which the first name alone says nothing (`core` has its own `Instant`).
const FORBIDDEN_PATHS: [(&[&str], &str); 5] = [
    (&["Instant", "now"], "time is an argument"),
    (
        &["std", "time", "Instant"],
        "time is an argument: use the crate's own Instant",
    ),
    (&["std", "thread"], "no thread"),
    (&["std", "fs"], "no file"),
    (&["rand", "rng"], "randomness is an argument"),
];

/// Finds what a pure crate must not name.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in tree.under(&PURE).filter(|file| !file.is_test()) {
        check_file(file, &mut found);
    }
    found
}

fn check_file(file: &RustFile, found: &mut Vec<Violation>) {
    let tokens: Vec<&Token> = file.lexed.tokens.iter().filter(|token| !token.in_test).collect();
    for (at, token) in tokens.iter().enumerate() {
        let mut refuse = |what: &str, why: &str| {
            found.push(Violation::new(
                &file.path,
                token.line,
                format!("`{what}` in a pure crate: {why}"),
            ));
        };
        if let Some((name, why)) = FORBIDDEN_NAMES.iter().find(|(name, _)| *name == token.ident()) {
            refuse(name, why);
        }
        for (path, why) in FORBIDDEN_PATHS {
            if matches_path(&tokens, at, path) {
                refuse(&path.join("::"), why);
            }
        }
        if has_random_hasher(&tokens, at) {
            refuse(
                token.ident(),
                "its default hasher is random: use a BTreeMap, or name a fixed hasher",
            );
        }
    }
}

/// Whether `a::b::c` stands at `at`; the last name also inside a group (`a::b::{x, c}`).
fn matches_path(tokens: &[&Token], at: usize, path: &[&str]) -> bool {
    let (Some(first), [parents @ .., last]) = (tokens.get(at), path) else {
        return false;
    };
    if parents.first().is_none_or(|parent| *parent != first.ident()) {
        return false;
    }
    let mut next = at;
    for parent in parents {
        if tokens.get(next).is_none_or(|token| token.ident() != *parent) || !is_separator(tokens, next + 1) {
            return false;
        }
        next += 3;
    }
    match tokens.get(next) {
        Some(token) if token.is_punct('{') => tokens[next..]
            .iter()
            .take_while(|token| !token.is_punct('}'))
            .any(|token| token.ident() == *last),
        Some(token) => token.ident() == *last,
        None => false,
    }
}

fn is_separator(tokens: &[&Token], at: usize) -> bool {
    let colon = |at: usize| tokens.get(at).is_some_and(|token| token.is_punct(':'));
    colon(at) && colon(at + 1)
}

/// A `HashMap` or `HashSet` written without a hasher, or built by a constructor that has only the random one.
fn has_random_hasher(tokens: &[&Token], at: usize) -> bool {
    let with_hasher = match tokens[at].ident() {
        "HashMap" => 3,
        "HashSet" => 2,
        _ => return false,
    };
    let open = if is_separator(tokens, at + 1) { at + 3 } else { at + 1 };
    let Some(next) = tokens.get(open) else { return false };
    if next.is_punct('<') {
        return generic_arguments(tokens, open) < with_hasher;
    }
    open == at + 3 && matches!(next.ident(), "new" | "with_capacity" | "from")
}

/// How many arguments the `<` at `open` encloses, not counting a comma before its `>`.
fn generic_arguments(tokens: &[&Token], open: usize) -> usize {
    let (mut angle, mut other, mut count, mut open_argument) = (0_usize, 0_usize, 0, false);
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.kind {
            Kind::Punct('<') => angle += 1,
            Kind::Punct('>') if tokens[at - 1].is_punct('-') => {}
            Kind::Punct('>') => {
                angle -= 1;
                if angle == 0 {
                    break;
                }
            }
            Kind::Punct('(' | '[' | '{') => other += 1,
            Kind::Punct(')' | ']' | '}') => other = other.saturating_sub(1),
            Kind::Punct(',') if angle == 1 && other == 0 => {
                open_argument = false;
                continue;
            }
            _ => {}
        }
        if angle >= 1 && !open_argument && at > open {
            open_argument = true;
            count += 1;
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::planted;

    fn violations(text: &str) -> usize {
        check(&planted(&[("core/src/a.rs", text)])).len()
    }

    #[test]
    fn a_clock_a_thread_a_socket_and_a_runtime_are_each_found() {
        for text in [
            "use tokio::spawn;",
            "let t = SystemTime::now();",
            "let t = Instant::now();",
            "use std::time::{Duration, Instant};",
            "use std::time::Instant;",
            "std::thread::spawn(f);",
            "use std::{fs, io};",
            "let s: UdpSocket;",
            "rand::rng().next_u64();",
            "use dashmap::DashMap;",
        ] {
            assert_eq!(violations(text), 1, "{text}");
        }
    }

    #[test]
    fn a_hash_map_in_random_order_is_found_and_one_with_a_named_hasher_is_not() {
        for text in [
            "let m: HashMap<Key, (A, B)> = f();",
            "HashMap::new()",
            "HashSet::with_capacity(4)",
            "x.collect::<HashSet<fn(A) -> B>>()",
            "HashMap::<A, B>::default()",
        ] {
            assert_eq!(violations(text), 1, "{text}");
        }
        for text in [
            "use std::collections::{HashMap, HashSet};",
            "type Map = HashMap<Key, Vec<(A, B)>, Fixed>;",
            "type Set = HashSet<A, BuildHasherDefault<X>>;",
            "HashMap::with_hasher(Fixed)",
            "HashMap::default()",
        ] {
            assert_eq!(violations(text), 0, "{text}");
        }
    }

    #[test]
    fn tests_and_other_crates_are_free() {
        assert_eq!(
            violations("#[cfg(test)] mod tests { use std::fs; fn f() { std::fs::read(p); } }"),
            0
        );
        let tree = planted(&[
            ("server/src/a.rs", "Instant::now();"),
            ("core/tests/golden.rs", "std::fs::read(p);"),
        ]);
        assert_eq!(check(&tree), []);
    }

    #[test]
    fn words_in_comments_and_strings_are_not_uses() {
        assert_eq!(
            violations("// tokio drives this\nlet s = \"SystemTime\"; use crate::time::Instant;"),
            0
        );
    }
}
