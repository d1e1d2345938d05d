//! `circlet bench`: the load generator.
//!
//! ```text
//! args -> Plan (tests, keys, sizes) -> run: Source -> circlet_measure::load -> Tally -> Figures -> text, JSON
//!                                       ^ A B A B: compare;  a ladder of rates: curve
//! ```
//!
//! docs/design/load-generator.md says what is measured how.

pub(crate) mod args;
mod asked;
mod compare;
mod curve;
mod figures;
mod greeting;
mod keys;
mod plan;
mod progress;
mod run;
mod sizes;
mod slots;
mod source;
mod target;
mod trace;

use super::interrupt;
use crate::failure::Failure;
use crate::output::say;
use args::{LoadArgs, Rates};
use compare::Comparison;
use curve::Curve;
use figures::Figures;
use plan::Plan;
use serde_json::{Value, json};
use std::sync::Arc;
use target::Target;

/// Measures.
///
/// # Errors
/// When the server cannot be reached, nothing was answered, or it was interrupted.
pub(crate) fn run(args: &LoadArgs) -> Result<(), Failure> {
    let plan = Plan::new(args)?;
    interrupt::listen()?;
    let ours = Target::find(&plan::addresses(args)?, &args.on_connect, args.cluster)?;
    let other = args
        .compare
        .map(|at| Target::find(&[at], &args.compare_on_connect, args.cluster))
        .transpose()?;
    let mut session = Session {
        args,
        targets: [Some(ours), other].into_iter().flatten().collect(),
        results: Vec::new(),
        answered: 0,
        plan,
    };
    let done = session.measure();
    if args.json {
        say(session.json());
    }
    done?;
    match session.answered {
        _ if interrupt::has_come() => Err(Failure::new("interrupted")),
        0 => Err(Failure::new("nothing was answered but errors")),
        _ => Ok(()),
    }
}

/// What has been measured so far.
struct Session<'a> {
    args: &'a LoadArgs,
    plan: Plan,
    /// What is measured, and perhaps what it is compared with.
    targets: Vec<Target>,
    results: Vec<Value>,
    answered: u64,
}

impl Session<'_> {
    fn measure(&mut self) -> Result<(), Failure> {
        if !self.args.json {
            say(&self.plan.setup);
        }
        if self.args.fill {
            for target in &self.targets {
                run::fill(target, &self.plan.fill(target)?, &self.plan.manner)?;
            }
        }
        for test in 0..self.plan.tests() {
            if interrupt::has_come() {
                return Ok(());
            }
            match (&self.args.latency_curve, self.targets.len()) {
                (Some(rates), _) => self.curves(test, rates)?,
                (None, 1) => self.single(test)?,
                (None, _) => self.compare(test)?,
            }
        }
        Ok(())
    }

    /// One run on one server.
    fn once(&mut self, test: usize, target: usize, rate: Option<u32>) -> Result<Figures, Failure> {
        let mix = Arc::new(self.plan.mix(test, &self.targets[target])?);
        let what = match rate {
            _ if self.targets.len() > 1 => format!("{} on {}", mix.name(), ["A", "B"][target]),
            Some(rate) => format!("{} at {rate}/s", mix.name()),
            None => mix.name(),
        };
        let figures = run::run(&self.targets[target], &mix, &self.plan.manner, rate, &what)?;
        self.answered += figures.operations;
        Ok(figures)
    }

    fn single(&mut self, test: usize) -> Result<(), Failure> {
        let figures = self.once(test, 0, self.args.rate)?;
        let name = self.plan.name(test);
        if !self.args.json {
            say(figures.text(&format!("{name} on {}", self.targets[0].name)));
        }
        self.results
            .push(json!({ "test": name, "server": self.targets[0].name, "figures": figures }));
        Ok(())
    }

    fn compare(&mut self, test: usize) -> Result<(), Failure> {
        let mut rounds = Vec::new();
        for _ in 0..self.args.rounds {
            let a = self.once(test, 0, self.args.rate)?;
            if interrupt::has_come() {
                break;
            }
            let b = self.once(test, 1, self.args.rate)?;
            if interrupt::has_come() {
                break;
            }
            rounds.push((a, b));
        }
        if rounds.is_empty() {
            return Ok(());
        }
        let [a, b] = &self.targets[..] else { return Ok(()) };
        let compared = Comparison::new(self.plan.name(test), &a.name, &b.name, rounds);
        if !self.args.json {
            say(compared.text());
        }
        self.results.push(json!(compared));
        Ok(())
    }

    fn curves(&mut self, test: usize, rates: &Rates) -> Result<(), Failure> {
        let rates = match rates {
            Rates::These(rates) => rates.clone(),
            Rates::Auto => curve::ladder(self.once(test, 0, None)?.ops_per_s),
        };
        let mut curves = Vec::new();
        for target in 0..self.targets.len() {
            let mut points = Vec::new();
            for rate in &rates {
                if interrupt::has_come() {
                    break;
                }
                points.push(self.once(test, target, Some(*rate))?);
            }
            let (test, server) = (self.plan.name(test), self.targets[target].name.clone());
            curves.push(Curve { test, server, points });
        }
        for curve in &curves {
            if !self.args.json {
                say(curve.text());
            }
            self.results.push(json!(curve));
        }
        if let Some(path) = &self.args.svg {
            let path = plan::numbered(path, test, self.plan.tests());
            let wrote = std::fs::write(&path, curve::svg(&curves));
            wrote.map_err(|error| Failure::because(format!("cannot write {}", path.display()), error))?;
            if !self.args.json {
                say(format!("written to {}", path.display()));
            }
        }
        Ok(())
    }

    fn json(&self) -> Value {
        json!({ "version": 1, "setup": self.plan.setup, "interrupted": interrupt::has_come(), "results": self.results })
    }
}
