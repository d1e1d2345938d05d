//! Commands on many keys, split by node.
//!
//! MGET, MSET, DEL, UNLINK, EXISTS and TOUCH work on each key by itself, on any node; it costs less when each node is asked for the keys that it
//! is the first owner of. The parts are made at once, each with its own retries; what they answer is put together as one node would have.
//! When a part fails the call does, though others may have been executed: so it is when one node runs the command.

use crate::client::Client;
use crate::cmd::{Cmd, cmd};
use crate::error::Error;
use crate::join::join_all;
use crate::plan::Plan;
use crate::route;
use circlet_resp::Value;
use circlet_resp::command::CommandId;
use circlet_ring::Slot;
use std::collections::BTreeMap;

/// Whether a command with so many arguments, name included, may be split.
pub(crate) fn is_for(id: CommandId, args: usize) -> bool {
    match id {
        CommandId::Mget | CommandId::Del | CommandId::Unlink | CommandId::Exists | CommandId::Touch => args > 2,
        CommandId::Mset => args > 3 && args % 2 == 1,
        _ => false,
    }
}

/// One node's share.
struct Part {
    cmd: Cmd,
    slot: Slot,
    /// Places of its keys among all.
    keys: Vec<usize>,
}

/// Makes the call in parts; `None` if one node has all keys.
pub(crate) async fn call(client: &Client, cmd: &Cmd, plan: Plan) -> Option<Result<Value, Error>> {
    let spec = cmd.spec()?;
    let parts = split(client, cmd, if spec.id() == CommandId::Mset { 2 } else { 1 });
    if parts.len() < 2 {
        return None;
    }
    let made = parts.iter().map(|part| {
        let plan = Plan {
            slot: Some(part.slot),
            spread: usize::from(part.slot.get()),
            ..plan
        };
        route::to_one_node(client, &part.cmd, plan, None)
    });
    let replies: Result<Vec<Value>, Error> = join_all(made).await.into_iter().collect();
    Some(replies.map(|replies| combine(spec.id(), &parts, replies)))
}

fn split(client: &Client, whole: &Cmd, step: usize) -> Vec<Part> {
    let topology = client.inner.topology.load();
    let args = whole.args();
    let name = String::from_utf8_lossy(args.name());
    let mut parts: BTreeMap<Option<u16>, Part> = BTreeMap::new();
    for (number, at) in (1..args.len()).step_by(step).enumerate() {
        let slot = Slot::of_key(&args[at]);
        let part = parts
            .entry(topology.choose(Some(slot), &[], 0))
            .or_insert_with(|| Part {
                cmd: cmd(&name),
                slot,
                keys: Vec::new(),
            });
        (at..at + step).for_each(|at| part.cmd.push(&args[at]));
        part.keys.push(number);
    }
    parts.into_values().collect()
}

fn combine(id: CommandId, parts: &[Part], replies: Vec<Value>) -> Value {
    match id {
        CommandId::Mget => {
            let count = parts.iter().map(|part| part.keys.len()).sum();
            let mut values = vec![Value::Null; count];
            for (part, reply) in parts.iter().zip(replies) {
                let Value::Array(items) = reply else { return reply };
                for (place, item) in part.keys.iter().zip(items) {
                    values[*place] = item;
                }
            }
            Value::Array(values)
        }
        CommandId::Mset => Value::Simple("OK".into()),
        _ => Value::Integer(replies.iter().filter_map(Value::as_integer).sum()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(keys: &[&[usize]]) -> Vec<Part> {
        let part = |keys: &&[usize]| Part {
            cmd: cmd("MGET"),
            slot: Slot::of_key(b""),
            keys: keys.to_vec(),
        };
        keys.iter().map(part).collect()
    }

    #[test]
    fn values_come_back_in_the_order_of_their_keys() {
        let list = |numbers: &[i64]| Value::Array(numbers.iter().copied().map(Value::Integer).collect());
        let replies = vec![list(&[0, 2]), list(&[1, 3])];
        assert_eq!(
            combine(CommandId::Mget, &parts(&[&[0, 2], &[1, 3]]), replies),
            list(&[0, 1, 2, 3])
        );
        let counts = vec![Value::Integer(1), Value::Integer(2)];
        assert_eq!(
            combine(CommandId::Del, &parts(&[&[0], &[1, 2]]), counts),
            Value::Integer(3)
        );
    }

    #[test]
    fn what_is_not_a_list_of_pairs_is_left_to_the_server() {
        assert!(is_for(CommandId::Mset, 5));
        assert!(!is_for(CommandId::Mset, 4), "a key without a value");
        assert!(!is_for(CommandId::Mset, 3), "one pair");
        assert!(is_for(CommandId::Mget, 3) && !is_for(CommandId::Mget, 2));
        assert!(!is_for(CommandId::Msetnx, 5), "all or nothing");
    }
}
