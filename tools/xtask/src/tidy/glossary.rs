//! One word a thing: words that the glossary replaces by another, in code and comments.
//!
//! `glossary.txt` lists only words that mean nothing else here; most rejected words (`range`, `host`, `version`) also
//! have a plain meaning and are left to the reader. Strings are free (Redis's texts say `master`), and so is a comment
//! in backticks or capitals: it quotes a name of somebody else's.

use super::Violation;
use crate::source::{RustFile, Tree};

const PATH: &str = "tools/xtask/glossary.txt";

/// `word = what to say | path prefixes`; no prefixes means everywhere.
struct Banned<'a> {
    word: &'a str,
    instead: &'a str,
    scopes: Vec<&'a str>,
}

/// Finds banned words among the parts of identifiers and the words of comments.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    let banned = parse(tree.texts.get(PATH).map_or("", String::as_str), &mut found);
    for file in &tree.rust {
        let here: Vec<&Banned<'_>> = banned.iter().filter(|banned| banned.covers(&file.path)).collect();
        check_file(file, &here, &mut found);
    }
    found
}

fn parse<'a>(text: &'a str, found: &mut Vec<Violation>) -> Vec<Banned<'a>> {
    let mut banned = Vec::new();
    for (number, row) in text.lines().enumerate() {
        let row = row.split('#').next().unwrap_or("").trim();
        let (rule, scopes) = row.split_once('|').unwrap_or((row, ""));
        match rule.split_once('=') {
            Some((word, instead)) => banned.push(Banned {
                word: word.trim(),
                instead: instead.trim(),
                scopes: scopes.split_whitespace().collect(),
            }),
            None if row.is_empty() => {}
            None => found.push(Violation::new(
                PATH,
                number + 1,
                "not of the form `word = instead | paths`",
            )),
        }
    }
    banned
}

impl Banned<'_> {
    fn covers(&self, path: &str) -> bool {
        self.scopes.is_empty() || self.scopes.iter().any(|scope| path.starts_with(scope))
    }

    /// The word itself or its plural.
    fn is(&self, word: &str) -> bool {
        word == self.word || word.strip_suffix('s') == Some(self.word)
    }
}

fn check_file(file: &RustFile, banned: &[&Banned<'_>], found: &mut Vec<Violation>) {
    let mut judge = |line: usize, word: &str| {
        if let Some(banned) = banned.iter().find(|banned| banned.is(word)) {
            let text = format!("`{word}`: the glossary says {}", banned.instead);
            found.push(Violation::new(&file.path, line, text));
        }
    };
    for token in &file.lexed.tokens {
        for word in identifier_words(token.ident()) {
            judge(token.line, &word);
        }
    }
    for comment in &file.lexed.comments {
        let plain: Vec<&str> = comment.text.split('`').step_by(2).collect();
        for word in plain.join(" ").split(|c: char| !c.is_alphabetic()) {
            let is_name_in_capitals = word.len() > 1 && word.chars().all(char::is_uppercase);
            if !is_name_in_capitals {
                judge(comment.line, &word.to_lowercase());
            }
        }
    }
}

/// `old_masterNode` is `old`, `master`, `node`.
fn identifier_words(ident: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = '_';
    for c in ident.chars() {
        if !c.is_alphabetic() || (c.is_uppercase() && before.is_lowercase()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphabetic()) {
            word.extend(c.to_lowercase());
        }
        before = c;
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::planted;

    fn violations(path: &str, text: &str) -> usize {
        check(&planted(&[
            (PATH, "# words\nmaster = primary\nstamped = x | core/ ring/\n"),
            (path, text),
        ]))
        .len()
    }

    #[test]
    fn a_banned_word_is_found_in_identifiers_of_every_case_and_in_comments() {
        for text in [
            "fn pick_master() {}",
            "struct MasterNode;",
            "const MASTERS: u8 = 1;",
            "// The master decides.",
        ] {
            assert_eq!(violations("server/src/a.rs", text), 1, "{text}");
        }
    }

    #[test]
    fn parts_of_other_words_strings_and_quotations_are_free() {
        for text in [
            "fn mastery() {}",
            "let s = \"master\";",
            "// says `master`, as MASTER does",
        ] {
            assert_eq!(violations("server/src/a.rs", text), 0, "{text}");
        }
    }

    #[test]
    fn a_word_with_scopes_is_banned_only_there() {
        assert_eq!(violations("core/src/a.rs", "// stamped"), 1);
        assert_eq!(violations("server/src/a.rs", "// stamped"), 0);
    }

    #[test]
    fn a_row_without_an_alternative_is_an_error() {
        assert_eq!(check(&planted(&[(PATH, "master\n")])).len(), 1);
    }
}
