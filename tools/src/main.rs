//! `circlet`: starts, stops and looks at nodes of Circlet.
//!
//! Exit codes: 0 done; 1 it could not be done, and standard error says why; 2 the command line is wrong. `circlet --help` says so too.

mod allocator;
mod args;
mod ask;
mod bench;
mod change;
mod cli;
mod connection;
mod down;
mod explain;
mod failure;
mod hot_keys;
mod join;
mod layout;
mod manual;
mod moves;
mod names;
mod node;
mod output;
mod process;
mod recover;
mod redirection;
mod ring;
mod settings;
mod status;
mod top;
mod up;

use args::{Args, Command};
use clap::Parser;
use failure::Failure;
use std::process::ExitCode;

fn main() -> ExitCode {
    if std::env::args_os().nth(1).is_some_and(|word| word == "node") {
        circlet_server::begin_without_huge_pages();
    }
    let done = match Args::parse().command {
        Command::Up(up) => up::run(&up),
        Command::Down(down) => down::run(&down),
        Command::Node(node) => node::run(node),
        Command::Status(status) => status::run(&status),
        Command::Join(join) => join::run(&join),
        Command::Leave(node) => change::leave(&node),
        Command::Stay(node) => change::stay(&node),
        Command::Remove { change, force } => change::remove(&change, force),
        Command::Recover(recover) => recover::run(&recover),
        Command::Weight { change, weight } => change::weight(&change, weight),
        Command::Replace(replace) => join::replace(&replace),
        Command::Cancel(node) => change::cancel(&node),
        Command::Zone { change, zone } => change::zone(&change, &zone),
        Command::Settings(settings) => settings::run(&settings),
        Command::Moves(moves) => moves::run(&moves),
        Command::Explain(explain) => explain::run(&explain),
        Command::Ring(ring) => ring::run(&ring),
        Command::Top(top) => top::run(&top),
        Command::Bench(bench) => bench::run(&bench),
        Command::Completions(shell) => {
            manual::completions(&shell);
            Ok(())
        }
        Command::Man(man) => manual::man(&man),
        Command::Cli(cli) => return exit(cli::run(*cli)),
    };
    exit(done.map(|()| ExitCode::SUCCESS))
}

fn exit(done: Result<ExitCode, Failure>) -> ExitCode {
    match done {
        Ok(code) => code,
        Err(error) => {
            output::complain(&error);
            ExitCode::FAILURE
        }
    }
}
