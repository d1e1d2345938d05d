//! `circlet bench`

pub(crate) mod args;
mod conduct;
mod generate;
pub(crate) mod interrupt;
mod load;
mod report;
mod scenario;
mod system;

use crate::failure::Failure;
use crate::output::say;
use args::{BenchArgs, BenchCommand, RebalanceArgs};
use report::Report;
use scenario::Scenario;

/// Measures.
///
/// # Errors
/// When a system does not start or answer, a step of a scenario fails, or Circlet has lost what it acknowledged.
pub(crate) fn run(bench: &BenchArgs) -> Result<(), Failure> {
    match &bench.command {
        Some(BenchCommand::Rebalance(args)) => rebalance(args),
        None => generate::run(&bench.load),
    }
}

fn rebalance(args: &RebalanceArgs) -> Result<(), Failure> {
    let scenario = Scenario::load(args.scenario.as_deref())?;
    interrupt::listen()?;
    let mut report = Report::new(args);
    if !args.without_circlet {
        report
            .systems
            .push(conduct::run(system::circlet(args)?, &scenario, args)?);
    }
    let ours = report.systems.len();
    for peer in &args.against {
        report
            .systems
            .push(conduct::run(system::peer(*peer, args)?, &scenario, args)?);
    }
    say(report.text());
    for (path, text) in [(&args.json, report.json()), (&args.html, report.html())] {
        if let Some(path) = path {
            std::fs::write(path, text)
                .map_err(|error| Failure::because(format!("cannot write {}", path.display()), error))?;
            say(format!("written to {}", path.display()));
        }
    }
    match report
        .systems
        .iter()
        .take(ours)
        .map(report::SystemReport::wrong_answers)
        .sum()
    {
        0 => Ok(()),
        wrong => Err(Failure::new(format!(
            "{wrong} answers no history can explain: see lost, resurrected and went back"
        ))),
    }
}
