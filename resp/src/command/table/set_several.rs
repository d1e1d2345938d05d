//! Commands on several sets.

use super::super::CommandId as Id;
use super::super::arg::{integer, key, string};
use super::super::flags::{Category, Flag};
use super::super::keys::{KeyFlag, KeySpec};
use super::super::spec::{CommandSpec, Group};

pub(crate) static SMOVE: CommandSpec = CommandSpec::new(Id::Smove, "smove", 4, Group::Set, "1.0.0")
    .about("Takes a member off one set and adds it to another.", "O(1)")
    .with_flags(&[Flag::Write, Flag::Fast])
    .with_categories(&[Category::Set])
    .with_keys(&[
        KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Delete]),
        KeySpec::one(2, &[KeyFlag::ReadWrite, KeyFlag::Insert]),
    ])
    .with_args(&[key("source", 0), key("destination", 1), string("member")]);

pub(crate) static SINTER: CommandSpec = CommandSpec::new(Id::Sinter, "sinter", -2, Group::Set, "1.0.0")
    .about(
        "Answers the members that all of several sets have.",
        "O(N*M) for M sets, the smallest of N members",
    )
    .with_flags(&[Flag::Readonly])
    .with_categories(&[Category::Set])
    .with_tips(&["nondeterministic_output_order"])
    .with_keys(&[KeySpec::range(1, -1, 1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[key("key", 0).multiple()]);

pub(crate) static SINTERSTORE: CommandSpec = CommandSpec::new(Id::Sinterstore, "sinterstore", -3, Group::Set, "1.0.0")
    .about(
        "Writes the members that all of several sets have to a key.",
        "O(N*M) for M sets, the smallest of N members",
    )
    .with_flags(&[Flag::Write, Flag::Denyoom])
    .with_categories(&[Category::Set])
    .with_keys(&[
        KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Update]),
        KeySpec::range(2, -1, 1, &[KeyFlag::ReadOnly, KeyFlag::Access]),
    ])
    .with_args(&[key("destination", 0), key("key", 1).multiple()]);

pub(crate) static SINTERCARD: CommandSpec = CommandSpec::new(Id::Sintercard, "sintercard", -3, Group::Set, "7.0.0")
    .about(
        "Counts the members that all of several sets have.",
        "O(N*M) for M sets, the smallest of N members",
    )
    .with_flags(&[Flag::Readonly])
    .with_categories(&[Category::Set])
    .with_keys(&[KeySpec::counted(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[
        integer("numkeys"),
        key("key", 0).multiple(),
        integer("limit").after("LIMIT").optional(),
    ]);

pub(crate) static SUNION: CommandSpec = CommandSpec::new(Id::Sunion, "sunion", -2, Group::Set, "1.0.0")
    .about(
        "Answers the members that any of several sets has.",
        "O(N) for N members of all sets together",
    )
    .with_flags(&[Flag::Readonly])
    .with_categories(&[Category::Set])
    .with_tips(&["nondeterministic_output_order"])
    .with_keys(&[KeySpec::range(1, -1, 1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[key("key", 0).multiple()]);

pub(crate) static SUNIONSTORE: CommandSpec = CommandSpec::new(Id::Sunionstore, "sunionstore", -3, Group::Set, "1.0.0")
    .about(
        "Writes the members that any of several sets has to a key.",
        "O(N) for N members of all sets together",
    )
    .with_flags(&[Flag::Write, Flag::Denyoom])
    .with_categories(&[Category::Set])
    .with_keys(&[
        KeySpec::one(1, &[KeyFlag::Overwrite, KeyFlag::Update]),
        KeySpec::range(2, -1, 1, &[KeyFlag::ReadOnly, KeyFlag::Access]),
    ])
    .with_args(&[key("destination", 0), key("key", 1).multiple()]);

pub(crate) static SDIFF: CommandSpec = CommandSpec::new(Id::Sdiff, "sdiff", -2, Group::Set, "1.0.0")
    .about(
        "Answers the members that only the first of several sets has.",
        "O(N) for N members of all sets together",
    )
    .with_flags(&[Flag::Readonly])
    .with_categories(&[Category::Set])
    .with_tips(&["nondeterministic_output_order"])
    .with_keys(&[KeySpec::range(1, -1, 1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[key("key", 0).multiple()]);

pub(crate) static SDIFFSTORE: CommandSpec = CommandSpec::new(Id::Sdiffstore, "sdiffstore", -3, Group::Set, "1.0.0")
    .about(
        "Writes the members that only the first of several sets has to a key.",
        "O(N) for N members of all sets together",
    )
    .with_flags(&[Flag::Write, Flag::Denyoom])
    .with_categories(&[Category::Set])
    .with_keys(&[
        KeySpec::one(1, &[KeyFlag::Overwrite, KeyFlag::Update]),
        KeySpec::range(2, -1, 1, &[KeyFlag::ReadOnly, KeyFlag::Access]),
    ])
    .with_args(&[key("destination", 0), key("key", 1).multiple()]);
