//! The files that the rules of `tidy` read, kept in memory so that a test can plant a violation without a disk.

use crate::lexer::{Lexed, lex};
use std::collections::BTreeMap;
use std::path::Path;

/// A Rust file, lexed.
#[derive(Debug)]
pub(crate) struct RustFile {
    /// Path from the root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) lexed: Lexed,
}

impl RustFile {
    /// Whether the whole file is test code: `tests/...` of a crate, or a module's `tests.rs`.
    pub(crate) fn is_test(&self) -> bool {
        self.path.split('/').any(|part| part == "tests" || part == "tests.rs")
    }
}

/// The tree: Rust files, and the texts that some rules need beside them.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    pub(crate) rust: Vec<RustFile>,
    /// Markdown, TOML, shell and plain text, by path.
    pub(crate) texts: BTreeMap<String, String>,
}

impl Tree {
    /// Reads the tree under `root`, in the order of paths. What is not UTF-8 is not source and is passed over.
    pub(crate) fn read(root: &Path) -> std::io::Result<Self> {
        let mut tree = Self::default();
        tree.read_dir(root, "")?;
        tree.rust.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(tree)
    }

    fn read_dir(&mut self, dir: &Path, prefix: &str) -> std::io::Result<()> {
        for entry in std::fs::read_dir(dir)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = format!("{prefix}{name}");
            let kind = entry.file_type()?;
            if kind.is_dir() && is_source_dir(&name) {
                self.read_dir(&entry.path(), &format!("{path}/"))?;
            } else if kind.is_file()
                && is_source_file(&path)
                && let Ok(text) = std::fs::read_to_string(entry.path())
            {
                self.add(&path, &text);
            }
        }
        Ok(())
    }

    /// Adds one file as if it had been read from `path`.
    pub(crate) fn add(&mut self, path: &str, text: &str) {
        if path.ends_with(".rs") {
            self.rust.push(RustFile {
                path: path.to_string(),
                text: text.to_string(),
                lexed: lex(text),
            });
        } else {
            self.texts.insert(path.to_string(), text.to_string());
        }
    }

    /// The Rust files whose path starts with one of `prefixes`.
    pub(crate) fn under<'a>(&'a self, prefixes: &'a [&str]) -> impl Iterator<Item = &'a RustFile> {
        self.rust
            .iter()
            .filter(move |file| prefixes.iter().any(|prefix| file.path.starts_with(prefix)))
    }
}

/// Build output, other programs' files and editors' droppings are not ours to judge.
fn is_source_dir(name: &str) -> bool {
    matches!(name, ".ci" | ".cargo") || !(name.starts_with('.') || matches!(name, "target" | "node_modules" | "corpus"))
}

fn is_source_file(path: &str) -> bool {
    let known = ["rs", "md", "toml", "sh", "py", "txt", "mjs"];
    path.rsplit_once('.')
        .is_some_and(|(_, extension)| known.contains(&extension))
        || path == ".ci/run"
}

#[cfg(test)]
pub(crate) fn planted(files: &[(&str, &str)]) -> Tree {
    let mut tree = Tree::default();
    for (path, text) in files {
        tree.add(path, text);
    }
    tree
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn build_output_and_hidden_folders_are_passed_over_but_not_the_gates_own() {
        let read = ["target", "node_modules", ".git", ".circlet", ".ci", ".cargo", "src"].map(is_source_dir);
        assert_eq!(read, [false, false, false, false, true, true, true]);
    }

    #[test]
    fn a_crates_tests_folder_and_a_modules_tests_file_are_test_code() {
        let tree = planted(&[
            ("server/tests/a.rs", ""),
            ("core/src/hint/tests.rs", ""),
            ("core/src/hint.rs", ""),
        ]);
        let which: Vec<bool> = tree.rust.iter().map(RustFile::is_test).collect();
        assert_eq!(which, [true, true, false]);
    }
}
