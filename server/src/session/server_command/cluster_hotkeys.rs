//! `CLUSTER HOTKEYS [COUNT count]`: the keys that clients ask for most, the hottest first. Circlet's own, on both ports: on one-big-Redis of the whole
//! cluster, on Redis Cluster of what this node was asked.
//!
//! One map for each key:
//!
//! | field | what it is |
//! |---|---|
//! | `key` | the key |
//! | `per-second` | accesses a second, lately: those of ten seconds ago count half |
//! | `per-second-max` | what they may be at most: some may have come while the key was not counted |
//! | `share` | of all accesses, from 0 to 1 |
//! | `nodes` | nodes that were asked for it |
//!
//! Accesses are sampled (`core::hot_keys`). A node that cannot be reached is not asked: what came in there is not in the sums.

use super::super::caller::Door;
use super::super::everyone::ask;
use crate::command::CommandError;
use crate::command::pure::number::integer;
use crate::node::Node;
use circlet_resp::{Args, ReplyBuf, Value};
use std::collections::HashMap;
use std::sync::Arc;

/// Keys that are answered when nobody says how many.
const COUNT: usize = 16;

/// Keys that each node tells of, and so as many as may be asked for.
const COUNT_MAX: usize = 128;

/// What a peer says in whole numbers is of a thousand seconds.
const SECONDS_SAID: f64 = 1_000.0;

/// A key, on all nodes that were asked.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
struct Hot {
    per_second: f64,
    per_second_max: f64,
    nodes: i64,
}

/// Writes the answer.
pub(super) async fn write(
    node: &Arc<Node>,
    door: Door,
    args: Args<'_>,
    replies: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let Some(count) = count(args)? else {
        replies.error(&format!("ERR COUNT should be between 1 and {COUNT_MAX}"));
        return Ok(());
    };
    let routes = node.routes.load_full();
    let is_asked = |member| door != Door::Cluster && node.links[member].is_up();
    let asked = (0..node.links.len() as u16).filter(|member| *member == routes.me || is_asked(*member));
    let asked = asked.map(|member| (member, vec![&b"HOTKEYS"[..]])).collect();
    let shares = ask(node, &routes, asked).await;
    let (total, mut keys) = sum(shares.iter().flatten());
    keys.truncate(count);
    replies.array(keys.len());
    for (key, hot) in keys {
        replies.map(5);
        replies.bulk(b"key");
        replies.bulk(key);
        for (name, figure) in [
            ("per-second", hot.per_second),
            ("per-second-max", hot.per_second_max),
            ("share", if total > 0.0 { hot.per_second / total } else { 0.0 }),
        ] {
            replies.bulk(name.as_bytes());
            replies.double((figure * 1e4).round() / 1e4);
        }
        replies.bulk(b"nodes");
        replies.integer(hot.nodes);
    }
    Ok(())
}

/// How many keys are wanted; `None` if the number is none that can be.
fn count(args: Args<'_>) -> Result<Option<usize>, CommandError> {
    match (args.get(2), args.get(3), args.len()) {
        (None, ..) => Ok(Some(COUNT)),
        (Some(word), Some(number), 4) if word.eq_ignore_ascii_case(b"COUNT") => {
            let count = usize::try_from(integer(number)?).ok();
            Ok(count.filter(|count| (1..=COUNT_MAX).contains(count)))
        }
        _ => Err(CommandError::Syntax),
    }
}

/// A node's own share: how many accesses there are, and for each of the hottest keys its name, and how many are seen and may be; each in a thousand
/// seconds.
pub(crate) fn share(node: &Node, reply: &mut ReplyBuf) {
    let hottest = node.hot_keys.lock().hottest(COUNT_MAX, node.clock.now().mono);
    let said = |per_second: f64| (per_second * SECONDS_SAID).round() as i64;
    reply.array(1 + hottest.keys.len());
    reply.integer(said(hottest.per_second));
    for hot in hottest.keys {
        reply.array(3);
        reply.bulk(&hot.key);
        reply.integer(said(hot.per_second_min));
        reply.integer(said(hot.per_second_max));
    }
}

/// The shares of the nodes as one: accesses a second of all keys, and the keys, the hottest first.
fn sum<'a>(shares: impl Iterator<Item = &'a Value>) -> (f64, Vec<(&'a [u8], Hot)>) {
    let mut total = 0.0;
    let mut sums: HashMap<&[u8], Hot> = HashMap::new();
    for share in shares {
        let Some([all, keys @ ..]) = share.as_slice() else {
            continue;
        };
        total += all.as_integer().unwrap_or_default() as f64 / SECONDS_SAID;
        for entry in keys {
            if let Some([key, least, most]) = entry.as_slice()
                && let (Some(key), Some(least), Some(most)) = (key.as_bytes(), least.as_integer(), most.as_integer())
            {
                let hot = sums.entry(key).or_default();
                hot.per_second += least as f64 / SECONDS_SAID;
                hot.per_second_max += most as f64 / SECONDS_SAID;
                hot.nodes += 1;
            }
        }
    }
    let mut keys: Vec<(&[u8], Hot)> = sums.into_iter().collect();
    keys.sort_by(|(a, hot_a), (b, hot_b)| hot_b.per_second.total_cmp(&hot_a.per_second).then_with(|| a.cmp(b)));
    (total, keys)
}

#[cfg(test)]
mod tests {
    use super::super::test_request::Line;
    use super::*;
    use circlet_resp::ReplyParser;

    fn said(total: i64, keys: &[(&str, i64, i64)]) -> Value {
        let mut reply = ReplyBuf::default();
        reply.array(1 + keys.len());
        reply.integer(total);
        for (key, least, most) in keys {
            reply.array(3);
            reply.bulk(key.as_bytes());
            reply.integer(*least);
            reply.integer(*most);
        }
        let parsed = ReplyParser::default().parse(&reply.take()).expect("a reply");
        parsed.value.expect("a whole one")
    }

    #[test]
    fn what_several_nodes_were_asked_for_is_added_up_and_ordered() {
        let shares = [
            said(9_000, &[("a", 4_000, 5_000), ("b", 3_000, 3_000)]),
            said(2_500, &[("b", 2_000, 2_500)]),
            said(0, &[]),
        ];
        let (total, keys) = sum(shares.iter());
        let hot = |per_second, per_second_max, nodes| Hot {
            per_second,
            per_second_max,
            nodes,
        };
        assert_eq!(total, 11.5);
        assert_eq!(keys, [(&b"b"[..], hot(5.0, 5.5, 2)), (b"a", hot(4.0, 5.0, 1))]);
    }

    #[test]
    fn how_many_are_wanted_is_said_by_count_within_bounds() {
        let count = |line: &str| count(Line::new(line).args());
        assert_eq!(count("CLUSTER HOTKEYS"), Ok(Some(16)));
        assert_eq!(count("cluster hotkeys count 128"), Ok(Some(128)));
        for out_of_bounds in ["0", "129", "-1"] {
            assert_eq!(count(&format!("cluster hotkeys count {out_of_bounds}")), Ok(None));
        }
        assert_eq!(count("cluster hotkeys count"), Err(CommandError::Syntax));
        assert_eq!(count("cluster hotkeys 5"), Err(CommandError::Syntax));
        assert_eq!(count("cluster hotkeys count 5 6"), Err(CommandError::Syntax));
        assert!(count("cluster hotkeys count five").is_err());
    }
}
