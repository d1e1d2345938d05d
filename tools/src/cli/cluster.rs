//! What `redis-cli --cluster` is for, and which verb of `circlet` does it.

use crate::failure::Failure;
use crate::output::say;

/// Verb of redis-cli, and what to do here.
const VERBS: [(&str, &str); 12] = [
    (
        "create",
        "`circlet up`, or one node.toml a machine with `join`: docs/operating.md",
    ),
    (
        "add-node",
        "`circlet join`, or `circlet node --join ADDR:PORT` on another machine",
    ),
    (
        "del-node",
        "`circlet leave NODE`; of one that is gone for good, `circlet remove NODE`",
    ),
    (
        "reshard",
        "nothing: data follows the members by itself; `circlet weight NODE SHARE` has one take more",
    ),
    (
        "rebalance",
        "nothing: data follows the members by itself; `circlet moves` shows how far it is",
    ),
    ("check", "`circlet status` and `circlet ring`"),
    ("info", "`circlet status` and `circlet ring`"),
    (
        "fix",
        "nothing: copies are repaired by themselves; without a majority, `circlet recover`",
    ),
    (
        "call",
        "a loop over `circlet cli -p PORT`; most commands see the whole cluster from any node",
    ),
    ("set-timeout", "`circlet cli CONFIG SET`, on each node"),
    ("import", "`circlet cli --pipe`"),
    ("backup", "nothing yet: snapshots are to come"),
];

/// Says what does here what a verb of `redis-cli --cluster` does there.
///
/// # Errors
/// Always for a verb, since nothing was done; never for `help`.
pub(crate) fn advise(verb: &str) -> Result<(), Failure> {
    if verb == "help" {
        say("Nodes of Circlet come and go with verbs of their own. Instead of redis-cli --cluster ...");
        for (verb, instead) in VERBS {
            say(format_args!("  {verb:<12} {instead}"));
        }
        return Ok(());
    }
    Err(Failure::new(match VERBS.iter().find(|(known, _)| *known == verb) {
        Some((_, instead)) => format!("instead of --cluster {verb}: {instead}"),
        None => format!("no verb of redis-cli --cluster: {verb}; circlet cli --cluster help"),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Args;
    use clap::CommandFactory as _;

    #[test]
    fn every_verb_that_is_advised_exists() {
        let program = Args::command();
        for (verb, instead) in VERBS {
            assert!(advise(verb).is_err(), "{verb}: nothing was done");
            for said in instead.split("`circlet ").skip(1) {
                let name = said.split([' ', '`']).next().unwrap_or_default();
                assert!(program.find_subcommand(name).is_some(), "circlet {name}");
            }
        }
        assert!(advise("help").is_ok());
        assert!(advise("fly").is_err());
    }
}
