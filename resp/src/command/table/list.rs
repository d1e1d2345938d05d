//! Commands on lists.

use super::super::CommandId as Id;
use super::super::arg::{integer, key, string};
use super::super::flags::{Category, Flag};
use super::super::keys::{KeyFlag, KeySpec};
use super::super::spec::{CommandSpec, Group};

pub(crate) static LPUSH: CommandSpec = CommandSpec::new(Id::Lpush, "lpush", -3, Group::List, "1.0.0")
    .about(
        "Adds elements at the front of a list.",
        "O(1) for each element, O(N) for N of them",
    )
    .with_flags(&[Flag::Write, Flag::Denyoom, Flag::Fast])
    .with_categories(&[Category::List])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Insert])])
    .with_args(&[key("key", 0), string("element").multiple()]);

pub(crate) static LRANGE: CommandSpec = CommandSpec::new(Id::Lrange, "lrange", 4, Group::List, "1.0.0")
    .about(
        "Answers the elements of a list between two indices.",
        "O(log(L)+N) for N of L elements",
    )
    .with_flags(&[Flag::Readonly])
    .with_categories(&[Category::List])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[key("key", 0), integer("start"), integer("stop")]);
