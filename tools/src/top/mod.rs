//! `circlet top`: the cluster in a terminal, live.
//!
//! ```text
//! a thread: asks all nodes, every --interval --Look--> channel
//! this one: keys | Look -> View::of(before, now) -> draw
//! ```
//!
//! What is shown is computed from two looks by pure functions (`view`), and drawn by another (`draw`), which the tests call on a terminal that
//! is none. The terminal is put right again when the program ends, also by a panic (the hook that ratatui sets, which runs before an abort) and by signals.

mod draw;
mod look;
#[cfg(test)]
mod tests;
mod view;

use crate::args::WhereArgs;
use crate::ask;
use crate::bench::interrupt;
use crate::failure::Failure;
use crate::names::Names;
use crate::output;
use clap::Args as ClapArgs;
use look::Look;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use std::io;
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;
use view::{Order, View};

/// How often keys and signals are looked for.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// What `circlet top --help` ends with.
pub(crate) const EXAMPLES: &str = "\
Keys: q quit   s next column to sort by   r other way round   p or space pause   c commands, whole cluster or busiest node\n      k hottest keys alone\n\n\
Rates and latencies are of the time between two looks; latencies are the servers' own, from histograms whose steps double.\n\
Without colours where NO_COLOR is set. Not on a terminal: use `circlet status`.\n\n\
Examples:\n  circlet top\n  circlet top --at 10.0.0.1:7001 --interval 0.5";

/// `circlet top`
#[derive(Debug, ClapArgs)]
pub(crate) struct TopArgs {
    #[command(flatten)]
    pub(crate) cluster: WhereArgs,
    /// Seconds between two looks
    #[arg(long, value_name = "SECONDS", default_value_t = 1.0, value_parser = interval)]
    pub(crate) interval: f64,
}

fn interval(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.1..=60.0).contains(&seconds) => Ok(seconds),
        _ => Err("expected seconds from 0.1 to 60".into()),
    }
}

/// Shows the cluster until `q`.
///
/// # Errors
/// When standard output is no terminal, no node answers, or the terminal cannot be used.
pub(crate) fn run(args: &TopArgs) -> Result<(), Failure> {
    if !output::is_terminal() {
        return Err(Failure::new(
            "standard output is no terminal: `circlet status` shows the nodes once, and as --json",
        ));
    }
    let seeds = ask::cluster_addresses(&args.cluster)?;
    let names = Names::of(&args.cluster.dir);
    let first = Look::take(&seeds)?;
    interrupt::listen()?;
    let (sender, looks) = sync_channel(1);
    let interval = Duration::from_secs_f64(args.interval);
    // Ends when nobody listens any more, which is noticed at its next look.
    thread::spawn(move || watch(seeds, interval, &sender));
    let mut terminal = ratatui::try_init().map_err(|error| Failure::because("cannot use the terminal", error))?;
    let done = show(&mut terminal, first, &looks, &names);
    ratatui::restore();
    done.map_err(|error| Failure::because("the terminal failed", error))
}

/// Looks again and again.
fn watch(seeds: Vec<SocketAddr>, interval: Duration, looks: &SyncSender<Result<Look, String>>) {
    let mut seeds = seeds;
    loop {
        thread::sleep(interval);
        let look = Look::take(&seeds).map_err(|failure| failure.to_string());
        if let Ok(look) = &look {
            // Members come and go: whoever was seen can be asked next time, and the first ones always.
            let known = look.addresses().filter(|at| !seeds.contains(at)).collect::<Vec<_>>();
            seeds.extend(known);
        }
        if looks.send(look).is_err() {
            return;
        }
    }
}

/// What the person at the terminal has chosen.
#[derive(Debug, Default)]
struct Screen {
    order: Order,
    is_paused: bool,
    has_colours: bool,
    /// Commands of the node with most of them, and not of all nodes.
    of_busiest: bool,
    /// The hottest keys in place of the commands, and not below them.
    only_keys: bool,
    /// Why there is nothing new.
    trouble: Option<String>,
}

impl Screen {
    /// Takes a key; false when it is to end.
    fn on_key(&mut self, code: KeyCode, modifiers: KeyModifiers) -> bool {
        match code {
            KeyCode::Char('q') | KeyCode::Esc => return false,
            KeyCode::Char('c') if modifiers.contains(KeyModifiers::CONTROL) => return false,
            KeyCode::Char('s') => self.order.column = self.order.column.next(),
            KeyCode::Char('r') => self.order.is_reversed = !self.order.is_reversed,
            KeyCode::Char('p' | ' ') => self.is_paused = !self.is_paused,
            KeyCode::Char('k') => self.only_keys = !self.only_keys,
            KeyCode::Char('c') => self.of_busiest = !self.of_busiest,
            _ => {}
        }
        true
    }
}

fn show(
    terminal: &mut DefaultTerminal,
    first: Look,
    looks: &Receiver<Result<Look, String>>,
    names: &Names,
) -> io::Result<()> {
    let mut screen = Screen {
        has_colours: output::has_colours(),
        ..Screen::default()
    };
    let mut view = View::of(None, &first, names);
    let mut before = first;
    let mut is_stale = true;
    while !interrupt::has_come() {
        if is_stale {
            terminal.draw(|frame| draw::draw(frame, &view, &screen))?;
        }
        is_stale = false;
        if event::poll(LOOK_AGAIN)? {
            is_stale = true;
            match event::read()? {
                Event::Key(key) if key.kind == KeyEventKind::Press && !screen.on_key(key.code, key.modifiers) => {
                    return Ok(());
                }
                _ => {}
            }
        }
        if let Ok(look) = looks.try_recv() {
            is_stale = true;
            match look {
                Ok(now) => {
                    if !screen.is_paused {
                        view = View::of(Some(&before), &now, names);
                    }
                    (before, screen.trouble) = (now, None);
                }
                Err(why) => screen.trouble = Some(why),
            }
        }
    }
    Ok(())
}
