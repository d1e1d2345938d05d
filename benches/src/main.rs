//! Benchmarks of Circlet, each against a peer that runs in the same minutes on the same machine.
//!
//! `compare` starts every server itself, measures, and rewrites `benches/RESULTS.md`. `lg` is its load generator,
//! for a figure by hand. The method is in `docs/design/benchmarks.md`.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line program: this is its output"
)]

mod admin;
mod cli;
mod compare;
mod error;
mod floor;
mod load;
mod machine;
mod servers;
mod stats;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match cli::run(cli::Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("circlet-benches: {error}");
            ExitCode::FAILURE
        }
    }
}
