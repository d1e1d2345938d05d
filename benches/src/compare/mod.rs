//! `compare`: measures every section and rewrites the report.

mod bracket;
mod figure;
mod lab;
mod probe;
mod report;
mod sections;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;

use crate::error::{Doing, Error, Result};
use crate::machine::describe::{commit, date, machine_line};
use lab::{Effort, Lab};
use report::{Circumstances, Findings, Report, render};
use sections::Section;

/// Measures Circlet beside its peers.
#[derive(Args)]
pub(crate) struct Compare {
    /// A smoke run: one short round, a tenth of the entries. Its figures mean little.
    #[arg(long)]
    quick: bool,
    /// Only these sections; the others keep what the report says of them.
    #[arg(long, value_delimiter = ',')]
    only: Vec<Section>,
    /// The program under test; built in release mode if not given.
    #[arg(long)]
    circlet: Option<PathBuf>,
    /// Where the report is.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/RESULTS.md"))]
    report: PathBuf,
    /// Rounds of A B A B.
    #[arg(long)]
    rounds: Option<u32>,
    /// Seconds that the whole run may wait for a quiet machine.
    #[arg(long)]
    patience_s: Option<u64>,
}

pub(crate) fn run(options: &Compare) -> Result<()> {
    let mut effort = if options.quick { Effort::QUICK } else { Effort::FULL };
    effort.rounds = options.rounds.unwrap_or(effort.rounds);
    effort.patience = options
        .patience_s
        .map_or(effort.patience, std::time::Duration::from_secs);
    let mut lab = Lab::new(program(options)?, effort)?;
    for line in lab.peers.inventory() {
        println!("peer: {line}");
    }
    let chosen: &[Section] = if options.only.is_empty() {
        &Section::ALL
    } else {
        &options.only
    };
    let mut failed = Vec::new();
    for &section in chosen {
        println!("{} ...", section.name());
        match section.run(&mut lab) {
            Ok(findings) if findings.is_empty() => println!("  nothing measured, the report keeps what it had"),
            Ok(findings) => record(options, section, &findings)?,
            Err(Error::Missing(why)) => println!("  skipped, the report keeps what it had: {why}"),
            Err(error) => {
                println!("  failed, the report keeps what it had: {error}");
                failed.push(format!("{}: {error}", section.name()));
            }
        }
    }
    if failed.is_empty() {
        Ok(())
    } else {
        Err(Error::Answer(failed.join("; ")))
    }
}

/// Writes a section into the report at once, so that an interrupted run keeps what it has measured.
fn record(options: &Compare, section: Section, findings: &Findings) -> Result<()> {
    for figure in &findings.figures {
        print!("  {}", figure.row());
    }
    let when = Circumstances {
        date: date(),
        machine: machine_line(),
        commit: commit(),
        effort: if options.quick { "a quick run" } else { "a full run" },
    };
    let mut report = Report::read(&options.report)?;
    report.replace(section.name(), render(section.title(), findings, &when));
    report.sort_as(&Section::ALL.map(Section::name));
    report.write(&options.report)
}

/// The program under test, built if none was named. What does not build is reported and counts as missing.
fn program(options: &Compare) -> Result<PathBuf> {
    if let Some(path) = &options.circlet {
        // Servers run in directories of their own.
        return Ok(std::path::absolute(path).unwrap_or_else(|_| path.clone()));
    }
    println!("cargo build --release -p circlet");
    let status = Command::new(cargo())
        .args(["build", "--release", "-p", "circlet"])
        .status()
        .doing("running cargo")?;
    if !status.success() {
        println!("circlet does not build: its figures are skipped");
    }
    Ok(target_dir()?.join("release/circlet"))
}

/// The cargo that runs us, or the one on the path.
fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// The target directory that this program was built into.
fn target_dir() -> Result<PathBuf> {
    let program = std::env::current_exe().doing("finding this program")?;
    let dir = program.parent().and_then(Path::parent);
    dir.map(Path::to_path_buf)
        .ok_or_else(|| Error::Answer("this program lies in no target directory".to_owned()))
}
