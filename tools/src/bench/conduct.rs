//! One system through one scenario: load the keys, keep the load going, do the steps, read everything back.
//!
//! ```text
//! this thread:       loads | step, wait until settled | loads | steady | step ...
//! the load's thread: operations at their times, all the while; told which phase it is
//! ```

use super::args::RebalanceArgs;
use super::interrupt::pause;
use super::load::{Checks, Generator, Manner, Order, Phase, Record, Source, Sweep, Workload};
use super::report::{PhaseReport, ReadBack, SystemReport};
use super::scenario::{Action, Scenario};
use super::system::{NodeLoad, Progress, System};
use crate::failure::Failure;
use crate::output::say;
use circlet_measure::load::Pacer;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

/// How often a step is asked whether it is over.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// What is known of a phase beside what the load saw.
struct Mark {
    action: Option<Action>,
    said: Option<String>,
    /// What had to be sent, as a share of all entries.
    least: Option<f64>,
    /// The nodes when it began.
    loads: Vec<NodeLoad>,
}

/// Runs the scenario on the system, which ends with this call.
///
/// # Errors
/// When keys cannot be loaded, or a step fails or takes too long.
pub(crate) fn run(
    mut system: Box<dyn System>,
    scenario: &Scenario,
    args: &RebalanceArgs,
) -> Result<SystemReport, Failure> {
    let name = system.name();
    say(format!(
        "{name}: loading {} keys of {} bytes",
        args.keys, args.value_bytes
    ));
    let manner = Manner {
        connections: args.connections,
        patience: Duration::from_millis(u64::from(args.patience_ms)),
        value_bytes: args.value_bytes as usize,
        run: rand::random(),
    };
    let record = Record::new(Instant::now(), "load");
    let mut generator = Generator::new(manner, &system.seeds(), Checks::new(args.check_keys), record);
    let load_s = load(&mut generator, args.keys)?;
    let (begin, began_at) = (Instant::now(), SystemTime::now());
    generator.record = Record::new(begin, "steady");
    let (orders, told) = channel();
    let (marks, generator) = thread::scope(|scope| {
        let load = scope.spawn(move || {
            let mut source = Source::Paced(Pacer::new(Instant::now(), args.rate), Workload::new(args));
            generator.run(&mut source, &told).map(|()| generator)
        });
        let marks = steps(system.as_mut(), scenario, args, begin, &orders);
        // The load may have ended with an error, which is told below.
        let _ = orders.send(Order::Phase("end".into()));
        let _ = orders.send(Order::Stop);
        let generator = load.join().map_err(|_| Failure::new("the load panicked"));
        Ok::<_, Failure>((
            marks?,
            generator?.map_err(|error| Failure::because("the load failed", error))?,
        ))
    })?;
    say(format!("{name}: reading everything back"));
    let mut generator = generator;
    let measured = std::mem::replace(&mut generator.record, Record::new(Instant::now(), "read back"));
    let read_back = read_back(&mut generator, args)?;
    Ok(SystemReport {
        name,
        load_s,
        began_at_unix_s: began_at
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0.0, |at| at.as_secs_f64()),
        entry_bytes: 16 + u64::from(args.value_bytes),
        phases: phases(&measured, &marks, &system.loads()),
        timeline: measured.buckets,
        read_back,
    })
}

/// What the load saw, and how the nodes were at the ends of each phase.
fn phases(measured: &Record, marks: &[Mark], last: &[NodeLoad]) -> Vec<PhaseReport> {
    let ends = marks
        .iter()
        .skip(1)
        .map(|mark| mark.loads.clone())
        .chain([last.to_vec()]);
    let report = |((phase, mark), after): ((&Phase, &Mark), Vec<NodeLoad>)| {
        let entries: u64 = mark.loads.iter().map(|load| load.keys).sum();
        PhaseReport {
            phase: phase.clone(),
            is_step: mark.action.is_some(),
            moves: mark.action.is_some_and(|action| !matches!(action, Action::Kill(_))),
            said: mark.said.clone(),
            entries_moved_least: mark.least.map(|least| (least * entries as f64).round() as u64),
            before: mark.loads.clone(),
            after,
        }
    };
    measured.phases.iter().zip(marks).zip(ends).map(report).collect()
}

/// Does the steps, one after the other; answers a mark for each phase, steady ones included.
fn steps(
    system: &mut dyn System,
    scenario: &Scenario,
    args: &RebalanceArgs,
    begin: Instant,
    orders: &Sender<Order>,
) -> Result<Vec<Mark>, Failure> {
    let steady = |loads| Mark {
        action: None,
        said: None,
        least: None,
        loads,
    };
    let mut marks = vec![steady(system.loads())];
    let name = system.name();
    for (step, number) in scenario.steps.iter().zip(1..) {
        let step_failed =
            |failure: Failure| Failure::because(format!("{name}: step {number} ({}) failed", step.action), failure);
        pause((begin + step.at).saturating_duration_since(Instant::now()))?;
        let loads = system.loads();
        tell(orders, Order::Phase(step.action.to_string()))?;
        let started = Instant::now();
        let said = system.begin(step.action).map_err(step_failed)?;
        say(format!("{name}: {:7.1} s  {said}", begin.elapsed().as_secs_f64()));
        let mut during = step.during.iter().peekable();
        let mut quiet = None;
        loop {
            while let Some((_, action)) = during.next_if(|(into, _)| started.elapsed() >= *into) {
                let said = system.disturb(*action).map_err(step_failed)?;
                say(format!("{name}: {:7.1} s  {said}", begin.elapsed().as_secs_f64()));
            }
            let progress = match during.peek() {
                None => system.progress().map_err(step_failed)?,
                Some(_) => Progress::UnderWay,
            };
            if progress == Progress::Over {
                break;
            }
            follow(system, progress, &mut quiet, orders)?;
            if started.elapsed() > Duration::from_secs(u64::from(args.step_s_max)) {
                return Err(step_failed(Failure::new(format!(
                    "it is not over after {} s",
                    args.step_s_max
                ))));
            }
            pause(LOOK_AGAIN)?;
        }
        marks.push(Mark {
            action: Some(step.action),
            said: Some(said),
            least: system.least_moved(),
            loads,
        });
        let (over_at, loads) = quiet.unwrap_or_else(|| (Instant::now(), system.loads()));
        marks.push(steady(loads));
        tell(orders, Order::Phase(format!("after {}", step.action)))?;
        say(format!(
            "{name}: {:7.1} s  over after {:.2} s",
            begin.elapsed().as_secs_f64(),
            (over_at - started).as_secs_f64()
        ));
        pause(scenario.settle)?;
    }
    Ok(marks)
}

/// Since when a step seems to be over, and the nodes then.
type Quiet = Option<(Instant, Vec<NodeLoad>)>;

/// Tells the load when the step under way seems to be over, and when it was not.
fn follow(system: &dyn System, progress: Progress, quiet: &mut Quiet, orders: &Sender<Order>) -> Result<(), Failure> {
    match progress {
        Progress::Quiet if quiet.is_none() => {
            tell(orders, Order::Quiet)?;
            *quiet = Some((Instant::now(), system.loads()));
        }
        Progress::UnderWay if quiet.take().is_some() => tell(orders, Order::GoesOn)?,
        Progress::Over | Progress::Quiet | Progress::UnderWay => {}
    }
    Ok(())
}

fn tell(orders: &Sender<Order>, order: Order) -> Result<(), Failure> {
    orders.send(order).map_err(|_| Failure::new("the load has ended"))
}

/// Nobody orders anything while keys are swept.
fn nobody() -> Receiver<Order> {
    channel().1
}

fn load(generator: &mut Generator, keys: u64) -> Result<f64, Failure> {
    let begin = Instant::now();
    sweep(generator, Sweep::Load, keys)?;
    let phase = generator.record.phases.last();
    match phase.map_or(0, |phase| phase.counts.failed) {
        0 => Ok(begin.elapsed().as_secs_f64()),
        failed => {
            let kinds = phase
                .map(|phase| format!("{:?}", phase.counts.error_kinds))
                .unwrap_or_default();
            Err(Failure::new(format!("{failed} keys could not be loaded: {kinds}")))
        }
    }
}

/// Runs a sweep as a phase of its own.
fn sweep(generator: &mut Generator, what: Sweep, keys: u64) -> Result<(), Failure> {
    let done = generator.run(&mut Source::sweep(what, keys), &nobody());
    done.map_err(|error| Failure::because("the load failed", error))?;
    generator.record.enter(Instant::now(), "next");
    pause(Duration::ZERO)
}

/// Reads every key once, when all is over: what was acknowledged must be there.
fn read_back(generator: &mut Generator, args: &RebalanceArgs) -> Result<ReadBack, Failure> {
    sweep(generator, Sweep::ReadBackChecked, u64::from(args.check_keys))?;
    sweep(generator, Sweep::ReadBack, args.keys)?;
    let [.., checked, loaded] = &generator.record.phases[..] else {
        return Ok(ReadBack::default());
    };
    Ok(ReadBack {
        lost_checked: checked.counts.went_back + checked.counts.foreign,
        lost_loaded: loaded.counts.misses,
        resurrected: checked.counts.resurrected,
        unread: checked.counts.failed + loaded.counts.failed,
    })
}
