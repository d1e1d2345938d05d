//! The promises, as checks.

mod acknowledged_write_survives;
mod counters_add_up;
mod hints_bounded;
mod moves_end;
mod no_resurrection;
mod reads_never_go_back;
mod replicas_converge;
mod session_monotonic;
mod set_and_hash_union;
mod stamps_never_go_back;
mod tombstones_drain;

pub(crate) use hints_bounded::over_their_cap as hints_over_their_cap;

use crate::history::History;
use crate::world::World;

/// What clients were told, against what may be told. A line for each violation.
pub(crate) fn check_history(history: &History) -> Vec<String> {
    let checks = [
        acknowledged_write_survives::check,
        reads_never_go_back::check,
        no_resurrection::check,
        session_monotonic::check,
        set_and_hash_union::check,
        counters_add_up::check,
        stamps_never_go_back::check,
    ];
    checks.into_iter().flat_map(|check| check(history)).collect()
}

/// What nodes have once faults have stopped and all is quiet.
pub(crate) fn check_rest(world: &World) -> Vec<String> {
    let mut violations = replicas_converge::check(world);
    violations.extend(moves_end::check(world));
    violations.extend(hints_bounded::drained(world));
    violations.extend(tombstones_drain::left(world));
    violations
}
