//! Fixed schedules that broke earlier forms of the design, each with the rule that makes it harmless.

mod catch_up_from_too_few;
mod deleted_under_absent_owner;
mod expired_under_absent_owner;
mod fast_clock;
mod forwarded_increment;
mod missed_delete;
mod restart_in_no_time;
mod script;
mod woken_node;

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
pub const ALL: [Scenario; 8] = [
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
