//! The figures of placement, as Markdown tables: how even it is, and how little a change of members moves.
//!
//! `cargo run --release -p circlet-ring --example placement_figures [TRIALS]`
//!
//! It draws no randomness and reads no clock but for the last column, so the same code prints the same figures.

#![allow(clippy::print_stdout, reason = "printing is what it is for")]

use std::time::{Duration, Instant};

use circlet_ring::{ArcCount, Diff, Member, NodeId, Placement, Weight};
use xxhash_rust::xxh3::xxh3_128;

const REPLICAS: u8 = 3;

fn main() {
    let trials = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(5);
    println!(
        "{REPLICAS} owners, {trials} trials with other node ids each. Load and primaries: the worst node of all trials \
         against its fair share.\nThen the copies sent to new owners against the least possible, in all trials (in the worst), \
         when a node joins, leaves, doubles its weight."
    );
    for (title, weights) in [
        ("Equal weights", &[100][..]),
        ("Weights 1, 2, 4 in turn", &[100, 200, 400]),
    ] {
        println!("\n### {title}\n");
        println!("| arcs | zones | nodes | load max/fair | primaries max/fair | join | leave | weight x 2 | plan ms |");
        println!("|---|---|---|---|---|---|---|---|---|");
        for arcs in [1024, 4096] {
            for zones in 1..=3 {
                for nodes in [1, 2, 3, 4, 5, 6, 10, 20, 30, 60, 100] {
                    let scene = Scene {
                        arcs: ArcCount::new(arcs).expect("a count"),
                        zones,
                        nodes,
                        weights,
                    };
                    println!("| {arcs} | {zones} | {nodes} | {} |", scene.figures(trials).row());
                }
            }
        }
    }
}

/// What is tried.
struct Scene<'a> {
    arcs: ArcCount,
    zones: usize,
    nodes: usize,
    /// Dealt to the nodes in turn.
    weights: &'a [u16],
}

/// What comes out, over all trials.
#[derive(Default)]
struct Figures {
    load: f64,
    primaries: f64,
    join: Moves,
    leave: Moves,
    reweigh: Moves,
    planning: Duration,
    plans: u32,
}

/// Copies moved and the least possible, of each trial.
#[derive(Default)]
struct Moves(Vec<(usize, usize)>);

impl Scene<'_> {
    fn figures(&self, trials: usize) -> Figures {
        let mut figures = Figures::default();
        for trial in 0..trials {
            let members: Vec<Member> = (0..=self.nodes).map(|index| self.member(trial, index)).collect();
            let (joining, before) = members.split_last().expect("there is a joining member");
            let old = figures.plan(self.arcs, before);
            figures.weigh(&old);
            let joined = figures.plan(self.arcs, &members);
            figures.join.add(&old, &joined);
            // Whoever leaves or grows is another one in each trial.
            let picked = trial * 7 % before.len();
            if self.nodes > 1 {
                let mut others = before.to_vec();
                others.remove(picked);
                let left = figures.plan(self.arcs, &others);
                figures.leave.add(&old, &left);
            }
            let mut reweighed = before.to_vec();
            let doubled = Weight::from_hundredths(reweighed[picked].weight.hundredths() * 2);
            reweighed[picked].weight = doubled.expect("weights here are small");
            let grown = figures.plan(self.arcs, &reweighed);
            figures.reweigh.add(&old, &grown);
            assert_ne!(joining.id, before[picked].id);
        }
        figures
    }

    fn member(&self, trial: usize, index: usize) -> Member {
        let seed = (trial as u64) << 32 | index as u64;
        let mut id = [0; NodeId::BYTES];
        id[..16].copy_from_slice(&xxh3_128(&seed.to_le_bytes()).to_le_bytes());
        Member {
            id: NodeId::from_bytes(id),
            zone: format!("zone-{}", index % self.zones).parse().expect("a zone's name"),
            weight: Weight::from_hundredths(self.weights[index % self.weights.len()]).expect("a weight"),
        }
    }
}

impl Figures {
    fn plan(&mut self, arcs: ArcCount, members: &[Member]) -> Placement {
        let start = Instant::now();
        let placement = Placement::plan(arcs, REPLICAS, members).expect("members that can be placed");
        self.planning += start.elapsed();
        self.plans += 1;
        placement
    }

    /// Notes how even `placement` is.
    fn weigh(&mut self, placement: &Placement) {
        let one_arc = 65_536.0;
        for load in placement.nodes().map(|node| placement.load(node)) {
            self.load = self
                .load
                .max(f64::from(load.owned) * one_arc / load.owned_fair.units() as f64);
            self.primaries = self
                .primaries
                .max(f64::from(load.primary) * one_arc / load.primary_fair.units() as f64);
        }
    }

    fn row(&self) -> String {
        let (load, primaries) = (self.load, self.primaries);
        let [join, leave, reweigh] = [&self.join, &self.leave, &self.reweigh].map(Moves::cell);
        let millis = self.planning.as_secs_f64() * 1e3 / f64::from(self.plans);
        format!("{load:.3} | {primaries:.3} | {join} | {leave} | {reweigh} | {millis:.1}")
    }
}

impl Moves {
    fn add(&mut self, old: &Placement, new: &Placement) {
        let diff = Diff::between(old, new).expect("equally many arcs");
        self.0.push((diff.moved(), diff.least_moved()));
    }

    /// The ratio, over all trials and in the worst; or, if hardly anything had to move, how many copies did in the worst.
    fn cell(&self) -> String {
        if self.0.is_empty() || self.0.iter().all(|&(moved, _)| moved == 0) {
            return "nothing".to_owned();
        }
        let moved: usize = self.0.iter().map(|(moved, _)| moved).sum();
        let least: usize = self.0.iter().map(|(_, least)| least).sum();
        let ratio = |moved: usize, least: usize| moved as f64 / least as f64;
        if self.0.iter().any(|&(_, least)| least < 10) {
            let most = self.0.iter().map(|&(moved, least)| moved.saturating_sub(least)).max();
            return format!("up to {} more than must", most.unwrap_or(0));
        }
        let worst = self
            .0
            .iter()
            .map(|&(moved, least)| ratio(moved, least))
            .fold(0.0, f64::max);
        format!("{:.2} ({worst:.2})", ratio(moved, least))
    }
}
