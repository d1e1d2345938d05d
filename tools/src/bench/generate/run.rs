//! One run: connect, warm up, measure, stop.
//!
//! ```text
//! this thread:   connects | warm-up | CPU clocks | measures, draws progress | CPU clocks | stop
//! the threads:              run_closed or run_open, counting while it is measured
//! ```

use super::figures::Figures;
use super::keys::Draw;
use super::progress::Progress;
use super::slots::Slots;
use super::source::{Mix, Source};
use super::target::Target;
use crate::bench::interrupt;
use crate::failure::Failure;
use circlet_measure::load::{Client, Control, OnLost, Open, Pacer, Phase, Tally, run_closed, run_open};
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

/// How often the progress is drawn, and an interruption seen.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Open loop: requests of a client in flight, if nothing else is said.
const IN_FLIGHT_MAX: u32 = 128;

/// Time for the threads to begin, before the first operation of an open loop is due.
const RUN_UP: Duration = Duration::from_millis(5);

/// Requests in flight of a client while keys are filled in.
const FILL_PIPELINE: usize = 16;

/// Everything that makes two runs the same.
#[derive(Debug, Clone)]
pub(crate) struct Manner {
    pub(crate) draw: Draw,
    pub(crate) key_count: u64,
    pub(crate) clients: u32,
    pub(crate) threads: u32,
    pub(crate) pipeline: Option<u32>,
    pub(crate) seed: u64,
    pub(crate) warm_up: Duration,
    pub(crate) length: Length,
}

/// When a run ends.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Length {
    Requests(u64),
    Time(Duration),
}

/// Measures one mix of commands, in a closed loop or at a rate. An interruption ends the run; its figures are those until then.
///
/// # Errors
/// When connections are refused, or the system fails.
pub(crate) fn run(
    target: &Target,
    mix: &Arc<Mix>,
    manner: &Manner,
    rate: Option<u32>,
    what: &str,
) -> Result<Figures, Failure> {
    let threads = connect(target, mix, manner, &manner.draw.again())?;
    // Without a warm-up, everything counts from the first request on.
    let first = if manner.warm_up.is_zero() {
        Phase::Measure
    } else {
        Phase::WarmUp
    };
    let control = match manner.length {
        Length::Requests(requests) => Control::with_budget(first, requests),
        Length::Time(_) => Control::new(first),
    };
    let mut progress = Progress::new(what, manner.length);
    let start = Instant::now() + if rate.is_some() { RUN_UP } else { Duration::ZERO };
    let measure_from = start + manner.warm_up;
    let (ended, ends) = channel();
    let count = threads.len() as u32;
    let slots = target.slots.as_deref();
    let refreshes = || slots.map_or(0, Slots::refreshes);
    let refreshes_before = refreshes();
    let (mut window, tally) = thread::scope(|scope| {
        // It ends with this.
        let (_lasts, goes_on) = channel();
        if let Some(slots) = slots {
            scope.spawn(move || slots.keep_fresh(&goes_on));
        }
        let spawn = |(clients, part): (Vec<Client<Source>>, u32)| {
            let (control, ended) = (&control, Ended(ended.clone()));
            let pacer = rate.map(|rate| Pacer::part(start, rate, part, count));
            let pipeline = manner.pipeline;
            scope.spawn(move || {
                let _ended = ended;
                match pacer {
                    None => run_closed(clients, pipeline.unwrap_or(1) as usize, control, OnLost::Reconnect),
                    Some(pacer) => {
                        let in_flight_max = pipeline.unwrap_or(IN_FLIGHT_MAX) as usize;
                        let open = Open {
                            pacer,
                            measure_from,
                            in_flight_max,
                        };
                        run_open(clients, open, control)
                    }
                }
            })
        };
        let workers: Vec<_> = threads.into_iter().zip(0..).map(spawn).collect();
        drop(ended);
        let window = time(target, &control, manner.length, measure_from, &ends, &mut progress);
        control.enter(Phase::Stop);
        let mut tally = Tally::default();
        for worker in workers {
            let counted = worker
                .join()
                .map_err(|_| Failure::new("a thread of the load generator panicked"))?;
            tally.merge(counted.map_err(|error| Failure::because("the load generator failed", error))?);
        }
        Ok::<_, Failure>((window, tally))
    })?;
    progress.end();
    window.topology_refreshes = refreshes() - refreshes_before;
    Ok(Figures::new(&tally, &window, rate))
}

/// Tells that its thread has ended, however it has.
struct Ended(Sender<()>);

impl Drop for Ended {
    fn drop(&mut self) {
        // Whoever waits may have gone.
        let _ = self.0.send(());
    }
}

/// What was measured beside the answers.
pub(crate) struct Window {
    pub(crate) time: Duration,
    pub(crate) server_cpu_ns: Option<u64>,
    pub(crate) own_cpu_ns: u64,
    pub(crate) is_interrupted: bool,
    /// Of a cluster, in the whole run.
    pub(crate) topology_refreshes: u64,
}

/// Lets the run go through its phases, until its end; the load still runs then.
fn time(
    target: &Target,
    control: &Control,
    length: Length,
    measure_from: Instant,
    ends: &Receiver<()>,
    progress: &mut Progress,
) -> Window {
    wait(measure_from, ends, || {});
    let begin = Instant::now();
    let cpu = (target.cpu_ns(), circlet_measure::own_ns());
    control.enter(Phase::Measure);
    let until = match length {
        Length::Requests(_) => None,
        Length::Time(time) => Some(begin + time),
    };
    // Longer than anybody waits.
    let until = until.unwrap_or_else(|| begin + Duration::from_secs(u64::from(u32::MAX)));
    wait(until, ends, || progress.show(control.done(), begin.elapsed()));
    let after = (target.cpu_ns(), circlet_measure::own_ns());
    Window {
        time: begin.elapsed(),
        server_cpu_ns: cpu.0.zip(after.0).map(|(before, after)| after.saturating_sub(before)),
        own_cpu_ns: after.1.saturating_sub(cpu.1),
        is_interrupted: interrupt::has_come(),
        topology_refreshes: 0,
    }
}

/// Waits until then, until every thread has ended, or an interruption.
fn wait(until: Instant, ends: &Receiver<()>, mut meanwhile: impl FnMut()) {
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() || interrupt::has_come() {
            return;
        }
        match ends.recv_timeout(left.min(LOOK_AGAIN)) {
            Err(RecvTimeoutError::Disconnected) => return,
            // One thread has ended; the others go on.
            Ok(()) | Err(RecvTimeoutError::Timeout) => meanwhile(),
        }
    }
}

/// Opens all connections; the clients of each thread together.
fn connect(target: &Target, mix: &Arc<Mix>, manner: &Manner, draw: &Draw) -> Result<Vec<Vec<Client<Source>>>, Failure> {
    let threads = manner.threads.min(manner.clients) as usize;
    let mut all: Vec<Vec<Client<Source>>> = (0..threads).map(|_| Vec::new()).collect();
    for client in 0..manner.clients {
        let source = Source::new(mix, draw.clone(), manner.seed, u64::from(client));
        let opened = Client::open(target.of_client(client as usize), source);
        let opened = opened.map_err(|error| {
            Failure::because(
                format!("client {} of {} cannot connect", client + 1, manner.clients),
                error,
            )
        })?;
        all[client as usize % threads].push(opened);
    }
    Ok(all)
}

/// Has `mix` ask for each key once.
///
/// # Errors
/// When one of them is not answered well, or it is interrupted.
pub(crate) fn fill(target: &Target, mix: &Arc<Mix>, manner: &Manner) -> Result<(), Failure> {
    let draw = manner.draw.once(manner.key_count);
    let count = draw.len();
    let threads = connect(target, mix, manner, &draw)?;
    let mut progress = Progress::new("filling", Length::Requests(count));
    let control = Control::new(Phase::Measure);
    let (ended, ends) = channel();
    let counted: Vec<io::Result<Tally>> = thread::scope(|scope| {
        let spawn = |clients| {
            let (control, ended) = (&control, Ended(ended.clone()));
            scope.spawn(move || {
                let _ended = ended;
                run_closed(clients, FILL_PIPELINE, control, OnLost::End)
            })
        };
        let workers: Vec<_> = threads.into_iter().map(spawn).collect();
        drop(ended);
        let begin = Instant::now();
        let forever = begin + Duration::from_secs(u64::from(u32::MAX));
        wait(forever, &ends, || progress.show(control.done(), begin.elapsed()));
        control.enter(Phase::Stop);
        let panicked = |_| Err(io::Error::other("a thread panicked"));
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(panicked))
            .collect()
    });
    progress.end();
    let mut tally = Tally::default();
    for one in counted {
        tally.merge(one.map_err(|error| Failure::because("keys could not be filled in", error))?);
    }
    if interrupt::has_come() {
        return Err(Failure::new("interrupted while keys were filled in"));
    }
    match tally.errors.values().max_by_key(|errors| errors.count) {
        None => Ok(()),
        Some(most) => {
            let text = format!(
                "{} of {count} keys could not be filled in: {}",
                tally.error_count(),
                most.example
            );
            Err(Failure::new(text))
        }
    }
}
