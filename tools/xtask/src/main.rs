//! `cargo xtask verify | fix | tidy`: the gate in front of the main branch.
//!
//! - `verify [--no-tests]` only reads. It runs every check, also after one has failed, prints one line a check
//!   with its seconds, and exits with 1 if any failed.
//! - `fix` is the one that rewrites: formatting, what clippy can repair, and the allow-list of `tidy` (downwards only).
//! - `tidy` reads the tree and calls no cargo, so it answers in well under a second.
//!
//! No dependencies: the gate is built first on a clean clone, and nothing in it is worth a minute of compiling.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool talks to its terminal"
)]

mod fix;
mod lexer;
mod source;
mod step;
mod tidy;
mod verify;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask <verify [--no-tests] | fix | tidy>";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let root = workspace_root();
    let passed = match words[..] {
        ["verify"] => verify::run(&root, verify::Tests::Run),
        ["verify", "--no-tests"] => verify::run(&root, verify::Tests::Skip),
        ["fix"] => fix::run(&root),
        ["tidy"] => tidy::run(&root),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The directory of the workspace's `Cargo.toml`: two above this crate's, which cargo names at run time.
fn workspace_root() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let here = Path::new(&here);
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}
