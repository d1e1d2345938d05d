//! What the program says to people: the one place that prints.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this module is how the program prints"
)]

use crate::failure::Failure;
use std::error::Error as _;
use std::fmt::Display;
use std::io::{IsTerminal as _, Write as _};

/// Whether standard output is a terminal: only then are tables redrawn.
pub(crate) fn is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// Whether standard output takes colours: a terminal does, unless the environment has `NO_COLOR`.
pub(crate) fn has_colours() -> bool {
    is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// One line on standard output.
pub(crate) fn say(line: impl Display) {
    emit(format!("{line}\n"));
}

/// Bytes on standard output, at once. If nobody reads them any more (`... | head`), the program has nothing left to do and ends.
pub(crate) fn emit(bytes: impl AsRef<[u8]>) {
    let mut out = std::io::stdout().lock();
    if out.write_all(bytes.as_ref()).and_then(|()| out.flush()).is_err() {
        std::process::exit(1);
    }
}

/// One line on standard error.
pub(crate) fn warn(line: impl Display) {
    eprintln!("{line}");
}

/// Redraws `text` over the `lines_before` lines that the last call drew.
pub(crate) fn redraw(text: &str, lines_before: usize) {
    let mut out = std::io::stdout().lock();
    if lines_before > 0 {
        // A closed terminal is noticed by the caller's next step.
        let _ = write!(out, "\x1b[{lines_before}A\x1b[J");
    }
    let _ = out.write_all(text.as_bytes());
    let _ = out.flush();
}

/// An error and its causes, on standard error.
pub(crate) fn complain(error: &Failure) {
    eprintln!("circlet: {error}");
    let mut cause = error.source();
    while let Some(inner) = cause {
        eprintln!("  because: {inner}");
        cause = inner.source();
    }
}
