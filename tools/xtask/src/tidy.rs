//! `tidy`: the rules of the house that no compiler checks, read off the tree.
//!
//! A rule is a function from the [`Tree`] to violations; each has a test that plants one and sees it found. A rule
//! that is wrong more often than right is worse than none, so each looks only for what is unambiguous.

mod allow_list;
mod declared;
mod edges;
mod glossary;
mod habits;
mod modules;
mod peer_messages;
mod purity;
mod size;
mod unsafe_code;

use crate::source::Tree;
use std::fmt;
use std::path::Path;

/// One place that breaks one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) path: String,
    /// From 1; 0 if the file as a whole is meant.
    pub(crate) line: usize,
    pub(crate) text: String,
}

impl Violation {
    pub(crate) fn new(path: &str, line: usize, text: impl Into<String>) -> Self {
        Self {
            path: path.to_string(),
            line,
            text: text.into(),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.text)
    }
}

type Rule = fn(&Tree) -> Vec<Violation>;

const RULES: [(&str, Rule); 9] = [
    ("crates depend only along the arrows", edges::check),
    ("core's mechanisms meet in control", modules::check),
    ("ring, core, resp and hedge are pure", purity::check),
    ("files and functions are short", size::check),
    ("one word a thing", glossary::check),
    ("habits", habits::check),
    ("unsafe stays in the table", unsafe_code::check),
    ("what is declared is used", declared::check),
    ("peer messages are documented", peer_messages::check),
];

/// Prints one line a rule, and the violations of those that fail.
pub(crate) fn run(root: &Path) -> bool {
    let tree = match Tree::read(root) {
        Ok(tree) => tree,
        Err(error) => {
            eprintln!("{}: {error}", root.display());
            return false;
        }
    };
    let mut passed = true;
    for (name, rule) in RULES {
        let found = rule(&tree);
        println!("{:<7} {name}", if found.is_empty() { "ok" } else { "FAILED" });
        for violation in &found {
            println!("        {violation}");
        }
        passed &= found.is_empty();
    }
    passed
}

/// All rules as one check: the violations, a line each.
pub(crate) fn check(root: &Path) -> Result<(), String> {
    let tree = Tree::read(root).map_err(|error| format!("{}: {error}", root.display()))?;
    let found: Vec<String> = RULES
        .iter()
        .flat_map(|(_, rule)| rule(&tree))
        .map(|v| v.to_string())
        .collect();
    if found.is_empty() {
        Ok(())
    } else {
        Err(found.join("\n"))
    }
}

/// Lowers or drops the entries of the allow-list that the tree no longer needs; never raises one.
pub(crate) fn tighten(root: &Path) -> Result<(), String> {
    let tree = Tree::read(root).map_err(|error| format!("{}: {error}", root.display()))?;
    let Some(text) = size::tightened(&tree) else {
        return Ok(());
    };
    std::fs::write(root.join(allow_list::PATH), text).map_err(|error| format!("{}: {error}", allow_list::PATH))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::planted;

    #[test]
    fn a_clean_tree_breaks_no_rule() {
        let tree = planted(&[
            ("ring/src/lib.rs", "//! Ring.\npub fn f() {}\n"),
            ("ring/Cargo.toml", "[package]\nname = \"circlet-ring\"\n"),
        ]);
        for (name, rule) in RULES {
            assert_eq!(rule(&tree), [], "{name}");
        }
    }
}
