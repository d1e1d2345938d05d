//! Commands that read strings, and bits of them.

use super::super::CommandId as Id;
use super::super::arg::{block, integer, key, oneof, string, token, unix_time};
use super::super::flags::{Category, Flag};
use super::super::keys::{KeyFlag, KeySpec};
use super::super::spec::{CommandSpec, Group};

pub(crate) static GET: CommandSpec = CommandSpec::new(Id::Get, "get", 2, Group::String, "1.0.0")
    .about("Reads a string.", "O(1)")
    .with_flags(&[Flag::Readonly, Flag::Fast])
    .with_categories(&[Category::String])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[key("key", 0)]);

pub(crate) static GETDEL: CommandSpec = CommandSpec::new(Id::Getdel, "getdel", 2, Group::String, "6.2.0")
    .about("Reads a string and deletes the key.", "O(1)")
    .with_flags(&[Flag::Write, Flag::Fast])
    .with_categories(&[Category::String])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Delete])])
    .with_args(&[key("key", 0)]);

pub(crate) static GETEX: CommandSpec = CommandSpec::new(Id::Getex, "getex", -2, Group::String, "6.2.0")
    .about("Reads a string and sets or removes its time to live.", "O(1)")
    .with_flags(&[Flag::Write, Flag::Fast])
    .with_categories(&[Category::String])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Update])])
    .with_args(&[
        key("key", 0),
        oneof(
            "expiration",
            &[
                integer("seconds").after("EX"),
                integer("milliseconds").after("PX"),
                unix_time("unix-time-seconds").after("EXAT"),
                unix_time("unix-time-milliseconds").after("PXAT"),
                token("PERSIST"),
            ],
        )
        .optional(),
    ]);

pub(crate) static MGET: CommandSpec = CommandSpec::new(Id::Mget, "mget", -2, Group::String, "1.0.0")
    .about("Reads the strings of several keys.", "O(N), N: number of keys")
    .with_flags(&[Flag::Readonly, Flag::Fast])
    .with_categories(&[Category::String])
    .with_tips(&["request_policy:multi_shard"])
    .with_keys(&[KeySpec::range(1, -1, 1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[key("key", 0).multiple()]);

pub(crate) static STRLEN: CommandSpec = CommandSpec::new(Id::Strlen, "strlen", 2, Group::String, "2.2.0")
    .about("Answers how many bytes a string has.", "O(1)")
    .with_flags(&[Flag::Readonly, Flag::Fast])
    .with_categories(&[Category::String])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly])])
    .with_args(&[key("key", 0)]);

pub(crate) static GETRANGE: CommandSpec = CommandSpec::new(Id::Getrange, "getrange", 4, Group::String, "2.4.0")
    .about(
        "Reads some bytes of a string, by first and last position.",
        "O(N), N: bytes answered",
    )
    .with_flags(&[Flag::Readonly])
    .with_categories(&[Category::String])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[key("key", 0), integer("start"), integer("end")]);

pub(crate) static SUBSTR: CommandSpec = CommandSpec::new(Id::Substr, "substr", 4, Group::String, "1.0.0")
    .about("The old name of GETRANGE.", "O(N), N: bytes answered")
    .deprecated_since("2.0.0", "`GETRANGE`")
    .with_flags(&[Flag::Readonly])
    .with_categories(&[Category::String])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[key("key", 0), integer("start"), integer("end")]);

pub(crate) static LCS: CommandSpec = CommandSpec::new(Id::Lcs, "lcs", -3, Group::String, "7.0.0")
    .about(
        "Finds the longest subsequence that two strings have in common.",
        "O(N*M), N and M: bytes of the two strings",
    )
    .with_flags(&[Flag::Readonly])
    .with_categories(&[Category::String])
    .with_keys(&[KeySpec::range(1, 1, 1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[
        key("key1", 0),
        key("key2", 0),
        token("LEN").optional(),
        token("IDX").optional(),
        integer("min-match-len").after("MINMATCHLEN").optional(),
        token("WITHMATCHLEN").optional(),
    ]);

pub(crate) static GETBIT: CommandSpec = CommandSpec::new(Id::Getbit, "getbit", 3, Group::Bitmap, "2.2.0")
    .about("Reads one bit of a string.", "O(1)")
    .with_flags(&[Flag::Readonly, Flag::Fast])
    .with_categories(&[Category::Bitmap])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[key("key", 0), integer("offset")]);

pub(crate) static BITCOUNT: CommandSpec = CommandSpec::new(Id::Bitcount, "bitcount", -2, Group::Bitmap, "2.6.0")
    .about(
        "Counts the bits that are set in a string or a part of it.",
        "O(N), N: bytes looked at",
    )
    .with_flags(&[Flag::Readonly])
    .with_categories(&[Category::Bitmap])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[
        key("key", 0),
        block(
            "range",
            &[
                integer("start"),
                block(
                    "end-unit-block",
                    &[
                        integer("end"),
                        oneof("unit", &[token("BYTE"), token("BIT")]).since("7.0.0").optional(),
                    ],
                )
                .optional(),
            ],
        )
        .optional(),
    ]);

pub(crate) static BITPOS: CommandSpec = CommandSpec::new(Id::Bitpos, "bitpos", -3, Group::Bitmap, "2.8.7")
    .about(
        "Finds the first bit that is set, or clear, in a string or a part of it.",
        "O(N), N: bytes looked at",
    )
    .with_flags(&[Flag::Readonly])
    .with_categories(&[Category::Bitmap])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[
        key("key", 0),
        integer("bit"),
        block(
            "range",
            &[
                integer("start"),
                block(
                    "end-unit-block",
                    &[
                        integer("end"),
                        oneof("unit", &[token("BYTE"), token("BIT")]).since("7.0.0").optional(),
                    ],
                )
                .optional(),
            ],
        )
        .optional(),
    ]);

pub(crate) static BITFIELD_RO: CommandSpec =
    CommandSpec::new(Id::BitfieldRo, "bitfield_ro", -2, Group::Bitmap, "6.0.0")
        .about(
            "Reads integers of any number of bits within a string.",
            "O(1) for each operation",
        )
        .with_flags(&[Flag::Readonly, Flag::Fast])
        .with_categories(&[Category::Bitmap])
        .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
        .with_args(&[
            key("key", 0),
            block("get-block", &[string("encoding"), integer("offset")])
                .after("GET")
                .optional()
                .multiple_with_token(),
        ]);
