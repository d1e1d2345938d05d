//! Files of at most 500 lines and functions of at most 70, but for what the allow-list names.
//!
//! A function counts from its `fn` to its closing brace, with what is inside it; attributes and docs above do not.

use super::Violation;
use super::allow_list::{self, AllowList, Excused};
use crate::lexer::{Kind, Token, closing};
use crate::source::{RustFile, Tree};
use std::collections::BTreeMap;

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;

/// Finds what is too long, and the entries of the allow-list that say something untrue.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let list = AllowList::parse(tree.texts.get(allow_list::PATH).map_or("", String::as_str));
    let long = too_long(tree);
    let mut found: Vec<Violation> = list
        .unreadable
        .iter()
        .map(|(line, row)| Violation::new(allow_list::PATH, *line, format!("cannot be read: `{row}`")))
        .collect();
    for (excused, (line, lines)) in &long {
        let granted = list.entries.get(excused).copied();
        if granted.is_none_or(|granted| *lines > granted) {
            found.push(Violation::new(&excused.0, *line, complaint(excused, *lines, granted)));
        }
    }
    for (excused, granted) in &list.entries {
        let row = allow_list::row(excused, *granted);
        let text = match long.get(excused) {
            None => format!("no longer needed, run `cargo xtask fix`: `{row}`"),
            Some((_, lines)) if lines < granted => {
                format!("grants more than the {lines} lines in use, run `cargo xtask fix`: `{row}`")
            }
            Some(_) => continue,
        };
        found.push(Violation::new(allow_list::PATH, 0, text));
    }
    found
}

/// The allow-list without the entries and the lines that the tree does not use, or nothing if it is tight already.
pub(crate) fn tightened(tree: &Tree) -> Option<String> {
    let text = tree.texts.get(allow_list::PATH)?;
    let long = too_long(tree);
    let mut kept = String::new();
    for row in text.lines() {
        let one = AllowList::parse(row);
        let Some((excused, granted)) = one.entries.into_iter().next() else {
            kept.push_str(row);
            kept.push('\n');
            continue;
        };
        let Some((_, lines)) = long.get(&excused) else { continue };
        let comment = row
            .split_once('#')
            .map_or(String::new(), |(_, comment)| format!(" #{comment}"));
        kept.push_str(&allow_list::row(&excused, (*lines).min(granted)));
        kept.push_str(&comment);
        kept.push('\n');
    }
    (kept != *text).then_some(kept)
}

fn complaint(excused: &Excused, lines: usize, granted: Option<usize>) -> String {
    let (what, max) = match excused.1.as_str() {
        "" => ("file".to_string(), FILE_LINES_MAX),
        name => (format!("function `{name}`"), FUNCTION_LINES_MAX),
    };
    match granted {
        None => format!("{what} has {lines} lines, more than {max}: split it at a decision"),
        Some(granted) => format!(
            "{what} has {lines} lines, more than the {granted} that {} grants",
            allow_list::PATH
        ),
    }
}

/// Everything above its limit, with its first line and its length in lines. Of two functions of one name in a file
/// the longer counts.
fn too_long(tree: &Tree) -> BTreeMap<Excused, (usize, usize)> {
    let mut long = BTreeMap::new();
    for file in &tree.rust {
        let lines = file.text.lines().count();
        if lines > FILE_LINES_MAX {
            long.insert((file.path.clone(), String::new()), (0, lines));
        }
        for function in functions(file).filter(|function| function.lines > FUNCTION_LINES_MAX) {
            let at = long
                .entry((file.path.clone(), function.name))
                .or_insert((function.line, 0));
            if function.lines > at.1 {
                *at = (function.line, function.lines);
            }
        }
    }
    long
}

struct Function {
    name: String,
    line: usize,
    lines: usize,
}

fn functions(file: &RustFile) -> impl Iterator<Item = Function> {
    let tokens = &file.lexed.tokens;
    (0..tokens.len()).filter_map(move |at| {
        let name = tokens.get(at + 1)?;
        if tokens[at].ident() != "fn" || name.ident().is_empty() {
            return None;
        }
        let end = closing(tokens, body(tokens, at + 2)?);
        let line = tokens[at].line;
        Some(Function {
            name: name.ident().to_string(),
            line,
            lines: tokens[end].line - line + 1,
        })
    })
}

/// The brace that opens the body of a function whose signature goes on at `from`; none if it has no body.
fn body(tokens: &[Token], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        match tokens.get(at)?.kind {
            Kind::Punct('{') => return Some(at),
            Kind::Punct(';') => return None,
            Kind::Punct('(' | '[') => at = closing(tokens, at) + 1,
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::planted;

    fn function_of(lines: usize) -> String {
        format!(
            "/// Doc.\nfn long(x: [u8; 2]) {{\n{}}}\n",
            "    call();\n".repeat(lines - 2)
        )
    }

    fn texts(found: &[Violation]) -> Vec<String> {
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_function_of_71_lines_is_found_and_one_of_70_is_not() {
        assert_eq!(check(&planted(&[("a.rs", &function_of(70))])), []);
        let found = texts(&check(&planted(&[("a.rs", &function_of(71))])));
        assert_eq!(
            found,
            ["a.rs:2: function `long` has 71 lines, more than 70: split it at a decision"]
        );
    }

    #[test]
    fn a_file_of_501_lines_is_found_and_one_of_500_is_not() {
        assert_eq!(check(&planted(&[("a.rs", &"\n".repeat(500))])), []);
        assert_eq!(check(&planted(&[("a.rs", &"\n".repeat(501))])).len(), 1);
    }

    #[test]
    fn an_allowed_function_passes_at_its_length_and_fails_one_line_above() {
        let list = (allow_list::PATH, "function a.rs long 80\n");
        assert_eq!(check(&planted(&[("a.rs", &function_of(80)), list])), []);
        let found = texts(&check(&planted(&[("a.rs", &function_of(81)), list])));
        assert!(found[0].contains("more than the 80"), "{found:?}");
    }

    #[test]
    fn an_entry_that_is_not_needed_fails_and_so_does_one_that_grants_too_much() {
        let list = (allow_list::PATH, "function a.rs long 80\nfile gone.rs 600\n");
        let found = texts(&check(&planted(&[("a.rs", &function_of(75)), list])));
        assert!(
            found.iter().any(|text| text.contains("grants more than the 75 lines")),
            "{found:?}"
        );
        assert!(
            found
                .iter()
                .any(|text| text.contains("no longer needed") && text.contains("gone.rs")),
            "{found:?}"
        );
    }

    #[test]
    fn tightening_lowers_and_drops_but_never_raises_and_keeps_the_comments() {
        let text = "# head\nfunction a.rs long 80 # a table\nfile gone.rs 600\n";
        let tree = planted(&[("a.rs", &function_of(75)), (allow_list::PATH, text)]);
        assert_eq!(
            tightened(&tree).as_deref(),
            Some("# head\nfunction a.rs long 75 # a table\n")
        );
        let grown = planted(&[
            ("a.rs", &function_of(90)),
            (allow_list::PATH, "function a.rs long 80\n"),
        ]);
        assert_eq!(
            tightened(&grown),
            None,
            "what has grown is a violation and not a repair"
        );
    }

    #[test]
    fn signatures_without_a_body_and_function_pointers_are_not_functions() {
        let text = format!(
            "trait T {{ fn a(&self); }}\ntype F = fn(u8) -> u8;\n{}",
            "\n".repeat(80)
        );
        assert_eq!(check(&planted(&[("a.rs", &text)])), []);
    }
}
