//! SORT.

use super::super::CommandId as Id;
use super::super::arg::{ArgSpec, block, integer, key, oneof, pattern_of, token};
use super::super::flags::{Category, Flag};
use super::super::keys::{KeyFlag, KeySpec, KeyWord};
use super::super::spec::{CommandSpec, Group};

const CATEGORIES: &[Category] = &[Category::Set, Category::SortedSet, Category::List, Category::Dangerous];

static STORE: KeyWord = KeyWord {
    word: b"store",
    from: 2,
    others: &[(b"limit", 2), (b"get", 1), (b"by", 1)],
};

const SORTED: KeySpec = KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access]);

/// Keys that the patterns of BY and GET make of elements.
const MADE: KeySpec = KeySpec::unknown(&[KeyFlag::ReadOnly, KeyFlag::Access]);

const BY: ArgSpec = pattern_of("pattern", 1).after("BY").optional();
const LIMIT: ArgSpec = block("offset_count", &[integer("offset"), integer("count")])
    .after("LIMIT")
    .optional();
const GET: ArgSpec = pattern_of("pattern", 1).after("GET").optional().multiple_with_token();
const ORDER: ArgSpec = oneof("order", &[token("ASC"), token("DESC")]).optional();
const SORTING: ArgSpec = ArgSpec {
    name: "sorting",
    ..token("ALPHA").optional()
};

pub(crate) static SORT: CommandSpec = CommandSpec::new(Id::Sort, "sort", -2, Group::Generic, "1.0.0")
    .about(
        "Sorts the elements of a list, set or sorted set; answers or stores them.",
        "O(N+M*log(M)) for M of N elements",
    )
    .with_flags(&[Flag::Write, Flag::Denyoom])
    .with_categories(CATEGORIES)
    .with_keys(&[
        SORTED,
        MADE,
        KeySpec::among_options(&STORE, &[KeyFlag::Overwrite, KeyFlag::Update]),
    ])
    .with_args(&[
        key("key", 0),
        BY,
        LIMIT,
        GET,
        ORDER,
        SORTING,
        key("destination", 2).after("STORE").optional(),
    ]);

pub(crate) static SORT_RO: CommandSpec = CommandSpec::new(Id::SortRo, "sort_ro", -2, Group::Generic, "7.0.0")
    .about(
        "Sorts the elements of a list, set or sorted set.",
        "O(N+M*log(M)) for M of N elements",
    )
    .with_flags(&[Flag::Readonly])
    .with_categories(CATEGORIES)
    .with_keys(&[SORTED, MADE])
    .with_args(&[key("key", 0), BY, LIMIT, GET, ORDER, SORTING]);
