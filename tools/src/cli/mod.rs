//! `circlet cli`: what fingers that know `redis-cli` expect.
//!
//! ```text
//!   words, render, book, hint, help, target   pure: lines and replies in, text out
//!   session                                   a connection, commands on it, what they print
//!   prompt, editor                            lines from a terminal or a pipe
//!   keys, largest, hottest, latency, stat, pipe   the modes
//! ```
//!
//! docs/cli.md says what is different from `redis-cli`; where nothing is said, the same bytes come out (tests/acceptance/cli).

pub(crate) mod args;
mod book;
mod cluster;
mod editor;
mod help;
mod hint;
mod hottest;
mod interrupt;
mod keys;
mod largest;
mod latency;
mod password;
mod pipe;
mod prompt;
mod render;
mod session;
mod stat;
mod target;
pub(crate) mod words;

use crate::args::Args;
use crate::failure::Failure;
use crate::output::{self, warn};
use args::{CliArgs, StyleArgs};
use clap::CommandFactory as _;
use render::Style;
use session::{Options, Ran, Session};
use std::io::Read as _;
use std::os::unix::ffi::OsStringExt as _;
use std::process::ExitCode;
use target::Target;

/// The password, if the command line gives none. (Not `CIRCLET_...`: nodes take these for settings.)
const PASSWORD_VARIABLE: &str = "CIRCLETCLI_AUTH";

/// Runs a command, a mode or the prompt.
///
/// # Errors
/// When the server cannot be reached, or the connection is lost.
pub(crate) fn run(args: CliArgs) -> Result<ExitCode, Failure> {
    if let Some(verb) = &args.mode.cluster {
        return cluster::advise(verb).map(|()| ExitCode::SUCCESS);
    }
    if args.host.is_empty() {
        output::emit(help_text());
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(option) = args
        .command
        .first()
        .filter(|word| word.as_encoded_bytes().starts_with(b"-"))
    {
        let option = option.to_string_lossy();
        return Err(Failure::new(format!(
            "no option of circlet cli: {option}; circlet cli --help"
        )));
    }
    let mut session = Session::new(target(&args)?, options(&args));
    let interval = args.interval;
    let mode = &args.mode;
    let done = if mode.pipe {
        return pipe::run(session, mode.pipe_timeout);
    } else if mode.scan {
        keys::list(&mut session, &keys::Wanted::of(mode), interval)
    } else if mode.bigkeys || mode.memkeys {
        largest::run(&mut session, &keys::Wanted::of(mode), mode.memkeys, interval)
    } else if mode.hotkeys {
        hottest::run(&mut session, mode.count)
    } else if mode.stat {
        stat::run(&mut session, interval)
    } else if mode.latency || mode.latency_history {
        latency::run(&mut session, mode.latency_history, interval)
    } else if args.command.is_empty() && !args.last_from_stdin && args.tag_from_stdin.is_none() {
        return prompt::run(session);
    } else {
        return run_command(&mut session, args);
    };
    done.map(|()| ExitCode::SUCCESS)
}

/// The command of the command line.
fn run_command(session: &mut Session, args: CliArgs) -> Result<ExitCode, Failure> {
    let mut command: Vec<Vec<u8>> = args.command.into_iter().map(std::ffi::OsString::into_vec).collect();
    if args.quoted_input {
        command = command.iter().map(|word| unquoted(word)).collect::<Result<_, _>>()?;
    }
    if args.last_from_stdin {
        command.push(standard_input()?);
    } else if let Some(tag) = &args.tag_from_stdin {
        let tagged = command
            .iter_mut()
            .find(|word| word.as_slice() == tag.as_encoded_bytes());
        let Some(tagged) = tagged else {
            return Err(Failure::new(format!("-X: no argument is {}", tag.to_string_lossy())));
        };
        *tagged = standard_input()?;
    }
    if command
        .first()
        .is_some_and(|name| name.eq_ignore_ascii_case(b"help") || name == b"?")
    {
        let book = prompt::book(session);
        output::emit(help::help(&book, &command[1..], output::has_colours()));
        return Ok(ExitCode::SUCCESS);
    }
    Ok(match session.run(&command, u64::try_from(args.repeat).ok())? {
        Ran::Shown => ExitCode::SUCCESS,
        Ran::Refused => ExitCode::FAILURE,
    })
}

fn standard_input() -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().read_to_end(&mut bytes);
    read.map_err(|error| Failure::because("cannot read standard input", error))?;
    Ok(bytes)
}

/// A word that is written as at the prompt.
fn unquoted(word: &[u8]) -> Result<Vec<u8>, Failure> {
    match words::split(word).as_deref() {
        Some([word]) => Ok(word.clone()),
        _ => Err(Failure::new(format!(
            "not one quoted word: {}",
            String::from_utf8_lossy(word)
        ))),
    }
}

fn target(args: &CliArgs) -> Result<Target, Failure> {
    let mut target = Target {
        host: args.host.clone(),
        port: args.port,
        ..Target::default()
    };
    if let Some(uri) = &args.uri {
        target.apply_uri(uri)?;
    }
    target.user = args.user.clone().or(target.user);
    target.password = args.password.clone().or(target.password);
    target.db = args.db.unwrap_or(target.db);
    if args.ask_password {
        target.password = Some(password::ask()?);
    } else if target.password.is_none() {
        target.password = std::env::var(PASSWORD_VARIABLE).ok();
    } else if !args.no_auth_warning {
        warn("Warning: a password of '-a' or '-u' can be seen by others on this machine.");
    }
    Ok(target)
}

fn options(args: &CliArgs) -> Options {
    Options {
        style: style(&args.style),
        resp3: args.resp3 || args.style.json && !args.resp2,
        show_pushes: args.show_pushes.unwrap_or_else(output::is_terminal),
        follow: args.follow,
        timeout: args.timeout.filter(|timeout| !timeout.is_zero()),
        interval: args.interval.unwrap_or_default(),
        error_code: args.error_code,
    }
}

fn style(args: &StyleArgs) -> Style {
    let text = |given: &Option<String>| given.as_deref().unwrap_or("\n").as_bytes().to_vec();
    if args.csv {
        Style::Csv
    } else if args.json {
        Style::Json
    } else if args.no_raw || !args.raw && output::is_terminal() {
        Style::People
    } else {
        Style::Raw {
            between: text(&args.between),
            after: text(&args.after),
        }
    }
}

/// What `circlet cli --help` prints.
fn help_text() -> String {
    let mut program = Args::command();
    program.build();
    let cli = program.find_subcommand_mut("cli");
    cli.map(|cli| cli.render_help().to_string()).unwrap_or_default()
}
