//! Figures and curves of large clusters, for docs/scale.md: `circlet-scale [--nodes 10,100,1000] [--arcs 1024] [--profile lan]
//! [--seed 1] [--to DIRECTORY]`.
//!
//! Tables go to standard output; with `--to`, the curves to that directory.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use circlet_core::membership::Profile;
use circlet_ring::ArcCount;
use circlet_sim::scale::{Page, Size, place, spread};

const USAGE: &str =
    "usage: circlet-scale [--nodes N,N,...] [--arcs N] [--profile fast|lan|wan] [--seed N] [--to DIRECTORY]";

struct Options {
    nodes: Vec<usize>,
    arcs: ArcCount,
    profile: Profile,
    seed: u64,
    to: Option<PathBuf>,
}

fn main() -> ExitCode {
    let mut out = io::stdout().lock();
    let done = match parse(std::env::args().skip(1)) {
        Ok(options) => run(&options, &mut out).map(|()| true),
        Err(error) => writeln!(out, "{error}\n{USAGE}").map(|()| false),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _closed = writeln!(out, "{error}");
            ExitCode::FAILURE
        }
    }
}

fn parse(mut words: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options {
        nodes: vec![10, 30, 100, 300, 1000],
        arcs: ArcCount::DEFAULT,
        profile: Profile::Lan,
        seed: 1,
        to: None,
    };
    let number = |text: &str| text.parse::<u64>().map_err(|_| format!("{text:?} is no number"));
    while let Some(word) = words.next() {
        let value = words.next().ok_or(format!("{word} needs a value"))?;
        match word.as_str() {
            "--nodes" => {
                let counts = value.split(',').map(|text| number(text).map(|count| count as usize));
                options.nodes = counts.collect::<Result<_, _>>()?;
            }
            "--arcs" => {
                let count = u16::try_from(number(&value)?).ok().and_then(ArcCount::new);
                options.arcs = count.ok_or("--arcs wants a power of two from 256 to 16384")?;
            }
            "--profile" => {
                let found = Profile::ALL.into_iter().find(|profile| profile.word() == value);
                options.profile = found.ok_or("--profile wants fast, lan or wan")?;
            }
            "--seed" => options.seed = number(&value)?,
            "--to" => options.to = Some(value.into()),
            _ => return Err(format!("unknown word {word:?}")),
        }
    }
    Ok(options)
}

fn run(options: &Options, out: &mut impl Write) -> io::Result<()> {
    let mut page = Page::default();
    for &nodes in &options.nodes {
        let begun = Instant::now();
        let spread = spread(nodes, options.arcs, options.profile, options.seed);
        let wall_s = begun.elapsed().as_secs_f64();
        let placing = [ArcCount::DEFAULT, ArcCount::MAX].map(|arcs| {
            let begun = Instant::now();
            let placing = place(nodes, arcs);
            // Three plans, and the document's.
            (placing, begun.elapsed().as_secs_f64() * 1e3 / 4.0)
        });
        page.sizes.push(Size {
            placing: placing.into(),
            spread,
            wall_s,
        });
    }
    write!(out, "{}", page.tables())?;
    if let Some(to) = &options.to {
        std::fs::create_dir_all(to)?;
        for (name, picture) in page.pictures() {
            std::fs::write(to.join(name), picture)?;
        }
    }
    Ok(())
}
