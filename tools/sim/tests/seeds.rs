//! Two hundred random runs, and what makes a run worth repeating.

use circlet_sim::{Bug, RunOptions, run_seed};

/// Short runs, so that two hundred of them fit into a test run that is not optimised.
const OPTIONS: RunOptions = RunOptions {
    busy_ms: 3_000,
    changes: false,
    votes: false,
    bug: None,
    keep_trace: false,
};

/// Four tests share the seeds, so that they run beside each other.
fn expect_passed(seeds: impl IntoIterator<Item = u64>) {
    for seed in seeds {
        let report = run_seed(seed, OPTIONS);
        assert!(
            report.is_passed(),
            "every promise is kept, whatever goes wrong:\n{report}"
        );
        assert!(
            report.operations > 20,
            "and most of the time the cluster answers:\n{report}"
        );
    }
}

#[test]
fn promises_are_kept_in_seeds_1_to_50() {
    expect_passed(1..=50);
}

#[test]
fn promises_are_kept_in_seeds_51_to_100() {
    expect_passed(51..=100);
}

#[test]
fn promises_are_kept_in_seeds_101_to_150() {
    expect_passed(101..=150);
}

#[test]
fn promises_are_kept_in_seeds_151_to_200() {
    expect_passed(151..=200);
}

/// Counters that had expired by their stamps and not by the clock were added to again and again. (Found by seeds 53, 197 and 35 of other workloads; any
/// change of what is sent when shifts them, so one of four is enough.)
#[test]
fn seeds_from_419_on_find_increments_that_count_more_than_once() {
    let options = RunOptions {
        bug: Some(Bug::DecideByWall),
        ..RunOptions::default()
    };
    let seeds = [419, 646, 672, 697];
    for seed in seeds {
        let report = run_seed(seed, RunOptions::default());
        assert!(report.is_passed(), "each increment counts once:\n{report}");
    }
    let finds = |seed: &u64| !run_seed(*seed, options).is_passed();
    assert!(seeds.iter().any(finds), "and not where the wall clock decides");
}

/// While two nodes coordinated a field that was only ever added to, an expiry that one gave it wrote the sum that it found, and ended what the other had
/// acknowledged.
#[test]
fn seed_9746_found_an_expiry_that_ended_increments() {
    let report = run_seed(9746, RunOptions::default());
    assert!(report.is_passed(), "an expiry ends nothing before its time:\n{report}");
}

/// One of two that coordinated a field gave it more time, the other one found it expired and began it anew, which ended it everywhere.
#[test]
fn seed_12127_found_a_counter_taken_for_expired() {
    let options = RunOptions {
        bug: Some(Bug::BelieveExpired),
        ..RunOptions::default()
    };
    let report = run_seed(12127, RunOptions::default());
    assert!(report.is_passed(), "who adds to what has expired asks first:\n{report}");
    assert!(!run_seed(12127, options).is_passed(), "and not without that rule");
}

/// A late HDEL left an entry that could not be read where everything was dropped.
#[test]
fn seeds_42_and_59_found_keys_that_could_not_be_read() {
    expect_passed([42, 59]);
}

/// A DEL of a set was stamped below a change of a member that was acknowledged before.
#[test]
fn seed_1778_found_a_delete_that_was_outlived() {
    let report = run_seed(1778, RunOptions::default());
    assert!(
        report.is_passed(),
        "what is acknowledged later has the greater stamp:\n{report}"
    );
}

/// Two nodes that could not reach each other coordinated one list, and an LREM of the one did not find what the other had pushed. It was the check that
/// asked too much: LREM deletes the elements that it finds.
#[test]
fn seed_10756_found_an_element_that_no_lrem_had_named() {
    let report = run_seed(10_756, RunOptions::default());
    assert!(
        report.is_passed(),
        "an element is there until it is deleted by its own name:\n{report}"
    );
}

/// The same with two PUSHes, one after the other, by two coordinators. Neither knew of the other's element, which no stamp of its own outranks.
#[test]
fn seeds_16490_and_22182_found_pushes_whose_stamps_say_nothing_of_each_other() {
    for seed in [16_490, 22_182] {
        let report = run_seed(seed, RunOptions::default());
        assert!(report.is_passed(), "each element has a stamp of its own:\n{report}");
    }
}

#[test]
fn the_same_seed_gives_the_same_trace_byte_for_byte() {
    let options = RunOptions {
        keep_trace: true,
        ..OPTIONS
    };
    let (first, second) = (run_seed(3, options), run_seed(3, options));
    assert!(first.trace_text == second.trace_text, "not a byte differs");
    assert_eq!(first.trace_hash, second.trace_hash, "nor does the hash");
    assert_ne!(
        first.trace_hash,
        run_seed(4, OPTIONS).trace_hash,
        "another seed is another run"
    );
}
