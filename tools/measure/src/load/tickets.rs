//! The open loop for clients that are libraries: operations begin at their times, and end whenever their own tasks say so.
//!
//! ```text
//! Pacer -- due --> begin(number, Ticket) --> a task of the client under test -- Ticket::end --> Tally of the window it was due in
//! ```
//!
//! It knows no runtime: `begin` hands the ticket to whatever makes the call. Latency is counted from the due moment, and into the window of that moment, so that the
//! second in which something happened can be looked at by itself.

use super::pacer::Pacer;
use super::tally::Tally;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The pace of looking again while operations end, or while none may begin.
const LOOK_AGAIN: Duration = Duration::from_micros(100);

/// The kind of error of an operation whose ticket was dropped: its task has panicked, or was given up.
const DROPPED: &str = "DROPPED";

/// How long to keep a rate.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Operations a second; not 0.
    pub rate: u32,
    /// Length of a window; not zero.
    pub window: Duration,
    /// Windows.
    pub windows: usize,
    /// Operations that may be under way. One more waits with the pacer, and its latency goes on.
    pub in_flight_max: usize,
    /// How long the last ones have to end, before they are left.
    pub drain_max: Duration,
}

/// One operation that is under way. To be ended; dropped without, it counts as an error.
#[derive(Debug)]
pub struct Ticket {
    due: Instant,
    window: usize,
    books: Arc<Books>,
    is_over: bool,
}

#[derive(Debug)]
struct Books {
    in_flight: AtomicUsize,
    windows: Mutex<Vec<Tally>>,
}

impl Books {
    /// A task that panicked while it held the lock has left counts that are whole.
    fn lock(&self) -> MutexGuard<'_, Vec<Tally>> {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ticket {
    /// The operation has ended: well, or with an error of this kind and text. The latency of failed ones counts as well.
    pub fn end(mut self, result: Result<(), (String, String)>) {
        self.note(result, Instant::now());
    }

    fn note(&mut self, result: Result<(), (String, String)>, now: Instant) {
        self.is_over = true;
        let mut windows = self.books.lock();
        let tally = &mut windows[self.window];
        tally
            .latency
            .record(now.saturating_duration_since(self.due).as_nanos() as u64);
        match result {
            Ok(()) => tally.operations += 1,
            Err((kind, text)) => tally.add_errors(&kind, &text, 1),
        }
        drop(windows);
        self.books.in_flight.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !self.is_over {
            self.note(Err((DROPPED.to_owned(), "never ended".to_owned())), Instant::now());
        }
    }
}

/// Keeps the plan's rate from `start` on, on this thread, and returns what became of the operations of each window. Those that are under way when the time to drain is over
/// are `unsent` in the last window: nobody knows of them.
pub fn run_tickets(start: Instant, plan: Plan, mut begin: impl FnMut(u64, Ticket)) -> Vec<Tally> {
    let books = Arc::new(Books {
        in_flight: AtomicUsize::new(0),
        windows: Mutex::new(vec![Tally::default(); plan.windows]),
    });
    let mut pacer = Pacer::new(start, plan.rate);
    let mut number = 0;
    loop {
        let due = pacer.next_due();
        let window = (due.duration_since(start).as_nanos() / plan.window.as_nanos()) as usize;
        if window >= plan.windows {
            break;
        }
        let now = Instant::now();
        let has_room = books.in_flight.load(Ordering::Acquire) < plan.in_flight_max;
        if !has_room || pacer.take(now).is_none() {
            std::thread::sleep(if has_room { due - now } else { LOOK_AGAIN });
            continue;
        }
        books.in_flight.fetch_add(1, Ordering::AcqRel);
        books.lock()[window].lateness.record((now - due).as_nanos() as u64);
        let books = Arc::clone(&books);
        begin(
            number,
            Ticket {
                due,
                window,
                books,
                is_over: false,
            },
        );
        number += 1;
    }
    let ended = Instant::now();
    while books.in_flight.load(Ordering::Acquire) > 0 && ended.elapsed() < plan.drain_max {
        std::thread::sleep(LOOK_AGAIN);
    }
    let mut windows = std::mem::take(&mut *books.lock());
    // Tickets that are left must find their window.
    *books.lock() = vec![Tally::default(); plan.windows];
    if let Some(last) = windows.last_mut() {
        last.unsent = books.in_flight.load(Ordering::Acquire) as u64;
    }
    windows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(windows: usize, in_flight_max: usize) -> Plan {
        Plan {
            rate: 1_000,
            window: Duration::from_millis(20),
            windows,
            in_flight_max,
            drain_max: Duration::from_secs(20),
        }
    }

    /// For an operation that is to take its time.
    fn wait_until_past(at: Instant) {
        while Instant::now() < at {
            std::thread::sleep(LOOK_AGAIN);
        }
    }

    #[test]
    fn every_operation_counts_in_the_window_in_which_it_was_due() {
        let windows = run_tickets(Instant::now(), plan(3, 100), |number, ticket| {
            ticket.end(match number {
                25 => Err(("Lost".to_owned(), "gone".to_owned())),
                _ => Ok(()),
            });
        });
        let seen: Vec<_> = windows
            .iter()
            .map(|tally| (tally.operations, tally.error_count(), tally.latency.count()))
            .collect();
        assert_eq!(seen, [(20, 0, 20), (19, 1, 20), (20, 0, 20)]);
    }

    #[test]
    fn an_operation_that_nobody_ends_is_an_error_and_not_forgotten() {
        let windows = run_tickets(Instant::now(), plan(1, 100), |_, ticket| drop(ticket));
        assert_eq!(
            windows[0].errors.get(DROPPED).map(|errors| errors.count),
            Some(20),
            "{:?}",
            windows[0].errors
        );
    }

    #[test]
    fn what_waits_for_room_waits_from_when_it_was_due() {
        let (held, mut first) = (std::sync::mpsc::channel(), true);
        let (hold, holds) = held;
        let keeper = std::thread::spawn(move || {
            let ticket: Ticket = holds.recv().expect("the first ticket");
            wait_until_past(Instant::now() + Duration::from_millis(30));
            ticket.end(Ok(()));
        });
        let windows = run_tickets(Instant::now(), plan(1, 1), |_, ticket| match first {
            true => {
                first = false;
                hold.send(ticket).expect("somebody keeps it");
            }
            false => ticket.end(Ok(())),
        });
        keeper.join().expect("it ends");
        assert_eq!(windows[0].operations, 20, "nothing is omitted");
        assert!(
            windows[0].latency.quantile(0.5) >= 15_000_000,
            "those behind the slow one are slow too: {} ns",
            windows[0].latency.quantile(0.5)
        );
    }
}
