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
fn an_increment_after_the_expiry_is_added_to_nothing_that_an_owner_still_has() {
    expect("expired-counter");
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

#[test]
fn first_writes_on_two_sides_are_all_kept() {
    expect("first-writes-on-two-sides");
}

#[test]
fn a_repair_that_looks_old_is_taken_by_who_never_had_it() {
    expect("repair-that-looks-old");
}

#[test]
fn who_missed_the_end_of_a_round_becomes_equal() {
    expect("missed-commit");
}

#[test]
fn a_field_under_a_newer_one_is_compared_by_itself() {
    expect("hidden-field");
}

#[test]
fn a_run_under_a_newer_expiry_is_compared_by_itself() {
    expect("hidden-run");
}

#[test]
fn a_node_that_came_back_begins_a_new_run() {
    expect("run-reused");
}

#[test]
fn an_expire_of_the_old_value_does_not_touch_the_new_one() {
    expect("expire-beside-set");
}

#[test]
fn a_late_expire_brings_nothing_back() {
    expect("late-expire");
}

#[test]
fn a_late_duplicate_revives_nothing() {
    expect("late-duplicate");
}

#[test]
fn a_coordinator_that_is_far_ahead_steps_down_and_writes_go_on() {
    expect("coordinator-ahead");
}

#[test]
fn a_minority_refuses_a_quorum_and_serves_one() {
    expect("minority");
}

#[test]
fn what_is_said_to_another_life_says_nothing() {
    expect("word-for-another-life");
}

#[test]
fn what_expired_by_its_stamp_is_not_added_to_by_a_clock_that_was_set_back() {
    expect("clock-set-back");
}

#[test]
fn what_an_ex_owner_has_that_missed_the_epochs_survives() {
    expect("ex-owner");
}

#[test]
fn a_delete_that_a_new_owner_missed_in_a_move_is_not_forgotten_too_early() {
    expect("delete-in-move");
}

#[test]
fn all_owners_can_change_at_once_and_two_of_them_die() {
    expect("all-owners-change");
}

#[test]
fn a_coordinator_that_is_an_epoch_behind_acknowledges_nothing() {
    expect("left-behind");
}

#[test]
fn a_coordinator_that_does_not_hear_of_a_move_s_end_acknowledges_nothing_by_old_owners() {
    expect("stage-ends");
}

#[test]
fn what_a_quorum_read_answers_is_on_a_quorum() {
    expect("read-before-repair");
}

#[test]
fn a_delete_after_a_member_with_a_fast_clock_ends_it() {
    expect("fast-clock-member");
}
