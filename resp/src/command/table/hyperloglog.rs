//! Commands on estimates of how many different elements there were.

use super::super::CommandId as Id;
use super::super::arg::{key, string};
use super::super::flags::{Category, Flag};
use super::super::keys::{KeyFlag, KeySpec};
use super::super::spec::{CommandSpec, Group};

pub(crate) static PFADD: CommandSpec = CommandSpec::new(Id::Pfadd, "pfadd", -2, Group::Hyperloglog, "2.8.9")
    .about(
        "Adds elements to an estimate of how many different ones there were.",
        "O(N), N: number of elements",
    )
    .with_flags(&[Flag::Write, Flag::Denyoom, Flag::Fast])
    .with_categories(&[Category::Hyperloglog])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Insert])])
    .with_args(&[key("key", 0), string("element").optional().multiple()]);

pub(crate) static PFCOUNT: CommandSpec = CommandSpec::new(Id::Pfcount, "pfcount", -2, Group::Hyperloglog, "2.8.9")
    .about(
        "Estimates how many different elements were added to the keys together.",
        "O(N), N: number of keys",
    )
    .with_flags(&[Flag::Readonly])
    .with_categories(&[Category::Hyperloglog])
    .with_keys(&[KeySpec::range(1, -1, 1, &[KeyFlag::ReadWrite, KeyFlag::Access])])
    .with_args(&[key("key", 0).multiple()]);

pub(crate) static PFMERGE: CommandSpec = CommandSpec::new(Id::Pfmerge, "pfmerge", -2, Group::Hyperloglog, "2.8.9")
    .about(
        "Adds all that was added to some keys to another one.",
        "O(N), N: number of keys",
    )
    .with_flags(&[Flag::Write, Flag::Denyoom])
    .with_categories(&[Category::Hyperloglog])
    .with_keys(&[
        KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Insert]),
        KeySpec::range(2, -1, 1, &[KeyFlag::ReadOnly, KeyFlag::Access]),
    ])
    .with_args(&[key("destkey", 0), key("sourcekey", 1).multiple()]);
