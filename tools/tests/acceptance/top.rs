//! `circlet top` in a terminal of 80 columns and 24 rows, and in none.

use crate::support::{Cluster, PATIENCE, Terminal, circlet, wait_until};
use rustix::process::{Signal, kill_process};

/// `circlet top` in a terminal.
struct Top(Terminal);

impl Top {
    fn start(args: &[&str]) -> Self {
        Top(Terminal::start(&mut circlet(args), 80))
    }

    fn has_written(&self, text: &str) -> bool {
        self.0.written().contains(text)
    }

    /// Waits until a line of the screen has this text.
    fn wait_for(&self, text: &str) {
        let lines = || screen(&self.0.written());
        let shown = wait_until(PATIENCE, || lines().iter().any(|line| line.contains(text)));
        assert!(shown.is_some(), "`{text}` is not shown:\n{}", lines().join("\n"));
    }

    fn wait_for_restored(&self) {
        assert!(
            wait_until(PATIENCE, || self.has_written(RESTORED)).is_some(),
            "the terminal is left as it was"
        );
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

/// What leaves the second screen of a terminal, and shows what was there before.
const RESTORED: &str = "\x1b[?1049l";

#[test]
fn it_shows_the_cluster_until_q_or_a_signal_and_puts_the_terminal_right() {
    let mut cluster = Cluster::start();
    let (dir, at) = (
        cluster.dir().display().to_string(),
        format!("127.0.0.1:{}", cluster.client_port(1)),
    );
    let mut top = Top::start(&["top", "--dir", &dir, "--interval", "0.2"]);
    top.wait_for("3 of 3 nodes well");
    top.wait_for("node 3");
    top.wait_for("ring: primaries by slot");
    top.wait_for("none lately");
    let gets = vec![vec!["GET", "the:hottest:key"]; 50];
    cluster.connect(2).pipeline(&gets).expect("replies");
    top.wait_for("the:hottest:key");
    cluster.kill(3);
    top.wait_for("2 of 3");
    assert!(!top.has_written(RESTORED));
    top.0.press("q");
    assert!(top.0.wait().success());
    top.wait_for_restored();
    let mut top = Top::start(&["top", "--at", &at]);
    top.wait_for("2 of 3 nodes well");
    kill_process(top.0.pid(), Signal::TERM).expect("it runs");
    top.0.wait();
    top.wait_for_restored();
}

#[test]
fn without_a_terminal_it_says_what_to_use() {
    let done = circlet(&["top"]).output().expect("the program runs");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(said.contains("no terminal: `circlet status`"), "{said}");
    assert_eq!(done.status.code(), Some(1));
}
