//! `circlet cli` beside the real redis-cli: the same bytes and exit codes.

mod bytes;
mod canned;
mod commands;
mod lines;
mod terminal;

use crate::support::{circlet, skip};
use std::io::Write as _;
use std::process::{Command, Stdio};

/// What a program said, and how it ended.
#[derive(Debug, PartialEq)]
struct Said {
    out: String,
    err: String,
    code: Option<i32>,
}

/// Runs a program to its end, with this standard input.
fn said(mut program: Command, args: &[&str], input: &[u8]) -> Said {
    program
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = program.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("its input");
    let input = input.to_vec();
    // A program that does not read its input closes it.
    let writer = std::thread::spawn(move || stdin.write_all(&input).is_ok());
    let output = child.wait_with_output().expect("the program ends");
    let _ = writer.join();
    Said {
        // Every byte as one character: what is no UTF-8 stays different.
        out: output.stdout.iter().map(|&byte| char::from(byte)).collect(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
        code: output.status.code(),
    }
}

/// What `circlet cli` says, with a history of nobody.
fn ours(args: &[&str], input: &[u8]) -> Said {
    let mut program = circlet(&["cli"]);
    program.env("CIRCLETCLI_HISTFILE", "");
    said(program, args, input)
}

/// What redis-cli says.
fn theirs(args: &[&str], input: &[u8]) -> Said {
    let mut program = Command::new("redis-cli");
    program.env_remove("REDISCLI_AUTH");
    said(program, args, input)
}

/// Whether there is a redis-cli to compare with.
fn has_redis_cli() -> bool {
    let there = Command::new("redis-cli").arg("--version").output().is_ok();
    if !there {
        skip("no redis-cli to compare with");
    }
    there
}
