//! The command line, checked and ready: what is run, with what.

use super::args::LoadArgs;
use super::asked::{Asked, Preset, Style};
use super::figures::grouped;
use super::keys::{Draw, KeyDistribution};
use super::run::{Length, Manner};
use super::source::Mix;
use super::target::Target;
use super::trace::Trace;
use crate::ask;
use crate::failure::Failure;
use crate::layout;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Commands with the share of 0 to 1 up to which each goes.
type Test = Vec<(What, f64)>;

#[derive(Debug, Clone)]
enum What {
    Preset(Preset),
    Custom(String),
}

/// See the module's header.
#[derive(Debug)]
pub(crate) struct Plan {
    /// What was asked for, in a line.
    pub(crate) setup: String,
    pub(crate) manner: Manner,
    args: LoadArgs,
    tests: Vec<Test>,
    names: Vec<String>,
}

impl Plan {
    /// # Errors
    /// When options do not go together, or a trace cannot be read.
    pub(crate) fn new(args: &LoadArgs) -> Result<Self, Failure> {
        let trace = match &args.key_distribution {
            KeyDistribution::Trace(path) => Some(Arc::new(Trace::load(path)?)),
            _ => None,
        };
        let tests = tests(args);
        let uses_ttl = |what: &What| match what {
            What::Preset(preset) => *preset == Preset::Set,
            What::Custom(command) => command.contains("__ttl__"),
        };
        if args.ttl.is_some() && !tests.iter().flatten().any(|(what, _)| uses_ttl(what)) {
            return Err(Failure::new(
                "--ttl is for SET, and for commands with __ttl__: none is among the tests",
            ));
        }
        let length = match args.requests {
            Some(requests) => Length::Requests(requests),
            None => Length::Time(Duration::from_secs_f64(args.seconds)),
        };
        let mut plan = Plan {
            setup: setup(args),
            manner: Manner {
                draw: Draw::new(&args.key_distribution, args.keys, trace.as_ref()),
                key_count: args.keys,
                clients: args.clients,
                threads: args.threads,
                pipeline: args.pipeline,
                seed: args.seed,
                warm_up: Duration::from_secs_f64(args.warm_up),
                length,
            },
            args: args.clone(),
            tests,
            names: Vec::new(),
        };
        // What is wrong with a command is said before anything is connected.
        for test in &plan.tests {
            let asked = plan.asked(test)?;
            let names: Vec<String> = asked.into_iter().map(|(asked, _)| asked.name).collect();
            plan.names.push(names.join("+"));
        }
        Ok(plan)
    }

    /// How many tests there are.
    pub(crate) fn tests(&self) -> usize {
        self.tests.len()
    }

    /// The name of a test.
    pub(crate) fn name(&self, test: usize) -> String {
        self.names[test].clone()
    }

    /// What a test asks of a server.
    ///
    /// # Errors
    /// When a command is wrong.
    pub(crate) fn mix(&self, test: usize, target: &Target) -> Result<Mix, Failure> {
        self.mix_of(&self.tests[test], target)
    }

    /// What fills keys in.
    ///
    /// # Errors
    /// See [`Self::mix`].
    pub(crate) fn fill(&self, target: &Target) -> Result<Arc<Mix>, Failure> {
        self.mix_of(&vec![(What::Preset(Preset::Set), 1.0)], target)
            .map(Arc::new)
    }

    fn mix_of(&self, test: &Test, target: &Target) -> Result<Mix, Failure> {
        let sizes = self.args.value_size.clone();
        Ok(Mix {
            commands: self.asked(test)?,
            value: vec![
                b'x';
                if sizes.fixed().is_some() {
                    0
                } else {
                    sizes.max() as usize
                }
            ],
            sizes,
            ttl: self.args.ttl,
            fields: self.args.fields,
            keys: self.args.keys,
            slots: target.slots.clone(),
        })
    }

    fn asked(&self, test: &Test) -> Result<Vec<(Asked, f64)>, Failure> {
        let style = Style {
            key_prefix: self.args.key_prefix.clone(),
            keys_are_texts: matches!(self.args.key_distribution, KeyDistribution::Trace(_)),
            value_bytes: self.args.value_size.fixed(),
            ttl: self.args.ttl,
            one_slot: self.args.cluster,
        };
        let asked = |(what, end): &(What, f64)| {
            let asked = match what {
                What::Preset(preset) => Asked::preset(*preset, &style),
                What::Custom(command) => Asked::custom(command, &style),
            };
            asked.map(|asked| (asked, *end)).map_err(Failure::new)
        };
        test.iter().map(asked).collect()
    }
}

fn tests(args: &LoadArgs) -> Vec<Test> {
    if let Some(share) = args.read_share {
        return vec![vec![
            (What::Preset(Preset::Get), share),
            (What::Preset(Preset::Set), 1.0),
        ]];
    }
    let custom = args.command.iter().cloned().map(What::Custom);
    let all: Vec<What> = args.tests.iter().copied().map(What::Preset).chain(custom).collect();
    let all = if all.is_empty() {
        vec![What::Preset(Preset::Get), What::Preset(Preset::Set)]
    } else {
        all
    };
    all.into_iter().map(|what| vec![(what, 1.0)]).collect()
}

/// In a line: what decides a figure.
fn setup(args: &LoadArgs) -> String {
    let loops = match (args.rate, &args.latency_curve) {
        (None, None) => format!("closed loop, pipeline {}", args.pipeline.unwrap_or(1)),
        (Some(rate), _) => format!("open loop, {rate}/s"),
        (None, Some(_)) => "open loops".into(),
    };
    let keys = match &args.key_distribution {
        trace @ KeyDistribution::Trace(_) => format!("keys {trace}"),
        other => format!("{} keys, {other}", grouped(args.keys as f64)),
    };
    let way = if args.cluster { " by slot" } else { "" };
    let threads = match args.threads {
        1 => "1 thread".to_owned(),
        threads => format!("{threads} threads"),
    };
    format!(
        "{} clients{way} on {threads}, {loops}; {keys}; values of {}; seed {}",
        args.clients, args.value_size, args.seed
    )
}

/// Where the server is: what was named, else the nodes of the directory.
///
/// # Errors
/// When no node of it runs.
pub(crate) fn addresses(args: &LoadArgs) -> Result<Vec<SocketAddr>, Failure> {
    if !args.at.is_empty() {
        return Ok(args.at.clone());
    }
    let running = ask::running(&args.dir)?.into_iter();
    let address = |(files, at): (layout::NodeFiles, SocketAddr)| match args.cluster {
        true => layout::redis_cluster_address(&files),
        false => Ok(at),
    };
    running.map(address).collect()
}

/// The file of one of several tests: `curve.svg`, or `curve-2.svg`.
pub(crate) fn numbered(path: &Path, test: usize, tests: usize) -> PathBuf {
    if tests == 1 {
        return path.to_owned();
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name = match path.extension() {
        Some(extension) => format!("{stem}-{}.{}", test + 1, extension.to_string_lossy()),
        None => format!("{stem}-{}", test + 1),
    };
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Args, Command};
    use clap::Parser as _;

    fn args(more: &[&str]) -> Result<LoadArgs, String> {
        let line = ["circlet", "bench"].iter().chain(more);
        match Args::try_parse_from(line).map_err(|error| error.to_string())?.command {
            Command::Bench(bench) if bench.command.is_none() => Ok(bench.load),
            _ => Err("not the load generator".into()),
        }
    }

    fn plan(more: &[&str]) -> Plan {
        Plan::new(&args(more).expect("a command line")).expect("a plan")
    }

    #[test]
    fn tests_are_run_in_the_order_given_and_get_and_set_by_default() {
        assert_eq!(plan(&[]).names, ["GET", "SET"]);
        assert_eq!(
            plan(&["-t", "lpush,zadd", "--command", "ECHO __data__"]).names,
            ["LPUSH", "ZADD", "ECHO __data__"]
        );
        assert_eq!(plan(&["--read-share", "0.9"]).names, ["GET+SET"]);
    }

    #[test]
    fn wrong_flags_are_told() {
        let wrong = |more: &[&str], why: &str| {
            let told = args(more).and_then(|args| Plan::new(&args).map_err(|failure| failure.to_string()));
            let told = told.err().unwrap_or_default();
            assert!(told.contains(why), "{more:?}: {told:?}");
        };
        wrong(&["-t", "fly"], "possible values");
        wrong(&["--rate", "5", "--latency-curve"], "cannot be used with");
        wrong(&["--svg", "x.svg"], "--latency-curve");
        wrong(&["--read-share", "2"], "0 to 1");
        wrong(&["--seconds", "0"], "more than 0");
        wrong(&["-n", "5", "--seconds", "5"], "cannot be used with");
        wrong(&["--at", "nowhere"], "HOST:PORT");
        wrong(&["--ttl", "5", "-t", "get"], "--ttl is for SET");
        wrong(&["--command", "GET __kee__"], "there is no placeholder __kee__");
        wrong(&["--key-distribution", "trace:/nowhere"], "cannot read /nowhere");
        wrong(&["--latency-curve=1,x"], "rates per second");
        wrong(&["-c", "0"], "--clients");
        wrong(&["-c", "5", "rebalance"], "cannot be used with");
    }

    #[test]
    fn one_picture_a_test() {
        assert_eq!(numbered(Path::new("a/c.svg"), 1, 2), Path::new("a/c-2.svg"));
        assert_eq!(numbered(Path::new("a/c.svg"), 0, 1), Path::new("a/c.svg"));
    }
}
