//! `tidy-allow.txt`: the files and functions that may be longer than the limit, each with the length it has today.
//!
//! The list only shrinks by itself. An entry that the tree no longer needs fails the check, and so does one that
//! grants more than is used (`cargo xtask fix` lowers both): otherwise a function once cut from 120 lines to 80 could
//! grow back unseen. Raising an entry is an edit that a reviewer sees.

use std::collections::BTreeMap;

/// Where the list is, from the root.
pub(crate) const PATH: &str = "tools/xtask/tidy-allow.txt";

/// What an entry excuses: a path, and a function in it or nothing for the file itself.
pub(crate) type Excused = (String, String);

/// The entries, with the length in lines that each grants.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct AllowList {
    pub(crate) entries: BTreeMap<Excused, usize>,
    /// The lines that say nothing that can be understood, as `(line, text)`.
    pub(crate) unreadable: Vec<(usize, String)>,
}

impl AllowList {
    /// Reads `file PATH LINES` and `function PATH NAME LINES`; `#` starts a comment.
    pub(crate) fn parse(text: &str) -> Self {
        let mut list = Self::default();
        for (number, row) in text.lines().enumerate() {
            let row = row.split('#').next().unwrap_or("").trim();
            if row.is_empty() {
                continue;
            }
            match parse_row(row) {
                Some((excused, lines)) => {
                    list.entries.insert(excused, lines);
                }
                None => list.unreadable.push((number + 1, row.to_string())),
            }
        }
        list
    }
}

fn parse_row(row: &str) -> Option<(Excused, usize)> {
    let words: Vec<&str> = row.split_whitespace().collect();
    match words[..] {
        ["file", path, lines] => Some(((path.to_string(), String::new()), lines.parse().ok()?)),
        ["function", path, name, lines] => Some(((path.to_string(), name.to_string()), lines.parse().ok()?)),
        _ => None,
    }
}

/// One row of the list, as it is written.
pub(crate) fn row(excused: &Excused, lines: usize) -> String {
    let (path, name) = excused;
    if name.is_empty() {
        format!("file {path} {lines}")
    } else {
        format!("function {path} {name} {lines}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_as_they_are_written() {
        let file = ("a/b.rs".to_string(), String::new());
        let function = ("a/b.rs".to_string(), "f".to_string());
        let text = format!("# why\n{}\n{} # because\n", row(&file, 600), row(&function, 80));
        let list = AllowList::parse(&text);
        assert_eq!(list.entries, BTreeMap::from([(file, 600), (function, 80)]));
        assert_eq!(list.unreadable, []);
    }

    #[test]
    fn a_row_that_is_not_understood_is_kept_to_be_complained_of() {
        assert_eq!(
            AllowList::parse("\nfile a.rs many").unreadable,
            [(2, "file a.rs many".to_string())]
        );
    }
}
