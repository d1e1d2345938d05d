//! `circlet top` in a terminal of 80 columns and 24 rows, and in none.

use crate::support::{Cluster, PATIENCE, circlet, wait_until};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::process::{Child, ExitStatus};
use std::sync::{Arc, Mutex};
use std::thread;

/// A program in a terminal, and what it has written there.
struct Terminal {
    process: Child,
    keys: File,
    seen: Arc<Mutex<String>>,
}

impl Terminal {
    fn start(args: &[&str]) -> Self {
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&terminal)
            .and_then(|()| unlockpt(&terminal))
            .expect("its other side");
        let size = Winsize {
            ws_row: 24,
            ws_col: 80,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&terminal, size).expect("a size");
        let name = ptsname(&terminal, Vec::new()).expect("its name");
        let name = name.to_str().expect("text");
        let side = || {
            OpenOptions::new()
                .read(true)
                .write(true)
                .open(name)
                .expect("the other side")
        };
        let mut program = circlet(args);
        let process = program
            .stdin(side())
            .stdout(side())
            .stderr(side())
            .spawn()
            .expect("the program runs");
        let keys = File::from(terminal);
        let mut screen = keys.try_clone().expect("the terminal");
        let seen = Arc::new(Mutex::new(String::new()));
        let shown = Arc::clone(&seen);
        // Ends when the terminal's other side is closed: with the program.
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count) = screen.read(&mut bytes) {
                shown
                    .lock()
                    .expect("no panic")
                    .push_str(&String::from_utf8_lossy(&bytes[..count]));
            }
        });
        Terminal { process, keys, seen }
    }

    fn has_written(&self, text: &str) -> bool {
        self.seen.lock().expect("no panic").contains(text)
    }

    /// Waits until a line of the screen has this text.
    fn wait_for(&self, text: &str) {
        let lines = || screen(&self.seen.lock().expect("no panic"));
        let shown = wait_until(PATIENCE, || lines().iter().any(|line| line.contains(text)));
        assert!(shown.is_some(), "`{text}` is not shown:\n{}", lines().join("\n"));
    }

    fn wait_for_restored(&self) {
        assert!(
            wait_until(PATIENCE, || self.has_written(RESTORED)).is_some(),
            "the terminal is left as it was"
        );
    }

    fn end(&mut self) -> ExitStatus {
        let ended = wait_until(PATIENCE, || self.process.try_wait().expect("a process").is_some());
        assert!(ended.is_some(), "it does not end");
        self.process.wait().expect("it has ended")
    }
}

/// What a terminal shows after these bytes: letters go where the cursor was set, everything else is colours.
fn screen(bytes: &str) -> Vec<String> {
    let mut cells = vec![vec![' '; 80]; 24];
    let (mut row, mut column) = (0, 0);
    let mut rest = bytes.chars();
    while let Some(letter) = rest.next() {
        if letter != '\x1b' {
            if let Some(cell) = cells.get_mut(row).and_then(|line: &mut Vec<char>| line.get_mut(column)) {
                *cell = letter;
            }
            column += 1;
            continue;
        }
        let (mut parameters, mut last) = (String::new(), None);
        for letter in rest.by_ref() {
            if letter.is_ascii_alphabetic() {
                last = Some(letter);
                break;
            }
            parameters.push(letter);
        }
        // Places count from 1.
        if last == Some('H')
            && let Some((to_row, to_column)) = parameters.trim_start_matches('[').split_once(';')
            && let (Ok(to_row), Ok(to_column)) = (to_row.parse::<usize>(), to_column.parse::<usize>())
        {
            (row, column) = (to_row.saturating_sub(1), to_column.saturating_sub(1));
        }
    }
    cells.into_iter().map(String::from_iter).collect()
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // One that has ended by itself is no trouble.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What leaves the second screen of a terminal, and shows what was there before.
const RESTORED: &str = "\x1b[?1049l";

#[test]
fn it_shows_the_cluster_until_q_or_a_signal_and_puts_the_terminal_right() {
    let mut cluster = Cluster::start();
    let (dir, at) = (
        cluster.dir().display().to_string(),
        format!("127.0.0.1:{}", cluster.client_port(1)),
    );
    let mut top = Terminal::start(&["top", "--dir", &dir, "--interval", "0.2"]);
    top.wait_for("3 of 3 nodes well");
    top.wait_for("node 3");
    top.wait_for("ring: primaries by slot");
    cluster.kill(3);
    top.wait_for("2 of 3");
    assert!(!top.has_written(RESTORED));
    top.keys.write_all(b"q").expect("the terminal takes keys");
    assert!(top.end().success());
    top.wait_for_restored();
    let mut top = Terminal::start(&["top", "--at", &at]);
    top.wait_for("2 of 3 nodes well");
    kill_process(Pid::from_child(&top.process), Signal::TERM).expect("it runs");
    top.end();
    top.wait_for_restored();
}

#[test]
fn without_a_terminal_it_says_what_to_use() {
    let done = circlet(&["top"]).output().expect("the program runs");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(said.contains("no terminal: `circlet status`"), "{said}");
    assert_eq!(done.status.code(), Some(1));
}
