//! `circlet recover`: when the majority of the voters is gone for good.

use crate::args::RecoverArgs;
use crate::ask::{cluster_addresses, exchange, told};
use crate::failure::Failure;
use crate::moves::follow;
use crate::names::Names;
use crate::output::say;
use crate::process::wait_for;
use serde_json::Value;
use std::io::{self, BufRead as _, IsTerminal as _};
use std::net::SocketAddr;
use std::time::Duration;

/// Says how things are, and with `--force` goes on with those nodes that answer.
///
/// # Errors
/// When no node answers, there is nothing to recover from, or it is not to be forced.
pub(crate) fn run(args: &RecoverArgs) -> Result<(), Failure> {
    let names = Names::of(&args.cluster.dir);
    let (at, scene) = look(args)?;
    say(format!(
        "{} of {} voters answer {at}; gone: {}",
        scene.voters_there,
        scene.voters,
        scene
            .gone
            .iter()
            .map(|id| names.name(id))
            .collect::<Vec<_>>()
            .join(", ")
    ));
    if scene.voters_there > scene.voters / 2 {
        return Err(Failure::new(
            "nothing to recover from: a majority can agree as ever; `circlet remove NODE` for one that is gone for good",
        ));
    }
    if !args.force {
        return Err(Failure::new(
            "a minority can change nothing: bring the others back. If they are gone for good, --force goes on without them, and what only they had is lost",
        ));
    }
    say(
        "THIS IS UNSAFE. Writes that only the nodes above have are lost. If one of them still runs somewhere, its clients lose what they write from now on.",
    );
    if !args.yes_i_know_data_may_be_lost {
        confirm(&scene.name)?;
    }
    let mut words = vec!["CLUSTER", "RECOVER", "FORCE", &scene.name];
    words.extend(scene.gone.iter().map(String::as_str));
    let done = told(at, &words)?;
    say(format!(
        "recovered by force: epoch {}; {} arcs had lost the majority of their owners, {} of them all",
        done["epoch"], done["arcs-left-to-too-few"], done["arcs-lost"]
    ));
    follow(&args.cluster)
}

/// How long a member may be alive to the others and not answer here: they find out by then that it is dead.
const PATIENCE: Duration = Duration::from_secs(5);

/// How things are, once they do not change any more: a node that has just died is alive to the others for a moment.
fn look(args: &RecoverArgs) -> Result<(SocketAddr, Scene), Failure> {
    let mut looked = Err(Failure::new("no node answers"));
    wait_for(PATIENCE, || {
        looked = newest(args).and_then(|(at, ring)| {
            let scene = Scene::read(&ring);
            let scene = scene.ok_or_else(|| Failure::new("the node tells of no ring: is it a node of Circlet?"))?;
            Ok((at, scene))
        });
        // The kernel goes on taking connections for a process that was just killed.
        let answers = |at: &SocketAddr| exchange(*at, &["PING"], PING_TIMEOUT).is_ok();
        looked.as_ref().is_ok_and(|(_, scene)| scene.there.iter().all(answers))
    });
    looked
}

/// How long a member may take to answer.
const PING_TIMEOUT: Duration = Duration::from_millis(500);

/// The node with the newest topology of those that answer, and what it knows.
fn newest(args: &RecoverArgs) -> Result<(SocketAddr, Value), Failure> {
    let mut newest: Option<(SocketAddr, Value)> = None;
    let mut last = None;
    for at in cluster_addresses(&args.cluster)? {
        match told(at, &["CLUSTER", "RING"]) {
            Ok(ring) => {
                let is_newer = |(_, known): &(SocketAddr, Value)| known["epoch"].as_u64() < ring["epoch"].as_u64();
                if newest.as_ref().is_none_or(is_newer) {
                    newest = Some((at, ring));
                }
            }
            Err(failure) => last = Some(failure),
        }
    }
    newest.ok_or_else(|| last.unwrap_or_else(|| Failure::new("no node answers")))
}

/// Who is there, as one node sees it.
#[derive(Debug, PartialEq, Eq)]
struct Scene {
    name: String,
    voters: usize,
    voters_there: usize,
    gone: Vec<String>,
    /// Where the others take clients.
    there: Vec<SocketAddr>,
}

impl Scene {
    fn read(ring: &Value) -> Option<Self> {
        let mut scene = Scene {
            name: ring["name"].as_str()?.to_owned(),
            voters: 0,
            voters_there: 0,
            gone: Vec::new(),
            there: Vec::new(),
        };
        for member in ring["members"].as_array()? {
            // A suspect may still answer.
            let is_there = member["state"] != "down";
            let is_voter = member["voter"] == 1;
            scene.voters += usize::from(is_voter);
            scene.voters_there += usize::from(is_voter && is_there);
            match (member["stage"].as_str()?, is_there) {
                ("left" | "removed", _) => {}
                (_, true) => scene.there.push(member["address"].as_str()?.parse().ok()?),
                (_, false) => scene.gone.push(member["node"].as_str()?.to_owned()),
            }
        }
        Some(scene)
    }
}

/// Has the operator type the name of the cluster.
fn confirm(name: &str) -> Result<(), Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::new(
            "nobody is there to confirm it: --yes-i-know-data-may-be-lost",
        ));
    }
    say(format!("Type the name of the cluster ({name}) to go on:"));
    let mut typed = String::new();
    io::stdin()
        .lock()
        .read_line(&mut typed)
        .map_err(|error| Failure::because("cannot read the answer", error))?;
    if typed.trim() == name {
        Ok(())
    } else {
        Err(Failure::new("that is not its name: nothing was changed"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn who_is_down_and_has_not_left_is_gone_and_suspects_count_as_there() {
        let member = |node: &str, state: &str, stage: &str, voter: u8| json!({ "node": node, "address": "127.0.0.1:7001", "state": state, "stage": stage, "voter": voter });
        let ring = json!({
            "name": "circlet",
            "members": [
                member("a", "alive", "active", 1),
                member("b", "suspect", "active", 1),
                member("c", "down", "active", 1),
                member("d", "down", "leaving", 0),
                member("e", "down", "left", 0),
            ],
        });
        let scene = Scene::read(&ring).expect("a scene");
        assert_eq!(
            (scene.voters, scene.voters_there, scene.gone),
            (3, 2, vec!["c".to_owned(), "d".to_owned()])
        );
    }
}
