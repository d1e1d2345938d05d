//! One line a check, with its figures.

use crate::cell::Wrong;
use crate::client::{Client, Gap};
use crate::cluster::Cluster;
use crate::fault::Happened;
use crate::options::FaultKind;
use crate::output::say;
use crate::shape::args;
use crate::worker::{Common, SHARED, Work};
use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// The longest time that a client may be without an answer around a kill.
const GAP_AFTER_KILL_MAX: Duration = Duration::from_secs(2);

/// Examples that are shown of what is wrong.
const SHOWN: usize = 5;

/// How long a last read may take.
const LAST_READ: Duration = Duration::from_secs(20);

/// Prints every check; true if all held.
pub(crate) fn judge(cluster: &Cluster, common: &Common, works: &[Work], happened: &[Happened], start: Instant) -> bool {
    say_operations(works, happened, start);
    let mut all = true;
    for (name, wrongs) in [
        ("lost", &[Wrong::Lost, Wrong::Invented][..]),
        ("resurrected", &[Wrong::Resurrected]),
        ("gone back", &[Wrong::WentBack]),
    ] {
        let found: Vec<_> = works
            .iter()
            .flat_map(|work| &work.violations)
            .filter(|violation| wrongs.contains(&violation.wrong))
            .collect();
        let shown: Vec<String> = found
            .iter()
            .take(SHOWN)
            .map(|violation| format!("at {:.1?}: {}", violation.at - start, violation.what))
            .collect();
        all &= line(name, found.is_empty(), &format!("{}", found.len()), &shown);
    }
    let mut client = Client::new(&common.nodes, 0);
    all &= judge_counters(&mut client, common);
    all &= judge_lists(&mut client, works);
    all &= match cluster.wait_until_equal() {
        Ok(took) => line(
            "diverged",
            true,
            &format!("0 arcs, {took:.1?} after the last fault"),
            &[],
        ),
        Err(arcs) => line("diverged", false, &format!("{arcs} arcs"), &[]),
    };
    all &= judge_gaps(works, happened, start);
    let strange: Vec<String> = works.iter().flat_map(|work| work.tally.strange.clone()).collect();
    all & line(
        "errors that no command should get",
        strange.is_empty(),
        &strange.len().to_string(),
        &strange[..strange.len().min(SHOWN)],
    )
}

fn line(name: &str, held: bool, figure: &str, more: &[String]) -> bool {
    say(&format!("{}  {name}: {figure}", if held { "ok    " } else { "FAILED" }));
    for detail in more {
        say(&format!("            {detail}"));
    }
    held
}

fn say_operations(works: &[Work], happened: &[Happened], start: Instant) {
    let sum = |of: fn(&Work) -> u64| works.iter().map(of).sum::<u64>();
    let mut kinds: HashMap<FaultKind, usize> = HashMap::new();
    for fault in happened {
        *kinds.entry(fault.kind).or_default() += 1;
    }
    let mut kinds: Vec<_> = kinds.into_iter().collect();
    kinds.sort_unstable();
    let kinds: Vec<String> = kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    say(&format!(
        "        operations: {} answered, {} refused, {} of unknown outcome, in {:.1?}",
        sum(|work| work.tally.answered),
        sum(|work| work.tally.refused),
        sum(|work| work.tally.unknown),
        start.elapsed()
    ));
    say(&format!("        faults: {} ({})", happened.len(), kinds.join(", ")));
}

fn judge_counters(client: &mut Client, common: &Common) -> bool {
    let mut wrong = Vec::new();
    let mut uncertain_sum = 0;
    for counter in 0..SHARED {
        let reply = client.insist(&args(&["GET", &format!("counter:{counter}")]), LAST_READ);
        let found = reply.map_or(i64::MIN, |reply| {
            let text = reply.as_bytes().and_then(|bytes| std::str::from_utf8(bytes).ok());
            text.and_then(|text| text.parse().ok()).unwrap_or(0)
        });
        let least = common.acknowledged[counter].load(Ordering::Relaxed);
        let uncertain = common.uncertain[counter].load(Ordering::Relaxed);
        uncertain_sum += uncertain;
        if !(least..=least + uncertain).contains(&found) {
            wrong.push(format!(
                "counter {counter} is {found}, not {least} to {}",
                least + uncertain
            ));
        }
    }
    let figure = format!(
        "{} of {SHARED} wrong; unknown outcomes add up to {uncertain_sum}",
        wrong.len()
    );
    line("counters", wrong.is_empty(), &figure, &wrong)
}

fn judge_lists(client: &mut Client, works: &[Work]) -> bool {
    let mut wrong = Vec::new();
    let mut count = 0;
    for list in 0..SHARED {
        let reply = client.insist(&args(&["LRANGE", &format!("list:{list}"), "0", "-1"]), LAST_READ);
        let mut found: HashMap<String, usize> = HashMap::new();
        for element in reply.as_ref().and_then(|reply| reply.as_slice()).unwrap_or_default() {
            let element = String::from_utf8_lossy(element.as_bytes().unwrap_or_default()).into_owned();
            *found.entry(element).or_default() += 1;
        }
        let pushed = works.iter().flat_map(|work| &work.pushed).filter(|(of, _)| *of == list);
        for (_, element) in pushed {
            count += 1;
            match found.get(element) {
                Some(1) => {}
                times => wrong.push(format!("{element} is {} times in list {list}", times.unwrap_or(&0))),
            }
        }
    }
    let figure = format!("{} of {count} pushed elements not there once", wrong.len());
    line("lists", wrong.is_empty(), &figure, &wrong[..wrong.len().min(SHOWN)])
}

/// Every gap is judged, not each client's longest: that is one of a cut, nearly always, in which no kill has happened.
fn judge_gaps(works: &[Work], happened: &[Happened], start: Instant) -> bool {
    let gaps = || works.iter().flat_map(|work| &work.tally.gaps).copied();
    let longest = gaps().map(|gap| gap.length()).max().unwrap_or_default();
    let mut of_kills: Vec<(Gap, &Happened)> = gaps().filter_map(|gap| Some((gap, kill_in(gap, happened)?))).collect();
    of_kills.sort_by_key(|(gap, _)| std::cmp::Reverse(gap.length()));
    let after_kill = of_kills.first().map_or(Duration::ZERO, |(gap, _)| gap.length());
    let too_long = of_kills.iter().take_while(|(gap, _)| gap.length() > GAP_AFTER_KILL_MAX);
    let shown: Vec<String> = too_long
        .take(SHOWN)
        .map(|(gap, kill)| {
            let times = [gap.began, gap.ended, kill.began, kill.ended].map(|at| at.duration_since(start));
            let [from, to, killed, back] = times;
            format!("a client from {from:.2?} to {to:.2?}; killed at {killed:.2?}, started again at {back:.2?}")
        })
        .collect();
    let figure = format!("{after_kill:.2?}; the longest of all, whatever happened: {longest:.2?}");
    line(
        "longest time of a client without an answer around a kill",
        after_kill <= GAP_AFTER_KILL_MAX,
        &figure,
        &shown,
    )
}

/// The kill that happened in a gap, from the signal to the start of another process, if one did.
fn kill_in(gap: Gap, happened: &[Happened]) -> Option<&Happened> {
    let is_in = |fault: &&Happened| fault.began <= gap.ended && gap.began <= fault.ended;
    let mut kills = happened.iter().filter(|fault| fault.kind == FaultKind::Kill);
    kills.find(is_in)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_of_a_kill_that_happened_in_it() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let fault = |kind, began, ended| Happened {
            kind,
            began: at(began),
            ended: at(ended),
        };
        let happened = [fault(FaultKind::Cut, 1, 5), fault(FaultKind::Kill, 8, 10)];
        let gap = |began, ended| Gap {
            began: at(began),
            ended: at(ended),
        };
        let of_cut = gap(2, 6);
        assert!(kill_in(of_cut, &happened).is_none());
        for of_kill in [gap(7, 9), gap(9, 10), gap(10, 12), gap(7, 12)] {
            assert!(kill_in(of_kill, &happened).is_some(), "{of_kill:?}");
        }
        assert!(kill_in(gap(11, 12), &happened).is_none());
    }
}
