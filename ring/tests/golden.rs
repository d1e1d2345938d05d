//! Placement is a contract: nodes and clients of every version must compute the same from the same. Golden files pin it.
//!
//! A change that fails here moves data in every running cluster. If that is what it is for, say so in CHANGELOG.md, rewrite
//! the files with `CIRCLET_REWRITE_GOLDEN=1 cargo test -p circlet-ring --test golden`, and commit what you understand.

mod support;

use std::fmt::Write;
use std::path::Path;

use circlet_ring::{ArcCount, Member, Placement, Slot};
use support::{cluster, member};

/// Checks `found` against the golden file, or rewrites the file if told to.
fn assert_golden(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("CIRCLET_REWRITE_GOLDEN").is_some() {
        std::fs::write(&path, found).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap();
    let differing = golden
        .lines()
        .zip(found.lines())
        .enumerate()
        .find(|(_, (golden, found))| golden != found);
    if let Some((line, (golden, found))) = differing {
        panic!("{name}, line {}: {golden:?} became {found:?}", line + 1);
    }
    assert_eq!(
        golden.lines().count(),
        found.lines().count(),
        "{name} has as many lines"
    );
}

/// Every member with what it has, and every arc with its whole preference list, owners before the bar.
fn describe(arcs: ArcCount, n: u8, members: &[Member]) -> String {
    let placement = Placement::plan(arcs, n, members).unwrap();
    let mut text = format!(
        "{arcs} arcs, {n} owners, fingerprint {:016x}\n\n",
        placement.fingerprint()
    );
    for node in placement.nodes() {
        let (member, load) = (&placement.members()[node.get()], placement.load(node));
        let (owned, primary) = (load.owned, load.primary);
        let fair = format!("fair {} {}", load.owned_fair, load.primary_fair);
        writeln!(
            text,
            "{} {} {} owns {owned} primary of {primary} {fair}",
            member.id, member.zone, member.weight
        )
        .unwrap();
    }
    text.push('\n');
    for arc in arcs.arcs() {
        let short = |node: &_| format!(" {:04x}", placement.id(*node).short() >> 48);
        let list = placement.preference_list(arc);
        let (owners, stand_ins) = list.split_at(placement.replicas());
        let [owners, stand_ins] = [owners, stand_ins].map(|nodes| nodes.iter().map(short).collect::<String>());
        writeln!(text, "{arc}:{owners} |{stand_ins}").unwrap();
    }
    text
}

#[test]
fn one_zone_of_equal_nodes() {
    assert_golden("one-zone.txt", &describe(ArcCount::MIN, 3, &cluster(5, 1, &[100])));
}

#[test]
fn two_zones_of_unequal_nodes() {
    assert_golden(
        "two-zones-weights.txt",
        &describe(ArcCount::MIN, 3, &cluster(7, 2, &[100, 250, 50])),
    );
}

#[test]
fn zones_of_unequal_sizes() {
    let members: Vec<Member> = [0, 1, 2, 2, 3, 3, 3]
        .into_iter()
        .zip(0..)
        .map(|(z, id)| member(id, z, 100))
        .collect();
    assert_golden("four-zones.txt", &describe(ArcCount::MIN, 5, &members));
}

/// The same as a matrix, by fingerprints alone.
#[test]
fn clusters_of_many_kinds() {
    let mut text = String::new();
    for arcs in [256, 1024, 4096, 16_384].map(|count| ArcCount::new(count).unwrap()) {
        for (nodes, zones) in [
            (1, 1),
            (2, 1),
            (3, 1),
            (3, 3),
            (4, 2),
            (10, 1),
            (10, 3),
            (30, 3),
            (100, 1),
            (100, 4),
        ] {
            for weights in [&[100][..], &[100, 200, 400]] {
                for n in [1, 3].into_iter().filter(|&n| n == 3 || nodes <= 10) {
                    let placement = Placement::plan(arcs, n, &cluster(nodes, zones, weights)).unwrap();
                    let print = placement.fingerprint();
                    let weights: Vec<f64> = weights.iter().map(|&weight| f64::from(weight) / 100.0).collect();
                    let kind = format!("{arcs} arcs, {nodes} nodes, {zones} zones, weights {weights:?}, {n} owners");
                    writeln!(text, "{kind}: {print:016x}").unwrap();
                }
            }
        }
    }
    assert_golden("fingerprints.txt", &text);
}

#[test]
fn keys_slots_and_arcs() {
    let keys = [
        "",
        "a",
        "foo",
        "bar",
        "hello",
        "123456789",
        "user:1000",
        "{user1000}.following",
        "foo{}{bar}",
        "{}",
        "ключ",
    ];
    let mut text = String::from("key: slot, arc of 256, of 1024, of 16384\n");
    for key in keys {
        let slot = Slot::of_key(key.as_bytes());
        let [few, usual, most] = [ArcCount::MIN, ArcCount::DEFAULT, ArcCount::MAX].map(|count| count.arc_of(slot));
        writeln!(text, "{key}: {slot}, {few}, {usual}, {most}").unwrap();
    }
    assert_golden("slots.txt", &text);
}
