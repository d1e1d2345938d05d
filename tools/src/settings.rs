//! `circlet settings`: how many owners keys have, and how many of them reads and writes wait for.

use crate::args::SettingsArgs;
use crate::ask::{members, tell_any, told_by_any};
use crate::failure::Failure;
use crate::moves::follow;
use crate::output::say;
use serde_json::Value;

/// Shows the settings in force, or has the cluster agree on others.
///
/// # Errors
/// When no node answers, or the cluster refuses.
pub(crate) fn run(args: &SettingsArgs) -> Result<(), Failure> {
    let replicas = args.replicas.map(|replicas| replicas.to_string());
    let wanted = [
        ("REPLICAS", &replicas),
        ("READ", &args.read_level),
        ("WRITE", &args.write_level),
    ];
    let mut words = vec!["CLUSTER", "SETTINGS"];
    for (name, value) in wanted {
        words.extend(value.iter().flat_map(|value| [name, value.as_str()]));
    }
    let is_change = words.len() > 2;
    if is_change {
        tell_any(&args.cluster, &words)?;
    }
    say(describe(&told_by_any(&args.cluster, &["CLUSTER", "RING"])?));
    if is_change && !args.no_wait {
        return follow(&args.cluster);
    }
    Ok(())
}

fn describe(ring: &Value) -> String {
    let word = |name: &str| ring[name].as_str().unwrap_or_default().to_owned();
    let (replicas, read, write) = (
        ring["replicas"].as_u64().unwrap_or_default(),
        word("read-level"),
        word("write-level"),
    );
    let needed = |level: &str| match level {
        "one" => 1,
        "all" => replicas,
        _ => replicas / 2 + 1,
    };
    let mut text = format!(
        "replicas {replicas}, read-level {read} ({} of {replicas}), write-level {write} ({} of {replicas})",
        needed(&read),
        needed(&write)
    );
    if needed(&read) + needed(&write) <= replicas {
        text += "\na read may miss an acknowledged write: the two need not share an owner";
    }
    let to_own = |member: &&Value| member["stage"] == "active" || member["stage"] == "joining";
    let members = members(ring).filter(to_own).count();
    if (members as u64) < replicas {
        text += &format!("\nthere are {members} members: no key has more owners than that until others join");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn settings_that_do_not_make_reads_meet_writes_and_owners_that_are_not_there_are_said() {
        let member = json!({ "stage": "active" });
        let of = |replicas: u64, read: &str, write: &str| {
            describe(
                &json!({ "replicas": replicas, "read-level": read, "write-level": write, "members": [member, member, member] }),
            )
        };
        assert_eq!(
            of(3, "quorum", "quorum"),
            "replicas 3, read-level quorum (2 of 3), write-level quorum (2 of 3)"
        );
        assert!(of(3, "one", "quorum").contains("may miss an acknowledged write"));
        assert!(!of(3, "one", "all").contains("may miss"));
        assert!(of(5, "quorum", "quorum").contains("there are 3 members"));
    }
}
