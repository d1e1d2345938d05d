//! What COMMAND INFO tells of commands on collections: arity, flags, categories, tips and the places of keys are Redis's.

use circlet_resp::Proto;
use circlet_resp::command::{Group, all};

use crate::local::Local;
use crate::redis::Redis;
use crate::table::now;
use crate::wire::{shown, words};

#[test]
fn redis_knows_commands_on_collections_as_we_do() {
    let Some(redis) = Redis::start() else { return };
    let (mut connection, mut local) = (redis.connect(), Local::new(Proto::Resp2));
    let mut compared = 0;
    let groups = [
        Group::Hash,
        Group::Set,
        Group::SortedSet,
        Group::Geo,
        Group::Hyperloglog,
    ];
    for spec in all().iter().filter(|spec| groups.contains(&spec.group())) {
        // 7.2 has more arguments; Redis notes of PFCOUNT that it writes, which here it does not.
        if ["zrank", "zrevrank", "pfcount"].contains(&spec.name()) {
            continue;
        }
        let command = words(&format!("COMMAND INFO {}", spec.name()));
        let theirs = shown(&connection.call(&command));
        if theirs == "*1 $-1" {
            assert_eq!(spec.since(), "7.4.0", "{} is not known to Redis 7.0", spec.name());
            continue;
        }
        assert_eq!(shown(&local.call(&command, now())), theirs, "{}", spec.name());
        compared += 1;
    }
    assert!(compared > 50, "only {compared} compared");
}
