//! What two looks come to: rates, latencies, the state of each node.

use super::look::{Look, NodeLook, Steps};
use crate::ask::members;
use crate::hot_keys::HotKey;
use crate::names::Names;
use crate::ring::model::Ring;
use circlet_ring::{SLOT_COUNT, Slot};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::time::Duration;

/// What the looks themselves cost: not the clients' commands.
const OWN: [&str; 5] = ["info", "latency|histogram", "cluster|ring", "cluster|hotkeys", "hello"];

/// One node.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) address: String,
    pub(super) state: String,
    /// Whether that is as it should be.
    pub(super) is_well: bool,
    pub(super) ops_per_s: Option<f64>,
    pub(super) p50_us: Option<f64>,
    pub(super) p99_us: Option<f64>,
    pub(super) memory_bytes: Option<u64>,
    pub(super) keys: Option<u64>,
    pub(super) clients: Option<u64>,
    /// Keys held for owners that are absent.
    pub(super) hints: Option<u64>,
    /// Entries that others lack of its arcs that move.
    pub(super) moves_left: Option<u64>,
    /// Its place in the ring, for letter and colour.
    pub(super) place: usize,
}

/// One command.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Busy {
    pub(super) name: String,
    pub(super) per_s: f64,
    pub(super) p50_us: Option<f64>,
    pub(super) p99_us: Option<f64>,
}

/// Everything that is shown.
#[derive(Debug, Clone, Default)]
pub(super) struct View {
    pub(super) epoch: u64,
    pub(super) rows: Vec<Row>,
    /// Of all nodes, and of the busiest one; most first.
    pub(super) commands: Vec<Busy>,
    pub(super) commands_of_busiest: Vec<Busy>,
    pub(super) busiest: String,
    pub(super) ops_per_s: f64,
    pub(super) p50_us: Option<f64>,
    pub(super) p99_us: Option<f64>,
    /// The hottest first, each with the place of its primary in the ring.
    pub(super) hot_keys: Vec<(Option<usize>, HotKey)>,
    pub(super) ring: Option<Ring>,
    pub(super) moves: String,
}

/// What nodes are sorted by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Column {
    #[default]
    Node,
    Rate,
    P99,
    Memory,
    Keys,
    Hints,
}

impl Column {
    pub(super) fn next(self) -> Self {
        match self {
            Self::Node => Self::Rate,
            Self::Rate => Self::P99,
            Self::P99 => Self::Memory,
            Self::Memory => Self::Keys,
            Self::Keys => Self::Hints,
            Self::Hints => Self::Node,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Rate => "ops/s",
            Self::P99 => "p99",
            Self::Memory => "memory",
            Self::Keys => "keys",
            Self::Hints => "hints",
        }
    }
}

/// A column, figures from the greatest down, names from the first up; or the other way round.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) column: Column,
    pub(super) is_reversed: bool,
}

impl Order {
    /// The rows in order.
    pub(super) fn sort(self, rows: &[Row]) -> Vec<&Row> {
        let figure = |row: &Row| match self.column {
            Column::Node => None,
            Column::Rate => row.ops_per_s,
            Column::P99 => row.p99_us,
            Column::Memory => row.memory_bytes.map(|bytes| bytes as f64),
            Column::Keys => row.keys.map(|keys| keys as f64),
            Column::Hints => row.hints.map(|hints| hints as f64),
        };
        let compare = |a: &Row, b: &Row| match (figure(a), figure(b)) {
            (Some(a), Some(b)) => b.total_cmp(&a),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        };
        let mut sorted: Vec<&Row> = rows.iter().collect();
        sorted.sort_by(|a, b| {
            compare(a, b)
                .then_with(|| a.name.cmp(&b.name))
                .then_with(|| a.place.cmp(&b.place))
        });
        if self.is_reversed {
            sorted.reverse();
        }
        sorted
    }
}

impl View {
    /// What is known at `now`; rates and latencies of the time since `before`.
    pub(super) fn of(before: Option<&Look>, now: &Look, names: &Names) -> Self {
        let since = before.map(|before| now.at.saturating_duration_since(before.at));
        let mut view = View {
            epoch: now.ring["epoch"].as_u64().unwrap_or_default(),
            ring: Ring::read(&now.ring, names),
            ..View::default()
        };
        let mut all: BTreeMap<&str, (u64, Steps)> = BTreeMap::new();
        let mut most = 0;
        let members = members(&now.ring).filter(|member| member["stage"] != "left");
        for (place, member) in members.enumerate() {
            let text = |name: &str| member[name].as_str().unwrap_or_default();
            let node = now.nodes.get(text("node"));
            let earlier = before.and_then(|before| before.nodes.get(text("node")));
            let done = node.zip(earlier).map(|(node, earlier)| commands_since(earlier, node));
            let mut row = Row {
                name: names.name(text("node")),
                address: text("address").to_owned(),
                place,
                ..Row::of(node)
            };
            (row.state, row.is_well) = state(text("stage"), text("state"), node);
            if let (Some(done), Some(since)) = (&done, since) {
                let count: u64 = done.values().map(|(calls, _)| *calls).sum();
                row.ops_per_s = Some(per_second(count, since));
                let steps = sum(done.values().map(|(_, steps)| steps));
                (row.p50_us, row.p99_us) = (quantile(&steps, 0.5), quantile(&steps, 0.99));
                if count > most {
                    (most, view.busiest) = (count, row.name.clone());
                    view.commands_of_busiest = busy(done, since);
                }
                for (name, (calls, steps)) in done {
                    let entry = all.entry(name).or_default();
                    *entry = (entry.0 + calls, sum([&entry.1, steps].into_iter()));
                }
            }
            view.rows.push(row);
        }
        let steps = sum(all.values().map(|(_, steps)| steps));
        (view.p50_us, view.p99_us) = (quantile(&steps, 0.5), quantile(&steps, 0.99));
        view.ops_per_s = view.rows.iter().filter_map(|row| row.ops_per_s).sum();
        view.commands = busy(&all, since.unwrap_or_default());
        view.hot_keys = (now.hot_keys.iter())
            .map(|hot| (view.ring.as_ref().and_then(|ring| primary(ring, &hot.key)), hot.clone()))
            .collect();
        view.moves = moves(now);
        view
    }
}

impl Row {
    /// What a node says of itself; nothing of one that does not answer.
    fn of(node: Option<&NodeLook>) -> Self {
        let figure = |name: &str| node?.info.get(name)?.parse().ok();
        let keyspace = node.and_then(|node| node.info.get("db0"));
        let keys = keyspace.and_then(|line| line.strip_prefix("keys=")?.split(',').next()?.parse().ok());
        Row {
            memory_bytes: figure("used_memory"),
            keys: keys.or(node.map(|_| 0)),
            clients: figure("connected_clients"),
            hints: figure("hint_keys"),
            moves_left: figure("move_entries_left"),
            ..Row::default()
        }
    }
}

/// A word or two, and whether they are good news.
fn state(stage: &str, state: &str, node: Option<&NodeLook>) -> (String, bool) {
    let behind = node
        .and_then(|node| node.info.get("arcs_behind")?.parse().ok())
        .unwrap_or(0_u64);
    match (stage, state, node) {
        (_, "alive", None) => ("no answer".into(), false),
        (_, state, None) => (state.to_owned(), false),
        ("active", _, Some(_)) if behind > 0 => (format!("{behind} behind"), false),
        ("active", "alive", Some(_)) => ("ready".into(), true),
        ("active", state, Some(_)) => (state.to_owned(), false),
        (stage, _, Some(_)) => (stage.to_owned(), true),
    }
}

/// Whom the clients of a key go to.
fn primary(ring: &Ring, key: &[u8]) -> Option<usize> {
    let slot = usize::from(Slot::of_key(key).get());
    let arc = ring.arcs.get(slot * ring.arcs.len() / usize::from(SLOT_COUNT))?;
    arc.owners.first().copied()
}

/// How far moves are, in a line; empty when nothing moves.
fn moves(now: &Look) -> String {
    let newest = |node: &&NodeLook| node.info.get("epoch").and_then(|epoch| epoch.parse::<u64>().ok());
    let Some(node) = now.nodes.values().max_by_key(newest) else {
        return String::new();
    };
    let arcs = |name: &str| node.info.get(name).and_then(|arcs| arcs.parse().ok()).unwrap_or(0_u64);
    let [moving, draining, waiting] = ["arcs_moving", "arcs_draining", "arcs_waiting"].map(arcs);
    if moving + draining + waiting == 0 {
        return String::new();
    }
    let sum = |name: &str| -> u64 {
        now.nodes
            .values()
            .filter_map(|node| node.info.get(name)?.parse::<u64>().ok())
            .sum()
    };
    let (left, pace) = (sum("move_entries_left"), sum("move_entries_per_second"));
    format!("{moving} arcs move, {draining} drain, {waiting} wait; {left} entries left at {pace}/s")
}

fn per_second(count: u64, since: Duration) -> f64 {
    count as f64 / since.as_secs_f64().max(1e-3)
}

/// What each command did between two looks; a node that began anew in between counts from its begin.
fn commands_since<'a>(before: &NodeLook, now: &'a NodeLook) -> BTreeMap<&'a str, (u64, Steps)> {
    let mut done = BTreeMap::new();
    for (name, (calls, steps)) in now.commands.iter().filter(|(name, _)| !OWN.contains(&name.as_str())) {
        let earlier = before.commands.get(name).filter(|(earlier, _)| earlier <= calls);
        let (calls_before, steps_before) = earlier.map_or((0, &[][..]), |(calls, steps)| (*calls, &steps[..]));
        let less = |(bound, count): &(u64, u64)| (*bound, count.saturating_sub(at_most(steps_before, *bound)));
        if *calls > calls_before {
            done.insert(name.as_str(), (calls - calls_before, steps.iter().map(less).collect()));
        }
    }
    done
}

/// How many are at or below a bound.
fn at_most(steps: &[(u64, u64)], bound: u64) -> u64 {
    steps
        .iter()
        .rev()
        .find(|(step, _)| *step <= bound)
        .map_or(0, |(_, count)| *count)
}

/// Several histograms as one.
fn sum<'a>(all: impl Iterator<Item = &'a Steps>) -> Steps {
    let all: Vec<&Steps> = all.collect();
    let mut bounds: Vec<u64> = all
        .iter()
        .flat_map(|steps| steps.iter().map(|(bound, _)| *bound))
        .collect();
    bounds.sort_unstable();
    bounds.dedup();
    let count = |bound| all.iter().map(|steps| at_most(steps, bound)).sum();
    bounds.into_iter().map(|bound| (bound, count(bound))).collect()
}

/// The latency in microseconds that a share of the commands did not exceed, taken to be even within a step; a step reaches from half its bound.
fn quantile(steps: &[(u64, u64)], share: f64) -> Option<f64> {
    let total = steps.last().map(|(_, count)| *count).filter(|total| *total > 0)?;
    let rank = share * total as f64;
    let mut below = 0;
    for (bound, count) in steps {
        if *count as f64 >= rank && *count > below {
            let bound = *bound as f64;
            let inside = (rank - below as f64) / (count - below) as f64;
            return Some(bound / 2.0 * (1.0 + inside.clamp(0.0, 1.0)));
        }
        below = *count;
    }
    None
}

fn busy(done: &BTreeMap<&str, (u64, Steps)>, since: Duration) -> Vec<Busy> {
    let one = |(name, (calls, steps)): (&&str, &(u64, Steps))| Busy {
        name: (*name).to_owned(),
        per_s: per_second(*calls, since),
        p50_us: quantile(steps, 0.5),
        p99_us: quantile(steps, 0.99),
    };
    let mut busy: Vec<Busy> = done.iter().map(one).collect();
    busy.sort_by(|a, b| b.per_s.total_cmp(&a.per_s).then_with(|| a.name.cmp(&b.name)));
    busy
}
