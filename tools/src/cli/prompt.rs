//! Commands line by line: at a prompt on a terminal, else from whatever standard input is.

use super::book::Book;
use super::editor::Lines;
use super::help::help;
use super::interrupt::Interrupts;
use super::render::Style;
use super::session::Session;
use super::words;
use crate::failure::Failure;
use crate::output::{self, complain, emit, say};
use std::io::{BufRead as _, IsTerminal as _};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// What takes longer is told how long it took.
const WORTH_TELLING: Duration = Duration::from_millis(500);

/// Runs lines until there are no more, or one says `quit`. Fails if a command of a pipe could not be run.
///
/// # Errors
/// When the terminal or standard input cannot be read.
pub(crate) fn run(mut session: Session) -> Result<ExitCode, Failure> {
    session.expect_lines();
    let connected = session.ready();
    if let Err(error) = &connected {
        complain(error);
    }
    let mut shell = Shell {
        session,
        book: None,
        lost: connected.is_err(),
    };
    if std::io::stdin().is_terminal() {
        shell.at_terminal()?;
        return Ok(ExitCode::SUCCESS);
    }
    shell.read_pipe()?;
    Ok(if shell.lost {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// What is known of commands: from the server, else from this program.
pub(crate) fn book(session: &mut Session) -> Book {
    let docs = session.ask(&["COMMAND", "DOCS"]).ok();
    docs.and_then(|docs| Book::read(&docs)).unwrap_or_else(Book::built_in)
}

/// Lines, and what they change.
struct Shell {
    session: Session,
    /// Made when it is asked for first.
    book: Option<Book>,
    /// Whether a command could not be run.
    lost: bool,
}

/// What a line asks of the terminal.
#[derive(Debug, PartialEq, Eq)]
enum Then {
    Next,
    Quit,
    Clear,
    Hints(bool),
}

impl Shell {
    fn at_terminal(&mut self) -> Result<(), Failure> {
        self.session.interrupted_by(Interrupts::listen()?);
        let mut lines = Lines::open(book(&mut self.session))?;
        while let Some(line) = lines.next(&self.session.prompt())? {
            if !words::is_secret(line.as_bytes()) {
                lines.remember(&line);
            }
            match self.on_line(line.as_bytes()) {
                Then::Next => {}
                Then::Quit => break,
                Then::Clear => lines.clear_screen(),
                Then::Hints(wanted) => lines.show_hints(wanted),
            }
        }
        Ok(())
    }

    fn read_pipe(&mut self) -> Result<(), Failure> {
        let mut input = std::io::stdin().lock();
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = input.read_until(b'\n', &mut line);
            if read.map_err(|error| Failure::because("cannot read standard input", error))? == 0 {
                return Ok(());
            }
            if self.on_line(&line) == Then::Quit {
                return Ok(());
            }
        }
    }

    fn on_line(&mut self, line: &[u8]) -> Then {
        let Some(words) = words::split(line) else {
            say("Invalid argument(s)");
            return Then::Next;
        };
        let Some(first) = words.first() else {
            return Then::Next;
        };
        match (first.to_ascii_lowercase().as_slice(), &words[1..]) {
            (b"quit" | b"exit", _) => return Then::Quit,
            (b"clear", []) => return Then::Clear,
            (b":set", [name, ..]) if name.eq_ignore_ascii_case(b"hints") => return Then::Hints(true),
            (b":set", [name, ..]) if name.eq_ignore_ascii_case(b"nohints") => return Then::Hints(false),
            ([b':', ..], _) => say(format_args!("no preference: {}", String::from_utf8_lossy(line).trim())),
            (b"connect", [host, port]) => self.go_to(host, port),
            (b"help" | b"?", topic) => {
                let book = self.book.get_or_insert_with(|| book(&mut self.session));
                emit(help(book, topic, output::has_colours()));
            }
            _ => match words::repeated(&words) {
                Ok((times, command)) => self.command(command, times),
                Err(words::BadCount) => say("Invalid repeat count."),
            },
        }
        Then::Next
    }

    fn command(&mut self, command: &[Vec<u8>], times: u64) {
        let begun = Instant::now();
        if let Err(error) = self.session.run(command, Some(times)) {
            self.lost = true;
            complain(&error);
        }
        let took = begun.elapsed();
        if took >= WORTH_TELLING && self.session.options().style == Style::People {
            say(format_args!("({:.2}s)", took.as_secs_f64()));
        }
    }

    fn go_to(&mut self, host: &[u8], port: &[u8]) {
        let gone = match std::str::from_utf8(port).ok().and_then(|port| port.parse().ok()) {
            Some(port) => self.session.go_to(&String::from_utf8_lossy(host), port),
            None => Err(Failure::new(format!("no port: {}", String::from_utf8_lossy(port)))),
        };
        if let Err(error) = gone {
            self.lost = true;
            complain(&error);
        }
    }
}
