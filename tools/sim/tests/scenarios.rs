//! The fixed schedules: harmless with the rule that is there for them, and not without it.

use circlet_sim::scenario::Scenario;

fn expect(name: &str) {
    let Some(scenario) = Scenario::named(name) else {
        panic!("there is a scenario {name}")
    };
    let report = scenario.run(None, false);
    assert!(report.is_passed(), "the design stands the schedule:\n{report}");
    let without = scenario.run(Some(scenario.bug), false);
    assert!(
        !without.is_passed(),
        "without its rule ({}) it does not:\n{without}",
        scenario.bug
    );
}

#[test]
fn a_node_that_reaches_too_few_remembers_nothing() {
    expect("catch-up-from-too-few");
}

#[test]
fn what_was_deleted_under_an_absent_owner_stays_deleted() {
    expect("deleted-under-absent-owner");
}

#[test]
fn what_expired_under_an_absent_owner_uncovers_nothing_older() {
    expect("expired-under-absent-owner");
}

#[test]
fn a_delete_that_an_owner_missed_is_found_before_it_is_forgotten() {
    expect("missed-delete");
}

#[test]
fn a_write_after_one_with_a_fast_clock_wins() {
    expect("fast-clock");
}

#[test]
fn a_forwarded_increment_whose_link_broke_counts_once_at_most() {
    expect("forwarded-increment");
}

#[test]
fn a_woken_node_acts_on_nothing_that_it_slept_through() {
    expect("woken-node");
}

#[test]
fn the_emptiness_of_a_node_that_is_back_at_once_is_not_read() {
    expect("restart-in-no-time");
}
