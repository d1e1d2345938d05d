//! Nodes by the names that people give them: their numbers in the directory of `circlet up`, else the beginnings of their ids.

use crate::layout::NodeFiles;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// How much of an id is shown.
const ID_SHOWN: usize = 8;

/// The numbers of the nodes of a directory, by id.
#[derive(Debug, Default)]
pub(crate) struct Names {
    numbers: BTreeMap<String, u16>,
}

impl Names {
    /// Those of the nodes in `dir`; none if it has none.
    pub(crate) fn of(dir: &Path) -> Self {
        let numbered = |files: NodeFiles| {
            let id = fs::read_to_string(files.dir.join("id")).ok()?;
            Some((id.trim().to_owned(), files.number))
        };
        Names {
            numbers: NodeFiles::all(dir).into_iter().filter_map(numbered).collect(),
        }
    }

    /// `node 2`, or the first of the id.
    pub(crate) fn name(&self, id: &str) -> String {
        match self.numbers.get(id) {
            Some(number) => format!("node {number}"),
            None => id.chars().take(ID_SHOWN).collect(),
        }
    }

    /// The names of several, separated by commas.
    pub(crate) fn list(&self, ids: &serde_json::Value) -> String {
        let ids = ids.as_array().map(Vec::as_slice).unwrap_or_default();
        let names: Vec<String> = ids.iter().filter_map(|id| Some(self.name(id.as_str()?))).collect();
        names.join(", ")
    }
}

/// Rows under a head, each column as wide as its widest cell.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let head = head.iter().map(|cell| (*cell).to_owned()).collect();
    let rows: Vec<&Vec<String>> = std::iter::once(&head).chain(rows).collect();
    let width = |column: usize| {
        let widths = rows
            .iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count());
        widths.max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let mut text = String::new();
    for row in rows {
        for (cell, width) in row.iter().zip(&widths) {
            text += &format!("{cell:<width$}  ");
        }
        text.truncate(text.trim_end_matches(' ').len());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell_and_lines_end_without_blanks() {
        let rows = [
            vec!["1".to_owned(), "long cell".to_owned()],
            vec!["22".to_owned(), String::new()],
        ];
        assert_eq!(table(&["a", "b"], &rows), "a   b\n1   long cell\n22\n");
    }

    #[test]
    fn a_node_that_is_not_in_the_directory_is_called_by_its_id() {
        let names = Names {
            numbers: [("aaaaaaaaaaaa".to_owned(), 3)].into(),
        };
        let ids = serde_json::json!(["aaaaaaaaaaaa", "bbbbbbbbbbbb"]);
        assert_eq!(names.list(&ids), "node 3, bbbbbbbb");
    }
}
