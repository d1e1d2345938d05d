//! Inside `core`, the mechanisms never import each other: they meet in `control`.
//!
//! Each can then be read, tested and replaced alone. The rule resolves `crate::x`, `super::x` and grouped imports; a
//! path that reaches another mechanism through a re-export elsewhere is not seen, and reviewed by eye.

use super::Violation;
use crate::lexer::{Token, closing};
use crate::source::{RustFile, Tree};

const ROOT: &str = "core/src/";
const APART: [&str; 5] = ["coordinator", "hint", "antientropy", "moves", "membership"];

/// Finds a mechanism of `core` that names another.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in tree.under(&[ROOT]) {
        let module = module_path(&file.path);
        let Some(own) = module.first().filter(|first| APART.contains(&first.as_str())) else {
            continue;
        };
        for (line, other) in named_modules(file, module.len()) {
            if APART.contains(&other.as_str()) && other != *own {
                let text = format!("`{own}` must not import `{other}`: they meet in `control`");
                found.push(Violation::new(&file.path, line, text));
            }
        }
    }
    found
}

/// `core/src/a/b.rs` is module `a::b`, and so is `core/src/a/b/mod.rs`.
fn module_path(path: &str) -> Vec<String> {
    let inner = path.trim_start_matches(ROOT).trim_end_matches(".rs");
    let parts = inner.split('/').filter(|part| !matches!(*part, "mod" | "lib"));
    parts.map(str::to_string).collect()
}

/// The top-level modules that the file's paths start with, for a file `depth` modules below the crate's root.
fn named_modules(file: &RustFile, depth: usize) -> Vec<(usize, String)> {
    let tokens = &file.lexed.tokens;
    let mut named = Vec::new();
    for at in 0..tokens.len() {
        let after = match tokens[at].ident() {
            "crate" => path_separator(tokens, at + 1),
            "super" if !follows_separator(tokens, at) => supers(tokens, at, depth),
            _ => None,
        };
        if let Some(at) = after {
            first_segments(tokens, at, &mut named);
        }
    }
    named
}

/// Index after `::` at `at`, if it stands there.
fn path_separator(tokens: &[Token], at: usize) -> Option<usize> {
    (tokens.get(at)?.is_punct(':') && tokens.get(at + 1)?.is_punct(':')).then_some(at + 2)
}

fn follows_separator(tokens: &[Token], at: usize) -> bool {
    at > 0 && tokens[at - 1].is_punct(':')
}

/// Index after a chain of `super::` that leads to the crate's root: `depth` of them, or one more from an inline module.
fn supers(tokens: &[Token], from: usize, depth: usize) -> Option<usize> {
    let (mut at, mut count) = (from, 0);
    while tokens.get(at)?.ident() == "super" {
        at = path_separator(tokens, at + 1)?;
        count += 1;
    }
    (count >= depth).then_some(at)
}

/// The first segment of a path that goes on at `at`, or of each path of a group there.
fn first_segments(tokens: &[Token], at: usize, named: &mut Vec<(usize, String)>) {
    let Some(token) = tokens.get(at) else { return };
    if !token.is_punct('{') {
        named.push((token.line, token.ident().to_string()));
        return;
    }
    let end = closing(tokens, at);
    let mut inner = at + 1;
    let mut starts_path = true;
    while inner < end {
        if tokens[inner].is_punct('{') {
            inner = closing(tokens, inner);
        } else if tokens[inner].is_punct(',') {
            starts_path = true;
        } else if starts_path {
            named.push((tokens[inner].line, tokens[inner].ident().to_string()));
            starts_path = false;
        }
        inner += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::planted;

    fn violations(path: &str, text: &str) -> usize {
        check(&planted(&[(path, text)])).len()
    }

    #[test]
    fn one_mechanism_that_imports_another_is_found_however_it_is_written() {
        for text in [
            "use crate::membership::Member;",
            "use crate::{stamp::Stamp, membership::{Member, View}};",
            "use super::membership;",
            "fn f() { crate::membership::f(); }",
            "#[cfg(test)] mod tests { use super::super::membership::f; }",
        ] {
            assert_eq!(violations("core/src/hint.rs", text), 1, "{text}");
        }
        assert_eq!(
            violations("core/src/hint/replay.rs", "use super::super::moves::Stage;"),
            1
        );
    }

    #[test]
    fn a_mechanisms_own_parts_and_the_common_ground_are_free_to_use() {
        let text = "use crate::hint::Replay; use super::Dirty; use crate::{stamp::{moves, Stamp}, time::Instant};";
        assert_eq!(violations("core/src/hint/replay.rs", text), 0);
    }

    #[test]
    fn control_may_import_all_of_them() {
        assert_eq!(
            violations(
                "core/src/control.rs",
                "use crate::{hint::A, membership::B, coordinator::C};"
            ),
            0
        );
    }

    #[test]
    fn a_link_in_a_comment_is_not_an_import() {
        assert_eq!(violations("core/src/hint.rs", "//! See [`crate::membership`].\n"), 0);
    }
}
