//! What is declared is used: a setting that nothing reads and a counter that nothing counts are promises not kept.
//!
//! A limit that can be set and does not limit is worse than none, and a metric that stays 0 says that all is well.
//! Settings that are `Fixed` are exempt: their value is all they are.

use super::Violation;
use crate::lexer::{Kind, Token};
use crate::source::{RustFile, Tree};
use std::collections::BTreeSet;

const SETTINGS: &str = "server/src/config/";
const COUNTS: &str = "server/src/metrics/count.rs";
const METRICS: &str = "server/src/metrics";
const USERS: [&str; 2] = ["server/src/", "tools/src/"];
/// A field with this ending may also be read through a getter of the group without it.
const GIVEN: &str = "_given";

/// Finds settings without a reader and counters that are never counted.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    let read: BTreeSet<&str> = tokens(tree, SETTINGS).flatten().map(Token::ident).collect();
    let counted: BTreeSet<&str> = tokens(tree, METRICS).flat_map(|tokens| counted(&tokens)).collect();
    for file in tree.under(&[SETTINGS]) {
        for (line, name, field) in settings(file) {
            if !read.contains(field) && !read.contains(field.trim_end_matches(GIVEN)) {
                let text = format!("nothing reads the setting `{name}` (`{field}`): obey it, or do not offer it");
                found.push(Violation::new(&file.path, line, text));
            }
        }
    }
    for file in tree.under(&[COUNTS]) {
        for (line, variant) in counts(file) {
            if !counted.contains(variant) {
                let text = format!("nothing counts `{variant}`: count it, or do not show it");
                found.push(Violation::new(&file.path, line, text));
            }
        }
    }
    found
}

/// The code, without tests, that may use what is declared under `but`.
fn tokens<'a>(tree: &'a Tree, but: &'a str) -> impl Iterator<Item = Vec<&'a Token>> {
    let is_user = |file: &&RustFile| USERS.iter().any(|user| file.path.starts_with(user)) && !file.is_test();
    let files = tree.rust.iter().filter(is_user);
    files
        .filter(move |file| !file.path.starts_with(but))
        .map(|file| file.lexed.tokens.iter().filter(|token| !token.in_test).collect())
}

/// The counters that are counted: `inc(Count::Variant` and `add(Count::Variant`. One that is only shown stays 0.
fn counted<'a>(tokens: &[&'a Token]) -> Vec<&'a str> {
    let calls = tokens.windows(6).filter(|call| {
        matches!(call[0].ident(), "inc" | "add")
            && call[1].is_punct('(')
            && call[2].ident() == "Count"
            && call[3].is_punct(':')
            && call[4].is_punct(':')
    });
    calls.map(|call| call[5].ident()).collect()
}

/// The rows `"its-name" Live its_field: ...` of the declarations.
fn settings(file: &RustFile) -> impl Iterator<Item = (usize, &str, &str)> {
    file.lexed.tokens.windows(4).filter_map(|row| {
        let [
            Token {
                kind: Kind::Literal(name),
                ..
            },
            when,
            field,
            colon,
        ] = row
        else {
            return None;
        };
        let declared = matches!(when.ident(), "Live" | "Restart" | "Formed") && colon.is_punct(':');
        declared.then_some((when.line, name.as_str(), field.ident()))
    })
}

/// The rows `Variant = "circlet_..."` of the declarations.
fn counts(file: &RustFile) -> impl Iterator<Item = (usize, &str)> {
    file.lexed.tokens.windows(3).filter_map(|row| {
        let [
            variant,
            equals,
            Token {
                kind: Kind::Literal(name),
                ..
            },
        ] = row
        else {
            return None;
        };
        let declared = equals.is_punct('=') && name.starts_with("circlet_");
        declared.then_some((variant.line, variant.ident()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::planted;

    const LIMITS: (&str, &str) = (
        "server/src/config/limits.rs",
        "settings! { pub struct Limits as limits { \"maxclients\" Live clients_max: u32 = 1, Any; \"save\" Fixed save: u8 = 1, Any; } }",
    );

    #[test]
    fn a_setting_that_only_its_own_declaration_and_tests_name_is_found() {
        let tests = (
            "server/src/door.rs",
            "#[cfg(test)] mod tests { fn f() { limits.clients_max; } }",
        );
        let found: Vec<String> = check(&planted(&[LIMITS, tests]))
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(found.len(), 1, "a fixed one is exempt");
        assert!(found[0].contains("nothing reads the setting `maxclients`"), "{found:?}");
        let reader = ("server/src/door.rs", "fn f() { config.limits.clients_max; }");
        assert_eq!(check(&planted(&[LIMITS, reader])), []);
    }

    #[test]
    fn a_setting_may_be_read_through_the_getter_of_its_name() {
        let node = (
            "server/src/config/node.rs",
            "settings! { \"http-port\" Restart http_port_given: Option<u16> = None, Any; }",
        );
        assert_eq!(check(&planted(&[node])).len(), 1);
        assert_eq!(
            check(&planted(&[node, ("server/src/node.rs", "fn f() { node.http_port() }")])),
            []
        );
        let itself = ("server/src/node.rs", "fn f() { node.http_port_given }");
        assert_eq!(check(&planted(&[node, itself])), [], "or by itself");
    }

    #[test]
    fn a_counter_that_nothing_counts_is_found() {
        let counts = (COUNTS, "counts! { ReadRepairs = \"circlet_read_repairs_total\", }");
        assert_eq!(check(&planted(&[counts])).len(), 1);
        let shown = (
            "server/src/info.rs",
            "fn f() { metrics.since_reset(Count::ReadRepairs); }",
        );
        assert_eq!(check(&planted(&[counts, shown])).len(), 1, "showing is not counting");
        let user = ("server/src/turn.rs", "fn f() { metrics.inc(Count::ReadRepairs); }");
        assert_eq!(check(&planted(&[counts, user])), []);
    }
}
