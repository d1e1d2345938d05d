//! Fifty random runs, and what makes a run worth repeating.

use circlet_sim::{RunOptions, run_seed};

/// Short runs, so that fifty of them fit into a test run that is not optimised.
const OPTIONS: RunOptions = RunOptions {
    busy_ms: 3_000,
    bug: None,
    keep_trace: false,
};

/// Four tests share the seeds, so that they run beside each other.
fn expect_passed(seeds: std::ops::RangeInclusive<u64>) {
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
fn promises_are_kept_in_seeds_1_to_13() {
    expect_passed(1..=13);
}

#[test]
fn promises_are_kept_in_seeds_14_to_26() {
    expect_passed(14..=26);
}

#[test]
fn promises_are_kept_in_seeds_27_to_38() {
    expect_passed(27..=38);
}

#[test]
fn promises_are_kept_in_seeds_39_to_50() {
    expect_passed(39..=50);
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
