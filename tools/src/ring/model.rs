//! The ring as both pictures need it.

use crate::names::Names;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Most sectors of a picture; with more arcs, several arcs share one.
pub(crate) const SECTORS_MAX: usize = 1024;

/// A member that holds arcs, or is to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) address: String,
    pub(crate) zone: String,
    pub(crate) weight: f64,
    pub(crate) stage: String,
    pub(crate) state: String,
    /// Arcs that it is the primary of, and arcs that it owns.
    pub(crate) primary_arcs: usize,
    pub(crate) owned_arcs: usize,
    /// How many of each are its share by weight.
    pub(crate) fair_primary: f64,
    pub(crate) fair_owned: f64,
}

/// One arc: places in [`Ring::nodes`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Arc {
    pub(crate) owners: Vec<usize>,
    /// The owners to be, if it moves.
    pub(crate) to: Option<Vec<usize>>,
    pub(crate) is_draining: bool,
    pub(crate) is_waiting: bool,
}

/// The ring.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ring {
    pub(crate) epoch: u64,
    pub(crate) forced: u64,
    pub(crate) replicas: usize,
    pub(crate) nodes: Vec<Node>,
    pub(crate) arcs: Vec<Arc>,
}

impl Ring {
    /// The ring of what `CLUSTER RING` told; none if that is something else.
    pub(crate) fn read(told: &Value, names: &Names) -> Option<Self> {
        let members = told["members"].as_array()?;
        // Those that have left own nothing.
        let is_shown = |member: &Value| member["stage"] != "left";
        let place_of: Vec<Option<usize>> = members
            .iter()
            .scan(0, |next, member| {
                let place = is_shown(member).then_some(*next);
                *next += usize::from(place.is_some());
                Some(place)
            })
            .collect();
        let places = |list: &Value| -> Option<Vec<usize>> {
            let indexes = list.as_array()?.iter().map(|index| index.as_u64());
            indexes
                .map(|index| *place_of.get(usize::try_from(index?).ok()?)?)
                .collect()
        };
        let mut arcs = Vec::new();
        for owners in told["owners"].as_array()? {
            arcs.push(Arc {
                owners: places(owners)?,
                to: None,
                is_draining: false,
                is_waiting: false,
            });
        }
        for moving in told["moves"].as_array()? {
            arcs.get_mut(index(&moving["arc"])?)?.to = Some(places(&moving["to"])?);
        }
        for draining in told["draining"].as_array()? {
            arcs.get_mut(index(&draining["arc"])?)?.is_draining = true;
        }
        for waiting in told["waiting"].as_array()? {
            arcs.get_mut(index(waiting)?)?.is_waiting = true;
        }
        let mut ring = Ring {
            epoch: told["epoch"].as_u64()?,
            forced: told["forced-recoveries"].as_u64()?,
            replicas: usize::try_from(told["replicas"].as_u64()?).ok()?,
            nodes: members
                .iter()
                .filter(|member| is_shown(member))
                .map(|member| node(member, names))
                .collect::<Option<_>>()?,
            arcs,
        };
        ring.count();
        Some(ring)
    }

    fn count(&mut self) {
        for arc in &self.arcs {
            if let Some(primary) = arc.owners.first() {
                self.nodes[*primary].primary_arcs += 1;
            }
            for owner in &arc.owners {
                self.nodes[*owner].owned_arcs += 1;
            }
        }
        let is_to_own = |node: &Node| node.stage == "joining" || node.stage == "active";
        let weights: Vec<f64> = self
            .nodes
            .iter()
            .map(|node| if is_to_own(node) { node.weight } else { 0.0 })
            .collect();
        let copies = self
            .replicas
            .min(weights.iter().filter(|weight| **weight > 0.0).count());
        let owned = fair(&weights, (self.arcs.len() * copies) as f64, self.arcs.len() as f64);
        // Clients ask primaries: these are to be shared as the data is.
        let all: f64 = owned.iter().sum::<f64>().max(1.0);
        for (node, owned) in self.nodes.iter_mut().zip(owned) {
            node.fair_owned = owned;
            node.fair_primary = owned / all * self.arcs.len() as f64;
        }
    }

    /// How many arcs stand for one sector of a picture.
    pub(crate) fn arcs_per_sector(&self) -> usize {
        self.arcs.len().div_ceil(SECTORS_MAX).max(1)
    }

    /// How many arcs move, drain, wait.
    pub(crate) fn under_way(&self) -> [usize; 3] {
        let count = |is_so: fn(&Arc) -> bool| self.arcs.iter().filter(|arc| is_so(arc)).count();
        [
            count(|arc| arc.to.is_some()),
            count(|arc| arc.is_draining),
            count(|arc| arc.is_waiting),
        ]
    }

    /// The zones, and how many arcs have owners in fewer of them than they could.
    pub(crate) fn zones(&self) -> (Vec<&str>, usize) {
        let zones: BTreeSet<&str> = self.nodes.iter().map(|node| node.zone.as_str()).collect();
        let is_narrow = |arc: &&Arc| {
            let of_owners: BTreeSet<&str> = arc
                .owners
                .iter()
                .map(|owner| self.nodes[*owner].zone.as_str())
                .collect();
            of_owners.len() < zones.len().min(arc.owners.len())
        };
        let narrow = self.arcs.iter().filter(is_narrow).count();
        (zones.into_iter().collect(), narrow)
    }

    /// Each node's share against the fair one, for scripts.
    pub(crate) fn shares_json(&self) -> Value {
        let share = |node: &Node| {
            json!({
                "node": node.name,
                "primary_arcs": node.primary_arcs,
                "primary_arcs_fair": node.fair_primary,
                "owned_arcs": node.owned_arcs,
                "owned_arcs_fair": node.fair_owned,
            })
        };
        self.nodes.iter().map(share).collect()
    }
}

/// `copies` shared by weight, none getting more than `most`: what those leave who have all that one can have goes to the others.
fn fair(weights: &[f64], copies: f64, most: f64) -> Vec<f64> {
    let mut shares = vec![0.0; weights.len()];
    let mut open: Vec<usize> = (0..weights.len()).filter(|place| weights[*place] > 0.0).collect();
    let mut left = copies;
    while !open.is_empty() {
        let weight: f64 = open.iter().map(|place| weights[*place]).sum();
        let (full, rest): (Vec<usize>, Vec<usize>) =
            open.iter().partition(|place| left * weights[**place] / weight >= most);
        if full.is_empty() {
            rest.iter()
                .for_each(|place| shares[*place] = left * weights[*place] / weight);
            break;
        }
        left -= most * full.len() as f64;
        full.iter().for_each(|place| shares[*place] = most);
        open = rest;
    }
    shares
}

fn index(value: &Value) -> Option<usize> {
    usize::try_from(value.as_u64()?).ok()
}

fn node(member: &Value, names: &Names) -> Option<Node> {
    let text = |field: &str| Some(member[field].as_str()?.to_owned());
    Some(Node {
        name: names.name(member["node"].as_str()?),
        address: text("address")?,
        zone: text("zone")?,
        weight: text("weight")?.parse().ok()?,
        stage: text("stage")?,
        state: text("state")?,
        primary_arcs: 0,
        owned_arcs: 0,
        fair_primary: 0.0,
        fair_owned: 0.0,
    })
}

/// What a node of three answers whose fourth is joining, the first having left.
#[cfg(test)]
pub(crate) fn sample(arcs: usize) -> Ring {
    let member = |id: &str, stage: &str, zone: &str| json!({ "node": id, "address": "127.0.0.1:7001", "stage": stage, "state": "alive", "zone": zone, "weight": "1", "voter": 1 });
    let told = json!({
        "epoch": 7, "forced-recoveries": 0, "replicas": 2,
        "members": [
            member("00", "left", "a"), member("11", "active", "a"), member("22", "active", "b"), member("33", "joining", "b"),
        ],
        "owners": (0..arcs).map(|arc| json!([1 + arc % 2, 2 - arc % 2])).collect::<Vec<_>>(),
        "moves": [{ "arc": 1, "stage": "write both, read old", "to": [3, 1] }],
        "draining": [{ "arc": 2, "from": [3] }],
        "waiting": [3],
    });
    Ring::read(&told, &Names::default()).expect("a ring")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_that_have_left_are_left_out_and_the_others_are_counted() {
        let ring = sample(256);
        assert_eq!(
            ring.nodes.iter().map(|node| node.name.as_str()).collect::<Vec<_>>(),
            ["11", "22", "33"]
        );
        assert_eq!(ring.arcs[1].owners, [1, 0]);
        assert_eq!(ring.arcs[1].to, Some(vec![2, 0]));
        assert_eq!(ring.under_way(), [1, 1, 1]);
        assert_eq!((ring.nodes[0].primary_arcs, ring.nodes[0].owned_arcs), (128, 256));
        assert!((ring.nodes[2].fair_owned - 512.0 / 3.0).abs() < 1e-9);
        assert_eq!(ring.zones(), (vec!["a", "b"], 0));
    }

    #[test]
    fn what_a_heavy_node_cannot_hold_goes_to_the_others() {
        assert_eq!(fair(&[2.0, 1.0, 1.0], 200.0, 100.0), [100.0, 50.0, 50.0]);
        assert_eq!(
            fair(&[8.0, 1.0, 1.0], 200.0, 100.0),
            [100.0, 50.0, 50.0],
            "at most one copy of each arc"
        );
        assert_eq!(fair(&[1.0, 0.0, 1.0], 150.0, 100.0), [75.0, 0.0, 75.0]);
    }
}
