//! Habits that cost more than they save: work left for later, tests that do not run or that wait for a clock.

use super::Violation;
use crate::lexer::{Comment, Token, closing};
use crate::source::{RustFile, Tree};

/// Words that mark unfinished work. A finished tree has none: what is left to do is an issue.
const UNFINISHED: [&str; 3] = ["FIXME", "TODO", "XXX"];

/// A test may sleep only in a helper of this name: it polls for a condition, and the sleep is its pace.
const WAITS: &str = "wait_until";

/// Finds unfinished work, tests switched off or badly named, sleeps in tests, and `allow` without a reason.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in &tree.rust {
        unfinished_comments(file, &mut found);
        attributes(file, &mut found);
        sleeps(file, &mut found);
        test_names(file, &mut found);
    }
    for (path, text) in &tree.texts {
        for (number, row) in text.lines().enumerate() {
            if let Some(word) = unfinished(row) {
                found.push(Violation::new(
                    path,
                    number + 1,
                    format!("{word}: finish it, or file an issue"),
                ));
            }
        }
    }
    found
}

fn unfinished_comments(file: &RustFile, found: &mut Vec<Violation>) {
    for Comment { line, text } in &file.lexed.comments {
        if let Some(word) = unfinished(text) {
            found.push(Violation::new(
                &file.path,
                *line,
                format!("{word}: finish it, or file an issue"),
            ));
        }
        // The fence of an example starts its comment; elsewhere it is quoted.
        let row = text.trim_start_matches(['/', '!', '*']).trim();
        if row.starts_with("```ignore") {
            found.push(Violation::new(
                &file.path,
                *line,
                "an example that is not compiled: use `no_run` or `text`",
            ));
        }
    }
}

/// The marker that a text contains as a word of its own, outside backticks.
fn unfinished(text: &str) -> Option<&'static str> {
    let plain: String = text.split('`').step_by(2).collect();
    let mut words = plain.split(|c: char| !c.is_alphanumeric());
    words.find_map(|word| UNFINISHED.into_iter().find(|marker| *marker == word))
}

fn attributes(file: &RustFile, found: &mut Vec<Violation>) {
    let tokens = &file.lexed.tokens;
    for at in 0..tokens.len() {
        let bang = usize::from(tokens.get(at + 1).is_some_and(|t| t.is_punct('!')));
        let open = at + 1 + bang;
        if !(tokens[at].is_punct('#') && tokens.get(open).is_some_and(|t| t.is_punct('['))) {
            continue;
        }
        let attribute = &tokens[open + 1..closing(tokens, open).max(open + 1)];
        let line = tokens[at].line;
        for name in attribute.iter().map(Token::ident) {
            let text = match name {
                "ignore" => "a test that does not run proves nothing: run it or delete it",
                "should_panic" => "`should_panic` passes on any panic: assert what is wrong",
                "allow" | "expect" if !attribute.iter().any(|token| token.ident() == "reason") => {
                    "`allow` needs `reason = \"...\"`"
                }
                _ => continue,
            };
            found.push(Violation::new(&file.path, line, text));
        }
    }
}

/// Functions of a file, by the tokens of their bodies.
fn enclosing_function(tokens: &[Token], at: usize) -> &str {
    let starts = (0..at)
        .rev()
        .filter(|&start| tokens[start].ident() == "fn" && !tokens[start + 1].ident().is_empty());
    for start in starts {
        let Some(open) = (start..tokens.len()).find(|&i| tokens[i].is_punct('{') || tokens[i].is_punct(';')) else {
            continue;
        };
        if tokens[open].is_punct('{') && (open..=closing(tokens, open)).contains(&at) {
            return tokens[start + 1].ident();
        }
    }
    ""
}

fn sleeps(file: &RustFile, found: &mut Vec<Violation>) {
    let tokens = &file.lexed.tokens;
    for (at, token) in tokens.iter().enumerate() {
        let called = tokens.get(at + 1).is_some_and(|next| next.is_punct('('));
        let in_test = file.is_test() || token.in_test;
        if in_test && called && matches!(token.ident(), "sleep" | "sleep_ms") {
            let function = enclosing_function(tokens, at);
            if !function.starts_with(WAITS) && function != token.ident() {
                let text = format!("a test that sleeps is slow or wrong: poll in a helper named `{WAITS}...`");
                found.push(Violation::new(&file.path, token.line, text));
            }
        }
    }
}

fn test_names(file: &RustFile, found: &mut Vec<Violation>) {
    for pair in file.lexed.tokens.windows(2) {
        let [keyword, name] = pair else { continue };
        let in_test = file.is_test() || name.in_test;
        if in_test && keyword.ident() == "fn" && name.ident().starts_with("test_") {
            let text = format!("`{}`: a test is named after the behaviour that it proves", name.ident());
            found.push(Violation::new(&file.path, name.line, text));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::planted;

    fn violations(text: &str) -> usize {
        check(&planted(&[("server/src/a.rs", text)])).len()
    }

    #[test]
    fn unfinished_work_is_found_in_code_and_in_pages_but_not_where_it_is_quoted() {
        assert_eq!(violations("// TODO: later"), 1);
        assert_eq!(
            check(&planted(&[("docs/a.md", "FIXME one\nno `FIXME` here\n")])).len(),
            1
        );
        assert_eq!(violations("let s = \"TODO\"; // autoTODOs"), 0);
    }

    #[test]
    fn switched_off_and_lenient_tests_are_found() {
        assert_eq!(violations("#[test]\n#[ignore]\nfn a() {}"), 1);
        assert_eq!(violations("#[test]\n#[should_panic(expected = \"x\")]\nfn a() {}"), 1);
        assert_eq!(violations("/// ```ignore\n/// f();\n/// ```\nfn f() {}"), 1);
    }

    #[test]
    fn allow_without_a_reason_is_found() {
        assert_eq!(violations("#[allow(dead_code)] fn a() {}"), 1);
        assert_eq!(violations("#![expect(dead_code)]"), 1);
        assert_eq!(
            violations("#[allow(dead_code, reason = \"read by a debugger\")] fn a() {}"),
            0
        );
        assert_eq!(violations("let x = y.expect(\"set above\");"), 0);
    }

    #[test]
    fn a_sleep_in_a_test_is_found_and_one_that_paces_a_poll_is_not() {
        assert_eq!(
            violations("#[cfg(test)] mod tests { fn a() { std::thread::sleep(x); } }"),
            1
        );
        assert_eq!(
            violations("#[cfg(test)] mod tests { fn wait_until(f: F) { loop { sleep(x); } } }"),
            0
        );
        assert_eq!(violations("async fn pace() { tokio::time::sleep(x).await; }"), 0);
        assert_eq!(
            check(&planted(&[("server/tests/a.rs", "fn a() { sleep(x); }")])).len(),
            1
        );
    }

    #[test]
    fn a_test_named_test_is_found() {
        assert_eq!(violations("#[test] fn test_merge() {}"), 1);
        assert_eq!(violations("fn test_bit(x: u8) -> bool { true }"), 0);
    }
}
