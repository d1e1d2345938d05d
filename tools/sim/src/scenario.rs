//! Fixed schedules that broke earlier forms of the design, each with the rule that makes it harmless.

mod all_owners_change;
mod catch_up_from_too_few;
mod clock_set_back;
mod coordinator_ahead;
mod delete_in_move;
mod deleted_under_absent_owner;
mod ex_owner;
mod expire_beside_set;
mod expired_counter;
mod expired_under_absent_owner;
mod fast_clock;
mod first_writes_on_two_sides;
mod forwarded_increment;
mod hidden_part;
mod late_duplicate;
mod late_expire;
mod left_behind;
mod minority;
mod missed_commit;
mod missed_delete;
mod read_before_repair;
mod repair_that_looks_old;
mod restart_in_no_time;
mod run_reused;
mod script;
mod stage_ends;
mod voted_by_two_epochs;
mod woken_node;
mod word_for_another_life;

use crate::bug::Bug;
use crate::report::Report;
use script::Script;

/// A schedule.
#[derive(Debug, Clone, Copy)]
pub struct Scenario {
    /// Its name on the command line.
    pub name: &'static str,
    /// The rule without which it must fail.
    pub bug: Bug,
    run: fn(&mut Script),
}

/// All schedules.
pub const ALL: [Scenario; 30] = [
    Scenario {
        name: "read-before-repair",
        bug: Bug::AnswerBeforeRepair,
        run: read_before_repair::run,
    },
    Scenario {
        name: "fast-clock-member",
        bug: Bug::IgnoreSuperseded,
        run: fast_clock::member,
    },
    Scenario {
        name: "ex-owner",
        bug: Bug::DropEarly,
        run: ex_owner::run,
    },
    Scenario {
        name: "delete-in-move",
        bug: Bug::DropByAge,
        run: delete_in_move::run,
    },
    Scenario {
        name: "all-owners-change",
        bug: Bug::OneSidedQuorum,
        run: all_owners_change::run,
    },
    Scenario {
        name: "left-behind",
        bug: Bug::StaleEpoch,
        run: left_behind::run,
    },
    Scenario {
        name: "voted-by-two-epochs",
        bug: Bug::VoteWithoutEpoch,
        run: voted_by_two_epochs::run,
    },
    Scenario {
        name: "stage-ends",
        bug: Bug::OldSideOnly,
        run: stage_ends::run,
    },
    Scenario {
        name: "catch-up-from-too-few",
        bug: Bug::CatchUpFromTooFew,
        run: catch_up_from_too_few::run,
    },
    Scenario {
        name: "deleted-under-absent-owner",
        bug: Bug::DropByAge,
        run: deleted_under_absent_owner::run,
    },
    Scenario {
        name: "expired-under-absent-owner",
        bug: Bug::DropByAge,
        run: expired_under_absent_owner::run,
    },
    Scenario {
        name: "expired-counter",
        bug: Bug::DropByAge,
        run: expired_counter::run,
    },
    Scenario {
        name: "missed-delete",
        bug: Bug::SumsLeaveOut,
        run: missed_delete::run,
    },
    Scenario {
        name: "fast-clock",
        bug: Bug::IgnoreSuperseded,
        run: fast_clock::run,
    },
    Scenario {
        name: "forwarded-increment",
        bug: Bug::RetryForwarded,
        run: forwarded_increment::run,
    },
    Scenario {
        name: "woken-node",
        bug: Bug::IgnoreLease,
        run: woken_node::run,
    },
    Scenario {
        name: "restart-in-no-time",
        bug: Bug::EmptyNodeCounts,
        run: restart_in_no_time::run,
    },
    Scenario {
        name: "first-writes-on-two-sides",
        bug: Bug::FirstWriteRaises,
        run: first_writes_on_two_sides::run,
    },
    Scenario {
        name: "repair-that-looks-old",
        bug: Bug::RefuseOld,
        run: repair_that_looks_old::run,
    },
    Scenario {
        name: "missed-commit",
        bug: Bug::ForgetCommit,
        run: missed_commit::run,
    },
    Scenario {
        name: "hidden-field",
        bug: Bug::SumsByEntry,
        run: hidden_part::field,
    },
    Scenario {
        name: "hidden-run",
        bug: Bug::SumsByEntry,
        run: hidden_part::run_of_counter,
    },
    Scenario {
        name: "run-reused",
        bug: Bug::ReuseRuns,
        run: run_reused::run,
    },
    Scenario {
        name: "expire-beside-set",
        bug: Bug::ExpireRewrites,
        run: expire_beside_set::run,
    },
    Scenario {
        name: "late-expire",
        bug: Bug::TakeDropped,
        run: late_expire::run,
    },
    Scenario {
        name: "late-duplicate",
        bug: Bug::TakeDropped,
        run: late_duplicate::run,
    },
    Scenario {
        name: "coordinator-ahead",
        bug: Bug::BelieveAnyClock,
        run: coordinator_ahead::run,
    },
    Scenario {
        name: "minority",
        bug: Bug::HintCounts,
        run: minority::run,
    },
    Scenario {
        name: "word-for-another-life",
        bug: Bug::OtherLife,
        run: word_for_another_life::run,
    },
    Scenario {
        name: "clock-set-back",
        bug: Bug::DecideByWall,
        run: clock_set_back::run,
    },
];

impl Scenario {
    /// The schedule of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        ALL.into_iter().find(|scenario| scenario.name == name)
    }

    /// Runs it, without a rule if `bug` says so.
    #[must_use]
    pub fn run(&self, bug: Option<Bug>, keep_trace: bool) -> Report {
        let mut script = Script::new(bug, keep_trace);
        (self.run)(&mut script);
        script.finish(self.name)
    }
}
