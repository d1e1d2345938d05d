//! Commands that write strings, and bits of them.

use super::super::CommandId as Id;
use super::super::arg::{block, double, integer, key, oneof, string, token, unix_time};
use super::super::flags::{Category, Flag};
use super::super::keys::{KeyFlag, KeySpec};
use super::super::spec::{CommandSpec, Group};

pub(crate) static SET: CommandSpec = CommandSpec::new(Id::Set, "set", -3, Group::String, "1.0.0")
    .about(
        "Writes a string, whatever was there before; options make it conditional or give it a time to live.",
        "O(1)",
    )
    .with_flags(&[Flag::Write, Flag::Denyoom])
    .with_categories(&[Category::String])
    .with_keys(&[KeySpec::one(
        1,
        &[
            KeyFlag::ReadWrite,
            KeyFlag::Access,
            KeyFlag::Update,
            KeyFlag::VariableFlags,
        ],
    )])
    .with_args(&[
        key("key", 0),
        string("value"),
        oneof("condition", &[token("NX").since("2.6.12"), token("XX").since("2.6.12")]).optional(),
        token("GET").since("6.2.0").optional(),
        oneof(
            "expiration",
            &[
                integer("seconds").after("EX").since("2.6.12"),
                integer("milliseconds").after("PX").since("2.6.12"),
                unix_time("unix-time-seconds").after("EXAT").since("6.2.0"),
                unix_time("unix-time-milliseconds").after("PXAT").since("6.2.0"),
                token("KEEPTTL").since("6.0.0"),
            ],
        )
        .optional(),
    ]);

pub(crate) static SETNX: CommandSpec = CommandSpec::new(Id::Setnx, "setnx", 3, Group::String, "1.0.0")
    .about("Writes a string if there is nothing at the key.", "O(1)")
    .deprecated_since("2.6.12", "`SET` with the `NX` argument")
    .with_flags(&[Flag::Write, Flag::Denyoom, Flag::Fast])
    .with_categories(&[Category::String])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::Overwrite, KeyFlag::Insert])])
    .with_args(&[key("key", 0), string("value")]);

pub(crate) static SETEX: CommandSpec = CommandSpec::new(Id::Setex, "setex", 4, Group::String, "2.0.0")
    .about("Writes a string that expires after some seconds.", "O(1)")
    .deprecated_since("2.6.12", "`SET` with the `EX` argument")
    .with_flags(&[Flag::Write, Flag::Denyoom])
    .with_categories(&[Category::String])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::Overwrite, KeyFlag::Update])])
    .with_args(&[key("key", 0), integer("seconds"), string("value")]);

pub(crate) static PSETEX: CommandSpec = CommandSpec::new(Id::Psetex, "psetex", 4, Group::String, "2.6.0")
    .about("Writes a string that expires after some milliseconds.", "O(1)")
    .deprecated_since("2.6.12", "`SET` with the `PX` argument")
    .with_flags(&[Flag::Write, Flag::Denyoom])
    .with_categories(&[Category::String])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::Overwrite, KeyFlag::Update])])
    .with_args(&[key("key", 0), integer("milliseconds"), string("value")]);

pub(crate) static GETSET: CommandSpec = CommandSpec::new(Id::Getset, "getset", 3, Group::String, "1.0.0")
    .about("Writes a string and answers the one that was there.", "O(1)")
    .deprecated_since("6.2.0", "`SET` with the `!GET` argument")
    .with_flags(&[Flag::Write, Flag::Denyoom, Flag::Fast])
    .with_categories(&[Category::String])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Update])])
    .with_args(&[key("key", 0), string("value")]);

pub(crate) static MSET: CommandSpec = CommandSpec::new(Id::Mset, "mset", -3, Group::String, "1.0.1")
    .about("Writes the strings of several keys.", "O(N), N: number of keys")
    .with_flags(&[Flag::Write, Flag::Denyoom])
    .with_categories(&[Category::String])
    .with_tips(&["request_policy:multi_shard", "response_policy:all_succeeded"])
    .with_keys(&[KeySpec::range(1, -1, 2, &[KeyFlag::Overwrite, KeyFlag::Update])])
    .with_args(&[block("data", &[key("key", 0), string("value")]).multiple()]);

pub(crate) static MSETNX: CommandSpec = CommandSpec::new(Id::Msetnx, "msetnx", -3, Group::String, "1.0.1")
    .about(
        "Writes the strings of several keys if there is nothing at any of them.",
        "O(N), N: number of keys",
    )
    .with_flags(&[Flag::Write, Flag::Denyoom])
    .with_categories(&[Category::String])
    .with_keys(&[KeySpec::range(1, -1, 2, &[KeyFlag::Overwrite, KeyFlag::Insert])])
    .with_args(&[block("data", &[key("key", 0), string("value")]).multiple()]);

pub(crate) static APPEND: CommandSpec = CommandSpec::new(Id::Append, "append", 3, Group::String, "2.0.0")
    .about(
        "Adds bytes to the end of a string; a missing one counts as empty.",
        "O(N), N: bytes of the new value",
    )
    .with_flags(&[Flag::Write, Flag::Denyoom, Flag::Fast])
    .with_categories(&[Category::String])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Insert])])
    .with_args(&[key("key", 0), string("value")]);

pub(crate) static SETRANGE: CommandSpec = CommandSpec::new(Id::Setrange, "setrange", 4, Group::String, "2.2.0")
    .about(
        "Overwrites bytes of a string from a position on, filling a gap with zero bytes.",
        "O(N), N: bytes of the new value",
    )
    .with_flags(&[Flag::Write, Flag::Denyoom])
    .with_categories(&[Category::String])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Update])])
    .with_args(&[key("key", 0), integer("offset"), string("value")]);

pub(crate) static INCR: CommandSpec = CommandSpec::new(Id::Incr, "incr", 2, Group::String, "1.0.0")
    .about("Adds one to an integer; a missing one counts as 0.", "O(1)")
    .with_flags(&[Flag::Write, Flag::Denyoom, Flag::Fast])
    .with_categories(&[Category::String])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Update])])
    .with_args(&[key("key", 0)]);

pub(crate) static DECR: CommandSpec = CommandSpec::new(Id::Decr, "decr", 2, Group::String, "1.0.0")
    .about("Subtracts one from an integer; a missing one counts as 0.", "O(1)")
    .with_flags(&[Flag::Write, Flag::Denyoom, Flag::Fast])
    .with_categories(&[Category::String])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Update])])
    .with_args(&[key("key", 0)]);

pub(crate) static INCRBY: CommandSpec = CommandSpec::new(Id::Incrby, "incrby", 3, Group::String, "1.0.0")
    .about("Adds a number to an integer; a missing one counts as 0.", "O(1)")
    .with_flags(&[Flag::Write, Flag::Denyoom, Flag::Fast])
    .with_categories(&[Category::String])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Update])])
    .with_args(&[key("key", 0), integer("increment")]);

pub(crate) static DECRBY: CommandSpec = CommandSpec::new(Id::Decrby, "decrby", 3, Group::String, "1.0.0")
    .about("Subtracts a number from an integer; a missing one counts as 0.", "O(1)")
    .with_flags(&[Flag::Write, Flag::Denyoom, Flag::Fast])
    .with_categories(&[Category::String])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Update])])
    .with_args(&[key("key", 0), integer("decrement")]);

pub(crate) static INCRBYFLOAT: CommandSpec =
    CommandSpec::new(Id::Incrbyfloat, "incrbyfloat", 3, Group::String, "2.6.0")
        .about(
            "Adds a number to a number with a fraction; a missing one counts as 0.",
            "O(1)",
        )
        .with_flags(&[Flag::Write, Flag::Denyoom, Flag::Fast])
        .with_categories(&[Category::String])
        .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Update])])
        .with_args(&[key("key", 0), double("increment")]);

pub(crate) static SETBIT: CommandSpec = CommandSpec::new(Id::Setbit, "setbit", 4, Group::Bitmap, "2.2.0")
    .about(
        "Sets or clears one bit of a string, growing it if need be.",
        "O(N), N: bytes of the new value",
    )
    .with_flags(&[Flag::Write, Flag::Denyoom])
    .with_categories(&[Category::Bitmap])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Update])])
    .with_args(&[key("key", 0), integer("offset"), integer("value")]);

pub(crate) static BITOP: CommandSpec = CommandSpec::new(Id::Bitop, "bitop", -4, Group::Bitmap, "2.6.0")
    .about(
        "Puts the bits of several strings together, and stores the result.",
        "O(N), N: bytes of the longest string",
    )
    .with_flags(&[Flag::Write, Flag::Denyoom])
    .with_categories(&[Category::Bitmap])
    .with_keys(&[
        KeySpec::one(2, &[KeyFlag::Overwrite, KeyFlag::Update]),
        KeySpec::range(3, -1, 1, &[KeyFlag::ReadOnly, KeyFlag::Access]),
    ])
    .with_args(&[
        oneof("operation", &[token("AND"), token("OR"), token("XOR"), token("NOT")]),
        key("destkey", 0),
        key("key", 1).multiple(),
    ]);

pub(crate) static BITFIELD: CommandSpec = CommandSpec::new(Id::Bitfield, "bitfield", -2, Group::Bitmap, "3.2.0")
    .about(
        "Reads, writes and adds to integers of any number of bits within a string.",
        "O(1) for each operation, and O(N) if one writes, N: bytes of the new value",
    )
    .with_flags(&[Flag::Write, Flag::Denyoom])
    .with_categories(&[Category::Bitmap])
    .with_keys(&[KeySpec::one(
        1,
        &[
            KeyFlag::ReadWrite,
            KeyFlag::Access,
            KeyFlag::Update,
            KeyFlag::VariableFlags,
        ],
    )])
    .with_args(&[
        key("key", 0),
        oneof(
            "operation",
            &[
                block("get-block", &[string("encoding"), integer("offset")]).after("GET"),
                block(
                    "write",
                    &[
                        oneof("overflow-block", &[token("WRAP"), token("SAT"), token("FAIL")])
                            .after("OVERFLOW")
                            .optional(),
                        oneof(
                            "write-operation",
                            &[
                                block("set-block", &[string("encoding"), integer("offset"), integer("value")])
                                    .after("SET"),
                                block(
                                    "incrby-block",
                                    &[string("encoding"), integer("offset"), integer("increment")],
                                )
                                .after("INCRBY"),
                            ],
                        ),
                    ],
                ),
            ],
        )
        .optional()
        .multiple(),
    ]);
