//! `benches/RESULTS.md`: sections that are replaced when they are measured, and kept when they are not.
//!
//! A section lies between `<!-- section NAME -->` and the next such line. The head counts the verdicts of all sections
//! that are there, whenever they were measured.

use std::fs;
use std::path::Path;

use super::figure::{Figure, TABLE_HEAD, Verdict};
use crate::error::{Doing, Result};

const MARK: &str = "<!-- section ";
const HEAD: &str = "# Results\n\n\
    Written by `cargo run --release -p circlet-benches -- compare`; the method is in `docs/design/benchmarks.md`. \
    Figures are ratios\nto a peer that ran in the same minutes on the same machine, unless a row says otherwise: \
    `figure` is what the budget is compared\nwith. `!` marks a figure whose machine was not quiet. \
    16-byte keys out of a million, 64-byte values, 50 connections, unless said.\n\n";

/// What a section measured.
#[derive(Default)]
pub(crate) struct Findings {
    pub(crate) figures: Vec<Figure>,
    /// What started the servers, and the generator's line.
    pub(crate) commands: Vec<String>,
    /// Sentences below the table: what was skipped, and what a figure does not say.
    pub(crate) notes: Vec<String>,
    /// Text of another program, taken as it is.
    pub(crate) verbatim: Option<String>,
}

impl Findings {
    /// Nothing could be measured.
    pub(crate) fn is_empty(&self) -> bool {
        self.figures.is_empty() && self.verbatim.is_none()
    }
}

/// When and on what a section was measured.
pub(crate) struct Circumstances {
    pub(crate) date: String,
    pub(crate) machine: String,
    pub(crate) commit: String,
    pub(crate) effort: &'static str,
}

/// A section as Markdown, its mark left out.
pub(crate) fn render(title: &str, findings: &Findings, when: &Circumstances) -> String {
    let Circumstances {
        date,
        machine,
        commit,
        effort,
    } = when;
    let mut text = format!("## {title}\n\n{date}, commit {commit}, {effort}; {machine}\n\n");
    if !findings.figures.is_empty() {
        text.push_str(TABLE_HEAD);
        text.extend(findings.figures.iter().map(Figure::row));
        text.push('\n');
    }
    if let Some(verbatim) = &findings.verbatim {
        text.push_str(verbatim.trim_end());
        text.push_str("\n\n");
    }
    for note in &findings.notes {
        text.push_str(&format!("- {note}\n"));
    }
    if !findings.notes.is_empty() {
        text.push('\n');
    }
    if !findings.commands.is_empty() {
        text.push_str(&format!("```\n{}\n```\n\n", findings.commands.join("\n")));
    }
    text
}

/// The report as a list of named sections.
#[derive(Default)]
pub(crate) struct Report {
    sections: Vec<(String, String)>,
}

impl Report {
    /// The report at `path`; empty if there is none yet.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        match fs::read_to_string(path) {
            Ok(text) => Ok(Self::parse(&text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).doing(format_args!("reading {}", path.display())),
        }
    }

    fn parse(text: &str) -> Self {
        let mut sections = Vec::new();
        for part in text.split(MARK).skip(1) {
            if let Some((name, body)) = part.split_once(" -->\n") {
                sections.push((name.to_owned(), body.to_owned()));
            }
        }
        Self { sections }
    }

    /// Puts a section in the place of the one of that name, or at the end.
    pub(crate) fn replace(&mut self, name: &str, body: String) {
        match self.sections.iter_mut().find(|(known, _)| known == name) {
            Some(section) => section.1 = body,
            None => self.sections.push((name.to_owned(), body)),
        }
    }

    /// Sorts the sections as `order` has them; names that are not in it stay at the end.
    pub(crate) fn sort_as(&mut self, order: &[&str]) {
        let place = |name: &str| order.iter().position(|known| *known == name).unwrap_or(order.len());
        self.sections.sort_by_key(|(name, _)| place(name));
    }

    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        fs::write(path, self.text()).doing(format_args!("writing {}", path.display()))
    }

    fn text(&self) -> String {
        let mut text = HEAD.to_owned();
        text.push_str(&self.tally());
        for (name, body) in &self.sections {
            text.push_str(&format!("{MARK}{name} -->\n{body}"));
        }
        text
    }

    /// How many figures meet their budget, over all sections.
    fn tally(&self) -> String {
        let cell_of = |line: &str| {
            line.strip_suffix(" |")
                .and_then(|line| line.rsplit(" | ").next())
                .map(str::to_owned)
        };
        let lines = self
            .sections
            .iter()
            .flat_map(|(_, body)| body.lines())
            .filter(|line| line.starts_with("| "));
        let cells: Vec<String> = lines.filter_map(cell_of).collect();
        let count = |wanted: Verdict| {
            let (_, text) = Verdict::CELLS
                .iter()
                .find(|(verdict, _)| *verdict == wanted)
                .unwrap_or(&Verdict::CELLS[3]);
            cells.iter().filter(|cell| cell == text).count()
        };
        let (aim, budget, missed) = (count(Verdict::Aim), count(Verdict::Budget), count(Verdict::Missed));
        let judged = aim + budget + missed;
        format!(
            "**{} of {judged} figures keep their budget, {aim} of them reach the aim.**\n\n",
            aim + budget
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::figure::Limit;
    use super::*;

    fn circumstances() -> Circumstances {
        let text = |text: &str| text.to_owned();
        Circumstances {
            date: text("today"),
            machine: text("2 cores"),
            commit: text("abc"),
            effort: "5 rounds",
        }
    }

    fn section(judged: f64) -> String {
        let figure = Figure {
            what: "w".to_owned(),
            ours: "1".to_owned(),
            peer: "2".to_owned(),
            judged: Some(judged),
            limit: Limit::at_most(1.0, 0.5),
            is_marked: false,
        };
        let findings = Findings {
            figures: vec![figure],
            notes: vec!["a note".to_owned()],
            ..Findings::default()
        };
        render("Title", &findings, &circumstances())
    }

    #[test]
    fn what_was_not_measured_again_is_kept_to_the_letter() {
        let mut report = Report::default();
        report.replace("cpu", section(0.4));
        report.replace("memory", section(2.0));
        let mut again = Report::parse(&report.text());
        again.replace("cpu", section(0.9));
        assert_eq!(again.sections[1], report.sections[1]);
        assert!(again.sections[0].1.contains("| 0.90 |"));
    }

    #[test]
    fn reading_and_writing_changes_nothing() {
        let mut report = Report::default();
        report.replace("cpu", section(0.4));
        let text = report.text();
        assert_eq!(Report::parse(&text).text(), text);
    }

    #[test]
    fn the_head_counts_the_verdicts() {
        let mut report = Report::default();
        report.replace("a", section(0.4));
        report.replace("b", section(0.9));
        report.replace("c", section(2.0));
        assert_eq!(
            report.tally(),
            "**2 of 3 figures keep their budget, 1 of them reach the aim.**\n\n"
        );
    }

    #[test]
    fn sections_come_in_the_given_order() {
        let mut report = Report::default();
        for name in ["unknown", "b", "a"] {
            report.replace(name, String::new());
        }
        report.sort_as(&["a", "b"]);
        let names: Vec<&str> = report.sections.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["a", "b", "unknown"]);
    }
}
