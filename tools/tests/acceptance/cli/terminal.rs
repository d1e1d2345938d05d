//! The prompt, typed at a terminal.

use super::{canned, has_redis_cli};
use crate::support::{Cluster, PATIENCE, Terminal, circlet, terminal, text, wait_until};
use rustix::process::{Signal, kill_process};
use std::fs::File;
use std::io::Read as _;
use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::process::{Command, Stdio};

/// Wide enough that no line is broken.
const COLUMNS: u16 = 200;

/// A terminal with `circlet cli` at its other end.
struct Prompt(Terminal);

impl Prompt {
    fn open(port: u16, history: &Path) -> Self {
        let mut program = circlet(&["cli", "-p", &port.to_string()]);
        program
            .env("TERM", "xterm")
            .env("NO_COLOR", "1")
            .env("CIRCLETCLI_HISTFILE", history);
        Prompt(Terminal::start(&mut program, COLUMNS))
    }

    /// Waits until this is on the screen, and forgets what stands before it.
    fn expect(&mut self, text: &str) {
        let mut screen = String::new();
        let seen = wait_until(PATIENCE, || {
            let mut now = self.written();
            screen.clone_from(&now);
            match now.find(text) {
                Some(at) => {
                    now.drain(..at + text.len());
                    true
                }
                None => false,
            }
        });
        assert!(seen.is_some(), "`{text}` does not come: {screen:?}");
    }

    /// Types a line, once the prompt is there.
    fn line(&mut self, prompt: &str, line: &str) {
        self.expect(prompt);
        self.press(line);
        // A hint behind it must not be taken for the answer.
        self.expect(line);
        self.press("\r");
    }
}

impl Deref for Prompt {
    type Target = Terminal;

    fn deref(&self) -> &Terminal {
        &self.0
    }
}

impl DerefMut for Prompt {
    fn deref_mut(&mut self) -> &mut Terminal {
        &mut self.0
    }
}

#[test]
fn the_prompt_has_hints_history_and_reconnects() {
    let mut cluster = Cluster::start_with(1, &[]);
    let port = cluster.client_port(1);
    let prompt = format!("127.0.0.1:{port}> ");
    let folder = tempfile::tempdir().expect("a folder");
    let history = folder.path().join("state/history");
    let mut terminal = Prompt::open(port, &history);
    terminal.line(&prompt, "SET greeting \"hello\\n\"");
    terminal.expect("OK\r\n");
    // Hints, while it is typed and until they are switched off.
    terminal.expect(&prompt);
    terminal.press("GET");
    terminal.expect(" key");
    terminal.press(" greeting\r");
    terminal.expect("\"hello\\n\"\r\n");
    terminal.line(&prompt, ":set nohints");
    terminal.line(&prompt, "AUTH secret");
    terminal.expect("ERR");
    // Tab completes.
    terminal.expect(&prompt);
    terminal.press("getd\t");
    terminal.expect("GETDEL");
    terminal.press(" greeting\r");
    terminal.expect("\"hello\\n\"\r\n");
    // The last line again.
    terminal.expect(&prompt);
    terminal.press("\x1b[A");
    terminal.expect("GETDEL greeting");
    terminal.press("\r");
    terminal.expect("(nil)\r\n");
    terminal.expect(&prompt);
    cluster.kill(1);
    terminal.press("PING\r");
    // It is gone already, or goes under our hands.
    terminal.expect("circlet: ");
    terminal.line("not connected> ", "help ping");
    terminal.expect("PING [message]");
    cluster.restart(1);
    cluster.wait_until_whole();
    terminal.line("not connected> ", "PING");
    terminal.expect("PONG\r\n");
    terminal.line(&prompt, "quit");
    assert!(terminal.wait().success());
    let kept = std::fs::read_to_string(&history).expect("a history");
    assert!(kept.contains("GETDEL greeting") && !kept.contains("secret"), "{kept}");
}

#[test]
fn ctrl_c_gives_up_a_command_that_waits_and_at_the_prompt_the_program() {
    let cluster = Cluster::start_with(1, &[]);
    let port = cluster.client_port(1);
    let prompt = format!("127.0.0.1:{port}> ");
    let mut terminal = Prompt::open(port, Path::new(""));
    terminal.line(&prompt, "BLPOP queue 0");
    let mut other = cluster.connect(1);
    let blocked = || text(&other.call(&["INFO", "clients"]).expect("a reply")).contains("blocked_clients:1");
    assert!(wait_until(PATIENCE, blocked).is_some(), "BLPOP waits");
    kill_process(terminal.pid(), Signal::INT).expect("a signal");
    terminal.line(&prompt, "PING");
    terminal.expect("PONG\r\n");
    // Nobody waits any more: what is pushed stays.
    assert_eq!(text(&other.call(&["RPUSH", "queue", "x"]).expect("a reply")), "1");
    assert_eq!(text(&other.call(&["LLEN", "queue"]).expect("a reply")), "1");
    terminal.line(&prompt, "SELECT 0");
    terminal.expect("OK\r\n");
    terminal.expect(&prompt);
    terminal.press("\x03");
    assert!(terminal.wait().success());
}

/// What a program writes to a terminal until it ends.
fn on_terminal(mut program: Command, args: &[&str]) -> String {
    let (mut near, far) = terminal(COLUMNS);
    let end = File::options().write(true).open(&far).expect("the other end");
    program.args(args).stdin(Stdio::null()).stdout(end);
    let mut child = program.spawn().expect("the program starts");
    // The other end is closed when the last one who has it is gone: not by us, then.
    drop(program);
    let mut written = Vec::new();
    // The end of a terminal is an error.
    let _ = near.read_to_end(&mut written);
    child.wait().expect("the program ends");
    String::from_utf8_lossy(&written).into_owned()
}

#[test]
fn on_a_terminal_types_are_marked_and_pushes_shown_without_being_asked_for() {
    if !has_redis_cli() {
        return;
    }
    let nested = b"*2\r\n%1\r\n+k\r\n*2\r\n:1\r\n_\r\n$1\r\na\r\n";
    let pushed = b">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n-ERR no\r\n";
    let port = canned::serve(&[nested, pushed]).to_string();
    for reply in ["0", "1"] {
        let args = ["-p", &port, "-3", "R", reply];
        let ours = on_terminal(circlet(&["cli"]), &args);
        assert!(
            ours.contains("1) 1# k => ") || ours.contains("-> invalidate: 'k'"),
            "{ours}"
        );
        assert_eq!(ours, on_terminal(Command::new("redis-cli"), &args));
    }
}

#[test]
fn a_password_that_is_asked_for_is_typed_unseen() {
    let port = canned::serve(&[b"+fine\r\n"]).to_string();
    let mut program = circlet(&["cli", "--askpass", "-p", &port, "R", "0"]);
    program.env("CIRCLETCLI_AUTH", "not this one");
    let mut prompt = Prompt(Terminal::start(&mut program, COLUMNS));
    prompt.expect("Please input password: ");
    prompt.press(canned::PASSWORD);
    prompt.expect("***********");
    assert!(!prompt.written().contains("same"), "{}", prompt.written());
    prompt.press("\r");
    // The server took it: else a warning stood there.
    prompt.expect("\r\nfine");
    assert!(prompt.wait().success());
    let mut given_up = Prompt(Terminal::start(
        &mut circlet(&["cli", "--askpass", "-p", &port, "PING"]),
        COLUMNS,
    ));
    given_up.expect("Please input password: ");
    given_up.press("\x03");
    assert!(!given_up.wait().success());
    let from_pipe = super::ours(&["--askpass", "-p", &port, "R", "0"], canned::PASSWORD.as_bytes());
    assert_eq!((from_pipe.out.as_str(), from_pipe.err.as_str()), ("fine\n", ""));
    let wrong = super::ours(&["--askpass", "-p", &port, "R", "0"], b"sesame\n");
    assert!(wrong.err.contains("WRONGPASS"), "{wrong:?}");
}
