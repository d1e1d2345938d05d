//! What can go wrong.

use std::time::Duration;

use circlet_core::life::Life;

use super::{Process, World};
use crate::letter::{Letter, Parcel};
use crate::node::{Birth, Node};

impl World {
    /// Starts the node at `place`, without memory, under a new life.
    pub(crate) fn start(&mut self, place: usize) {
        if !matches!(self.processes[place], Process::Down) || !self.is_member(place) || self.lost.contains(&place) {
            return;
        }
        let now = self.clocks.now(place, self.now);
        let (life, boots) = self.lives[place];
        let (life, boot) = (Life::next(life, now.wall.get()), boots + 1);
        self.lives[place] = (life, boot);
        self.trace.note(self.now, format_args!("{place}: starts, life {life}"));
        let seed = self.random.next();
        let birth = Birth {
            place,
            boot,
            life,
            seed,
        };
        let node = Node::start(birth, &self.disks[place], now, self.limits, self.bug);
        self.processes[place] = Process::Running(Box::new(node));
        // Its first words.
        self.turn_now(place, |_, _| {});
    }

    /// Kills the node at `place`; what it remembered is gone. Its peers' kernels learn of it at once if the machine lives on.
    pub(crate) fn crash(&mut self, place: usize, machine_too: bool) {
        if matches!(self.processes[place], Process::Down) {
            return;
        }
        self.trace.note(self.now, format_args!("{place}: is killed"));
        self.crashes += 1;
        self.history.is_memory_lost = true;
        self.processes[place] = Process::Down;
        self.armed.remove(&place);
        self.reset_links(|dialer, acceptor| dialer == place || acceptor == place, !machine_too);
    }

    /// Kills the node at `place` for good: nothing but [`heal`](Self::heal) starts it again.
    pub(crate) fn lose(&mut self, place: usize, machine_too: bool) {
        self.crash(place, machine_too);
        self.lost.insert(place);
        self.faults += 1;
    }

    /// Breaks the connections that `from` dialled to `to`, with all that is under way on them.
    pub(crate) fn break_link(&mut self, from: usize, to: usize) {
        self.trace
            .note(self.now, format_args!("the link of {from} to {to} breaks"));
        self.reset_links(|dialer, acceptor| (dialer, acceptor) == (from, to), true);
    }

    /// The disk of the node at `place` takes its time, or does no more: it votes on nothing meanwhile, and stays in its epoch.
    pub(crate) fn set_disk_slow(&mut self, place: usize, is_slow: bool) {
        self.turn_now(place, |node, now| node.set_disk_slow(now, is_slow));
    }

    /// Stops the node at `place`.
    pub(crate) fn pause(&mut self, place: usize) {
        let process = std::mem::replace(&mut self.processes[place], Process::Down);
        self.processes[place] = match process {
            Process::Running(node) => {
                self.trace.note(self.now, format_args!("{place}: is stopped"));
                Process::Paused {
                    node,
                    waiting: Vec::new(),
                    timers: Vec::new(),
                }
            }
            other => other,
        };
    }

    /// Wakes the node at `place`, which finds what piled up in its sockets: either what clients sent first, or what peers did, since
    /// different threads read them.
    pub(crate) fn wake(&mut self, place: usize, clients_first: bool) {
        let process = std::mem::replace(&mut self.processes[place], Process::Down);
        let (waiting, timers) = match process {
            Process::Paused { node, waiting, timers } => {
                self.trace.note(self.now, format_args!("{place}: wakes"));
                self.processes[place] = Process::Running(node);
                (waiting, timers)
            }
            other => {
                self.processes[place] = other;
                return;
            }
        };
        let (clients, peers): (Vec<_>, Vec<_>) =
            (waiting.into_iter()).partition(|(_, parcel)| matches!(parcel, Parcel::Command(_)));
        let (first, second) = if clients_first {
            (clients, peers)
        } else {
            (peers, clients)
        };
        for (from, parcel) in first.into_iter().chain(second) {
            self.turn_now(place, |node, now| node.on_parcel(now, from, parcel));
        }
        for timer in timers {
            self.turn_now(place, |node, now| node.on_timer(now, timer));
        }
        self.armed.remove(&place);
        self.turn_now(place, |node, now| node.on_control_deadline(now));
    }

    /// Undoes all that can be undone: everything runs, reaches everything, and has the right time. Only what is late is still late.
    pub(crate) fn heal(&mut self) {
        self.network.heal_all();
        self.clocks.heal();
        self.lost.clear();
        self.doomed = None;
        self.amnesia = None;
        self.trap = None;
        for place in 0..self.processes.len() {
            self.wake(place, false);
            self.start(place);
            if self.node(place).is_some_and(Node::is_disk_slow) {
                self.set_disk_slow(place, false);
            }
        }
        self.stop_holding_all();
        self.trace.note(self.now, format_args!("everything is healed"));
    }

    /// All is well, and everything has become quiet.
    pub(crate) fn become_rested(&mut self) {
        self.history.rested = Some(self.now);
        // A millisecond is lost where a clock is read, and another where a time is written.
        self.history.clocks_apart = self.clocks.apart_max() + Duration::from_millis(5);
    }

    fn reset_links(&mut self, doomed: impl Fn(usize, usize) -> bool, tell: bool) {
        for (connection, dialer, acceptor) in self.network.reset(doomed) {
            if !tell || self.node(dialer).is_none() {
                continue;
            }
            let at = self.now + self.network.delay();
            let letter = Letter::Closed;
            let to_boot = self.node(dialer).map(Node::boot);
            self.put_arrival(at, acceptor, dialer, to_boot, Parcel::Letter { connection, letter });
        }
    }
}
