//! Random runs in which nodes join and leave meanwhile, and what a rule of moves is needed for.

use circlet_sim::{Bug, RunOptions, run_seed};

const OPTIONS: RunOptions = RunOptions {
    busy_ms: 4_000,
    changes: true,
    votes: false,
    bug: None,
    keep_trace: false,
};

fn expect_passed(seeds: std::ops::RangeInclusive<u64>) {
    for seed in seeds {
        let report = run_seed(seed, OPTIONS);
        assert!(report.is_passed(), "every promise is kept while arcs move:\n{report}");
    }
}

#[test]
fn promises_are_kept_while_nodes_come_and_go_in_seeds_1_to_15() {
    expect_passed(1..=15);
}

#[test]
fn promises_are_kept_while_nodes_come_and_go_in_seeds_16_to_30() {
    expect_passed(16..=30);
}

/// Hints for a removed member whose arcs still moved were kept for ever.
#[test]
fn seeds_3_and_27_found_hints_that_nobody_takes() {
    expect_passed_in_full([3, 27]);
}

/// Of three voters one left and one died, while two nodes were joining: the two voters that were left could agree on nothing, not even on removing the
/// dead one.
#[test]
fn seeds_7_and_21_found_a_cluster_of_five_with_two_voters() {
    expect_passed_in_full([7, 21]);
}

/// The only owner of all arcs, to whom the others had left everything, was killed: by the harness, which must not do that.
#[test]
fn seed_916_found_the_memory_of_a_lone_owner_lost() {
    expect_passed_in_full([916]);
}

/// Nodes were killed that had written down, and told nobody, that a member had joined: they knew of a node that the harness did not.
#[test]
fn seed_1556_found_a_choice_that_only_a_dead_node_knew_of() {
    expect_passed_in_full([1556]);
}

/// A connection whose first words came late was held for one that its acceptor had dialled. When that was cut, its dialer was not told, and waited for
/// an answer for ever.
#[test]
fn seeds_1333_and_1799_found_a_connection_with_its_ends_exchanged() {
    expect_passed_in_full([1333, 1799]);
}

/// What a peer had said of itself in an earlier epoch, and came in late, was believed until it spoke again.
#[test]
fn seed_3196_found_a_word_of_an_earlier_epoch_believed() {
    expect_passed_in_full([3196]);
}

/// A read that was refused because its owners were in the next epoch already was not tried again.
#[test]
fn seed_3245_found_a_read_that_an_epoch_overtook() {
    expect_passed_in_full([3245]);
}

/// A field that was only added to was given an expiry at ONE, on the other side of a cut: that writes its sum, and the judge did not know.
#[test]
fn seed_1753_found_an_expiry_that_writes_what_it_finds() {
    expect_passed_in_full([1753]);
}

/// A DEL of unknown outcome, which had reached the other side of a cut only, took away the expiry that a counter was given later: the judge did not know.
#[test]
fn seed_2868_found_a_counter_that_outlives_its_expiry_by_a_late_delete() {
    expect_passed_in_full([2868]);
}

/// A SET at ALL that one owner outranked was stamped anew although a majority had merged it, and overwrote what had been acknowledged since. (Planted again,
/// it was found by one seed of 600; since arcs are compared in one question, messages come at other times, and by none of 2,500. The rule has a test of its own in
/// the core's `tests/writes.rs`.)
#[test]
fn seed_276_found_a_set_that_was_read_before_and_after_another_one() {
    expect_passed_in_full([276, 3134]);
}

/// As long as on the command line.
fn expect_passed_in_full(seeds: impl IntoIterator<Item = u64>) {
    for seed in seeds {
        let options = RunOptions {
            changes: true,
            ..RunOptions::default()
        };
        let report = run_seed(seed, options);
        assert!(report.is_passed(), "every promise is kept while arcs move:\n{report}");
    }
}

/// Whether some seed finds the bug.
fn is_found(bug: Bug) -> bool {
    let options = RunOptions {
        bug: Some(bug),
        ..OPTIONS
    };
    (1..=60).any(|seed| !run_seed(seed, options).is_passed())
}

#[test]
fn a_former_owner_that_forgets_early_is_found() {
    assert!(is_found(Bug::DropEarly));
}

#[test]
fn a_voter_that_forgets_its_vote_is_found() {
    assert!(is_found(Bug::VoteUnsaved));
}

#[test]
fn a_message_of_an_older_epoch_that_is_believed_is_found() {
    assert!(is_found(Bug::StaleEpoch));
}

#[test]
fn a_write_that_asks_the_old_owners_alone_is_found() {
    assert!(is_found(Bug::OldSideOnly));
}
