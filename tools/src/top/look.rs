//! One look at all nodes: what each said, and when.

use crate::ask;
use crate::failure::Failure;
use crate::hot_keys::{self, HotKey};
use circlet_resp::Value;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

/// How long a node may take: one that hangs must not hold up the others for long.
const PATIENCE: Duration = Duration::from_millis(800);

/// A bound in microseconds, and how many commands took at most that; both rise.
pub(super) type Steps = Vec<(u64, u64)>;

/// What one node said.
#[derive(Debug, Clone, Default)]
pub(super) struct NodeLook {
    /// The lines of INFO.
    pub(super) info: BTreeMap<String, String>,
    /// By command, since the node began: how many there were, and how long they took.
    pub(super) commands: BTreeMap<String, (u64, Steps)>,
}

/// See the module's header.
#[derive(Debug, Clone)]
pub(super) struct Look {
    pub(super) at: Instant,
    /// The answer to CLUSTER RING of a node with the newest topology.
    pub(super) ring: Json,
    /// By id; of a member that did not answer, nothing.
    pub(super) nodes: BTreeMap<String, NodeLook>,
    /// Of all nodes, the hottest first.
    pub(super) hot_keys: Vec<HotKey>,
}

impl Look {
    /// Asks one of the `seeds` who the members are, and then each of them.
    ///
    /// # Errors
    /// When none of the seeds answers as a node of Circlet.
    pub(super) fn take(seeds: &[SocketAddr]) -> Result<Self, Failure> {
        let (at, ring) = ring(seeds)?;
        let members: Vec<(String, SocketAddr)> = members(&ring).collect();
        let (hot_keys, said) = thread::scope(|scope| {
            let hot_keys = scope.spawn(move || hot_keys(at));
            let asked: Vec<_> = members
                .into_iter()
                .map(|(id, at)| (id, scope.spawn(move || ask_node(at))))
                .collect();
            let said: Vec<(String, Option<NodeLook>)> = asked
                .into_iter()
                .map(|(id, node)| (id, node.join().ok().flatten()))
                .collect();
            (hot_keys.join().ok().flatten(), said)
        });
        Ok(Look {
            at: Instant::now(),
            ring,
            nodes: said.into_iter().filter_map(|(id, node)| Some((id, node?))).collect(),
            hot_keys: hot_keys.unwrap_or_default(),
        })
    }

    /// Where the members take clients.
    pub(super) fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        members(&self.ring).map(|(_, at)| at)
    }
}

/// Members that have not left, and where they take clients.
fn members(ring: &Json) -> impl Iterator<Item = (String, SocketAddr)> {
    let present = ask::members(ring).filter(|member| member["stage"] != "left");
    present.filter_map(|member| {
        Some((
            member["node"].as_str()?.to_owned(),
            member["address"].as_str()?.parse().ok()?,
        ))
    })
}

/// The ring, and who told it.
fn ring(seeds: &[SocketAddr]) -> Result<(SocketAddr, Json), Failure> {
    let mut last = Failure::new("no node answers");
    for at in seeds {
        match ask::told_within(*at, &["CLUSTER", "RING"], PATIENCE) {
            Ok(ring) if ring["members"].is_array() => return Ok((*at, ring)),
            Ok(_) => last = Failure::new(format!("{at} tells of no ring: is it a node of Circlet?")),
            Err(failure) => last = failure,
        }
    }
    Err(last)
}

/// What one node knows of all of them; nothing if it is of a version that does not count.
fn hot_keys(at: SocketAddr) -> Option<Vec<HotKey>> {
    hot_keys::read(&ask::exchange(at, &["CLUSTER", "HOTKEYS"], PATIENCE).ok()?)
}

fn ask_node(at: SocketAddr) -> Option<NodeLook> {
    let asked: [&[&str]; 2] = [&["INFO"], &["LATENCY", "HISTOGRAM"]];
    let answers = ask::answers(at, &asked, PATIENCE).ok()?;
    let [info, latency] = &answers[..] else { return None };
    let info = String::from_utf8_lossy(info.as_bytes()?);
    let lines = info.lines().filter_map(|line| line.trim_end().split_once(':'));
    Some(NodeLook {
        info: lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        commands: commands(latency),
    })
}

/// Reads `LATENCY HISTOGRAM`: command, [calls, number, histogram_usec, [bound, count, ...]], ...
fn commands(told: &Value) -> BTreeMap<String, (u64, Steps)> {
    let Value::Array(items) = told else {
        return BTreeMap::new();
    };
    let number = |value: &Value| match value {
        Value::Integer(number) => u64::try_from(*number).ok(),
        _ => None,
    };
    let one = |pair: &[Value]| {
        let [name, Value::Array(about)] = pair else { return None };
        let [_, calls, _, Value::Array(steps)] = &about[..] else {
            return None;
        };
        let steps = steps
            .chunks_exact(2)
            .map(|step| Some((number(&step[0])?, number(&step[1])?)));
        let name = String::from_utf8_lossy(name.as_bytes()?).into_owned();
        Some((name, (number(calls)?, steps.collect::<Option<Steps>>()?)))
    };
    items.chunks_exact(2).filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn histograms_are_read_and_what_is_none_is_passed_over() {
        let bulk = |text: &str| Value::Bulk(text.into());
        let steps = Value::Array(vec![
            Value::Integer(131),
            Value::Integer(3),
            Value::Integer(262),
            Value::Integer(5),
        ]);
        let get = Value::Array(vec![bulk("calls"), Value::Integer(5), bulk("histogram_usec"), steps]);
        let read = commands(&Value::Array(vec![bulk("get"), get, bulk("set"), Value::Null]));
        assert_eq!(
            read.into_iter().collect::<Vec<_>>(),
            [("get".to_owned(), (5, vec![(131, 3), (262, 5)]))]
        );
        assert!(commands(&Value::Error("ERR".into())).is_empty());
    }
}
