//! `circlet completions` and `circlet man`: the command line as shells and `man` want it, from the one definition in `args.rs`.

use crate::args::Args;
use crate::failure::Failure;
use crate::output::{emit, say};
use clap::{Args as ClapArgs, Command, CommandFactory as _};
use clap_complete::Shell;
use clap_mangen::Man;
use roff::{Roff, roman};
use std::fs;
use std::path::PathBuf;

/// `circlet completions`
#[derive(Debug, ClapArgs)]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// `circlet man`
#[derive(Debug, ClapArgs)]
pub(crate) struct ManArgs {
    /// Write a page for each command into this directory, and print none
    #[arg(long)]
    dir: Option<PathBuf>,
}

/// Prints what the shell is to read.
pub(crate) fn completions(args: &CompletionsArgs) {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "circlet", &mut script);
    emit(script);
}

/// Prints the program's page, or writes all of them.
///
/// # Errors
/// When a page cannot be written.
pub(crate) fn man(args: &ManArgs) -> Result<(), Failure> {
    let pages = pages();
    let Some(dir) = &args.dir else {
        if let Some((_, text)) = pages.last() {
            emit(text);
        }
        return Ok(());
    };
    fs::create_dir_all(dir).map_err(|error| Failure::because(format!("cannot make {}", dir.display()), error))?;
    for (name, text) in &pages {
        let path = dir.join(name);
        fs::write(&path, text).map_err(|error| Failure::because(format!("cannot write {}", path.display()), error))?;
    }
    say(format_args!("{} pages in {}", pages.len(), dir.display()));
    Ok(())
}

/// File names and texts; the program's own page is the last.
fn pages() -> Vec<(String, Vec<u8>)> {
    let mut program = Args::command().disable_help_subcommand(true);
    program.build();
    let mut pages = Vec::new();
    collect(&program, &mut pages);
    pages
}

fn collect(command: &Command, pages: &mut Vec<(String, Vec<u8>)>) {
    for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
        collect(inner, pages);
    }
    let man = Man::new(command.clone())
        .source(concat!("circlet ", env!("CARGO_PKG_VERSION")))
        .manual("Circlet");
    pages.push((man.get_filename(), page(&man, command)));
}

fn page(man: &Man, command: &Command) -> Vec<u8> {
    let mut text = Vec::new();
    // Writing to memory does not fail.
    let _ = man.render_title(&mut text);
    let _ = man.render_name_section(&mut text);
    let _ = man.render_synopsis_section(&mut text);
    let _ = man.render_description_section(&mut text);
    let _ = man.render_options_section(&mut text);
    if command.has_subcommands() {
        let _ = man.render_subcommands_section(&mut text);
    }
    let below = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    text.extend(sections(&below).to_roff().into_bytes());
    text
}

/// What stands below the options in `--help`, as sections: paragraphs under a heading (`Examples:`) under their own, line by line; the
/// others before them.
fn sections(below: &str) -> Roff {
    let paragraphs: Vec<&str> = below.split("\n\n").filter(|text| !text.trim().is_empty()).collect();
    let (headed, notes): (Vec<&str>, Vec<&str>) = paragraphs.into_iter().partition(|text| heading(text).is_some());
    let mut roff = Roff::default();
    if !notes.is_empty() {
        roff.control("SH", ["NOTES"]);
    }
    for note in notes {
        roff.control("PP", []);
        lines(note, &mut roff);
    }
    for text in headed {
        let name = heading(text).unwrap_or_default().to_uppercase();
        roff.control("SH", [name.as_str()]);
        lines(text.split_once('\n').unwrap_or_default().1, &mut roff);
    }
    roff
}

/// The heading of a paragraph whose first line is one, above lines that are indented.
fn heading(paragraph: &str) -> Option<&str> {
    let (first, rest) = paragraph.split_once('\n')?;
    let first = first.strip_suffix(':')?;
    rest.lines().all(|line| line.starts_with("  ")).then_some(first)
}

/// Lines that are indented stay lines.
fn lines(text: &str, roff: &mut Roff) {
    let is_literal = text.lines().all(|line| line.starts_with("  "));
    if is_literal {
        roff.control("nf", []);
    }
    for line in text.lines() {
        roff.text([roman(line.strip_prefix("  ").unwrap_or(line))]);
    }
    if is_literal {
        roff.control("fi", []);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum as _;

    /// Every command that does something, by its full name.
    fn walk(command: &Command, visit: &mut impl FnMut(&Command)) {
        visit(command);
        command.get_subcommands().for_each(|inner| walk(inner, visit));
    }

    fn program() -> Command {
        let mut program = Args::command().disable_help_subcommand(true);
        program.build();
        program
    }

    /// The words of the first command of a line of shell.
    fn shell_words(line: &str) -> Vec<String> {
        let words = crate::cli::words::split(line.as_bytes()).expect("quotes are closed");
        let words = words.into_iter().map(|word| String::from_utf8(word).expect("text"));
        words
            .take_while(|word| !matches!(word.as_str(), "#" | "|" | "<" | ">"))
            .collect()
    }

    #[test]
    fn every_command_says_what_it_does_and_shows_an_example() {
        walk(&program(), &mut |command| {
            let name = command.get_bin_name().unwrap_or_default().to_owned();
            assert!(command.get_about().is_some(), "{name} says nothing of itself");
            let below = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let is_shown = below
                .split("\n\n")
                .any(|text| heading(text).is_some_and(|head| head.starts_with("Example")));
            assert!(
                is_shown || command.has_subcommands() && name != "circlet",
                "{name} shows no example"
            );
            for example in below.lines().filter(|line| line.starts_with("  circlet ")) {
                let words = shell_words(example);
                let parsed = Args::command().try_get_matches_from(words);
                assert!(
                    parsed.is_ok(),
                    "{example}: {}",
                    parsed.err().map(|error| error.to_string()).unwrap_or_default()
                );
            }
        });
    }

    #[test]
    fn the_commands_of_the_page_can_be_given() {
        let page = include_str!("../../docs/cli.md");
        let commands: Vec<&str> = page.lines().filter(|line| line.starts_with("circlet ")).collect();
        assert!(commands.len() > 8, "the page has its commands: {commands:?}");
        for command in commands {
            let parsed = Args::command().try_get_matches_from(shell_words(command));
            assert!(parsed.is_ok(), "{command}");
        }
    }

    #[test]
    fn every_option_is_explained() {
        walk(&program(), &mut |command| {
            for arg in command.get_arguments() {
                assert!(arg.get_help().is_some(), "{:?} of {}", arg.get_id(), command.get_name());
            }
        });
    }

    #[test]
    fn every_command_has_a_page_with_its_examples_line_by_line() {
        let pages = pages();
        let mut count = 0;
        walk(&program(), &mut |_| count += 1);
        assert_eq!(pages.len(), count);
        let page = |name: &str| {
            let found = pages.iter().find(|(file, _)| file == name);
            String::from_utf8_lossy(&found.expect("a page").1).into_owned()
        };
        let cli = page("circlet-cli.1");
        for part in [
            ".TH circlet-cli 1",
            ".SH \"EXIT CODES\"",
            ".SH EXAMPLES\n.nf\ncirclet cli",
            "\\fB\\-\\-bigkeys\\fR",
        ] {
            assert!(cli.contains(part), "{part}: {cli}");
        }
        assert!(page("circlet-bench-rebalance.1").contains(".SH NOTES"));
        assert!(page("circlet.1").contains(".SH \"EXIT CODES\""));
    }

    #[test]
    fn every_shell_gets_a_script_that_knows_the_commands() {
        for shell in Shell::value_variants() {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Args::command(), "circlet", &mut script);
            let script = String::from_utf8(script).expect("text");
            for word in ["circlet", "completions", "bigkeys", "rebalance"] {
                assert!(script.contains(word), "{shell}: {word}");
            }
        }
    }
}
