//! Random runs in which clients count the quorum of reads themselves, alone and while nodes come and go.

use circlet_sim::{RunOptions, run_seed};

fn expect_passed(seeds: impl IntoIterator<Item = u64>, changes: bool) {
    let mut voted = 0;
    for seed in seeds {
        let options = RunOptions {
            busy_ms: 3_000,
            changes,
            votes: true,
            ..RunOptions::default()
        };
        let report = run_seed(seed, options);
        assert!(
            report.is_passed(),
            "a read that counts is as good as the coordinator's:\n{report}"
        );
        voted += report.voted;
    }
    assert!(voted > 300, "and some do count: {voted}");
}

#[test]
fn reads_that_two_owners_vote_on_keep_the_promises_in_seeds_1_to_30() {
    expect_passed(1..=30, false);
}

#[test]
fn they_keep_them_while_nodes_come_and_go_in_seeds_1_to_10() {
    expect_passed(1..=10, true);
}
