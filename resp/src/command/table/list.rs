//! Commands on lists.

use super::super::CommandId as Id;
use super::super::arg::{ArgSpec, double, integer, key, oneof, string, token};
use super::super::flags::{Category, Flag};
use super::super::keys::{KeyFlag, KeySpec};
use super::super::spec::{CommandSpec, Group};

/// One end of a list, as an argument.
const ENDS: &[ArgSpec] = &[token("LEFT"), token("RIGHT")];

/// A list that elements are taken off.
const POPPED: &[KeyFlag] = &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Delete];

/// A list that elements are added to.
const PUSHED: &[KeyFlag] = &[KeyFlag::ReadWrite, KeyFlag::Insert];

pub(crate) static LPUSH: CommandSpec = CommandSpec::new(Id::Lpush, "lpush", -3, Group::List, "1.0.0")
    .about(
        "Adds elements at the front of a list.",
        "O(1) for each element, O(N) for N of them",
    )
    .with_flags(&[Flag::Write, Flag::Denyoom, Flag::Fast])
    .with_categories(&[Category::List])
    .with_keys(&[KeySpec::one(1, PUSHED)])
    .with_args(&[key("key", 0), string("element").multiple()]);

pub(crate) static RPUSH: CommandSpec = CommandSpec::new(Id::Rpush, "rpush", -3, Group::List, "1.0.0")
    .about(
        "Adds elements at the back of a list.",
        "O(1) for each element, O(N) for N of them",
    )
    .with_flags(&[Flag::Write, Flag::Denyoom, Flag::Fast])
    .with_categories(&[Category::List])
    .with_keys(&[KeySpec::one(1, PUSHED)])
    .with_args(&[key("key", 0), string("element").multiple()]);

pub(crate) static LPUSHX: CommandSpec = CommandSpec::new(Id::Lpushx, "lpushx", -3, Group::List, "2.2.0")
    .about(
        "Adds elements at the front of a list, if there is one.",
        "O(1) for each element, O(N) for N of them",
    )
    .with_flags(&[Flag::Write, Flag::Denyoom, Flag::Fast])
    .with_categories(&[Category::List])
    .with_keys(&[KeySpec::one(1, PUSHED)])
    .with_args(&[key("key", 0), string("element").multiple()]);

pub(crate) static RPUSHX: CommandSpec = CommandSpec::new(Id::Rpushx, "rpushx", -3, Group::List, "2.2.0")
    .about(
        "Adds elements at the back of a list, if there is one.",
        "O(1) for each element, O(N) for N of them",
    )
    .with_flags(&[Flag::Write, Flag::Denyoom, Flag::Fast])
    .with_categories(&[Category::List])
    .with_keys(&[KeySpec::one(1, PUSHED)])
    .with_args(&[key("key", 0), string("element").multiple()]);

pub(crate) static LPOP: CommandSpec = CommandSpec::new(Id::Lpop, "lpop", -2, Group::List, "1.0.0")
    .about(
        "Takes elements off the front of a list.",
        "O(N), N: number of elements taken",
    )
    .with_flags(&[Flag::Write, Flag::Fast])
    .with_categories(&[Category::List])
    .with_keys(&[KeySpec::one(1, POPPED)])
    .with_args(&[key("key", 0), integer("count").since("6.2.0").optional()]);

pub(crate) static RPOP: CommandSpec = CommandSpec::new(Id::Rpop, "rpop", -2, Group::List, "1.0.0")
    .about(
        "Takes elements off the back of a list.",
        "O(N), N: number of elements taken",
    )
    .with_flags(&[Flag::Write, Flag::Fast])
    .with_categories(&[Category::List])
    .with_keys(&[KeySpec::one(1, POPPED)])
    .with_args(&[key("key", 0), integer("count").since("6.2.0").optional()]);

pub(crate) static LLEN: CommandSpec = CommandSpec::new(Id::Llen, "llen", 2, Group::List, "1.0.0")
    .about("Answers how many elements a list has.", "O(1)")
    .with_flags(&[Flag::Readonly, Flag::Fast])
    .with_categories(&[Category::List])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly])])
    .with_args(&[key("key", 0)]);

pub(crate) static LINDEX: CommandSpec = CommandSpec::new(Id::Lindex, "lindex", 3, Group::List, "1.0.0")
    .about("Answers the element at an index of a list.", "O(log(N)) for N elements")
    .with_flags(&[Flag::Readonly])
    .with_categories(&[Category::List])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[key("key", 0), integer("index")]);

pub(crate) static LSET: CommandSpec = CommandSpec::new(Id::Lset, "lset", 4, Group::List, "1.0.0")
    .about(
        "Replaces the element at an index of a list.",
        "O(log(N)) for N elements",
    )
    .with_flags(&[Flag::Write, Flag::Denyoom])
    .with_categories(&[Category::List])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Update])])
    .with_args(&[key("key", 0), integer("index"), string("element")]);

pub(crate) static LRANGE: CommandSpec = CommandSpec::new(Id::Lrange, "lrange", 4, Group::List, "1.0.0")
    .about(
        "Answers the elements of a list between two indices.",
        "O(log(L)+N) for N of L elements",
    )
    .with_flags(&[Flag::Readonly])
    .with_categories(&[Category::List])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[key("key", 0), integer("start"), integer("stop")]);

pub(crate) static LTRIM: CommandSpec = CommandSpec::new(Id::Ltrim, "ltrim", 4, Group::List, "1.0.0")
    .about(
        "Deletes the elements of a list that are not between two indices.",
        "O(N), N: number of elements deleted",
    )
    .with_flags(&[Flag::Write])
    .with_categories(&[Category::List])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Delete])])
    .with_args(&[key("key", 0), integer("start"), integer("stop")]);

pub(crate) static LREM: CommandSpec = CommandSpec::new(Id::Lrem, "lrem", 4, Group::List, "1.0.0")
    .about(
        "Deletes elements of a list that are equal to one.",
        "O(N) for N elements",
    )
    .with_flags(&[Flag::Write])
    .with_categories(&[Category::List])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Delete])])
    .with_args(&[key("key", 0), integer("count"), string("element")]);

pub(crate) static LINSERT: CommandSpec = CommandSpec::new(Id::Linsert, "linsert", 5, Group::List, "2.2.0")
    .about(
        "Adds an element before or after another one of a list.",
        "O(N), N: number of elements up to the other one",
    )
    .with_flags(&[Flag::Write, Flag::Denyoom])
    .with_categories(&[Category::List])
    .with_keys(&[KeySpec::one(1, PUSHED)])
    .with_args(&[
        key("key", 0),
        oneof("where", &[token("BEFORE"), token("AFTER")]),
        string("pivot"),
        string("element"),
    ]);

pub(crate) static LPOS: CommandSpec = CommandSpec::new(Id::Lpos, "lpos", -3, Group::List, "6.0.6")
    .about(
        "Answers where elements of a list are that are equal to one.",
        "O(N), N: number of elements looked at",
    )
    .with_flags(&[Flag::Readonly])
    .with_categories(&[Category::List])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[
        key("key", 0),
        string("element"),
        integer("rank").after("RANK").optional(),
        integer("num-matches").after("COUNT").optional(),
        integer("len").after("MAXLEN").optional(),
    ]);

pub(crate) static LMOVE: CommandSpec = CommandSpec::new(Id::Lmove, "lmove", 5, Group::List, "6.2.0")
    .about(
        "Moves an element from an end of a list to an end of another, or of the same.",
        "O(1)",
    )
    .with_flags(&[Flag::Write, Flag::Denyoom])
    .with_categories(&[Category::List])
    .with_keys(&[KeySpec::one(1, POPPED), KeySpec::one(2, PUSHED)])
    .with_args(&[
        key("source", 0),
        key("destination", 1),
        oneof("wherefrom", ENDS),
        oneof("whereto", ENDS),
    ]);

pub(crate) static RPOPLPUSH: CommandSpec = CommandSpec::new(Id::Rpoplpush, "rpoplpush", 3, Group::List, "1.2.0")
    .about(
        "Moves the last element of a list to the front of another, or of the same.",
        "O(1)",
    )
    .deprecated_since("6.2.0", "`LMOVE` with the `RIGHT` and `LEFT` arguments")
    .with_flags(&[Flag::Write, Flag::Denyoom])
    .with_categories(&[Category::List])
    .with_keys(&[KeySpec::one(1, POPPED), KeySpec::one(2, PUSHED)])
    .with_args(&[key("source", 0), key("destination", 1)]);

pub(crate) static LMPOP: CommandSpec = CommandSpec::new(Id::Lmpop, "lmpop", -4, Group::List, "7.0.0")
    .about(
        "Takes elements off an end of the first of several lists that has any.",
        "O(N+M) for N keys and M elements taken",
    )
    .with_flags(&[Flag::Write])
    .with_categories(&[Category::List])
    .with_keys(&[KeySpec::counted(1, POPPED)])
    .with_args(&[
        integer("numkeys"),
        key("key", 0).multiple(),
        oneof("where", ENDS),
        integer("count").after("COUNT").optional(),
    ]);

pub(crate) static BLPOP: CommandSpec = CommandSpec::new(Id::Blpop, "blpop", -3, Group::List, "2.0.0")
    .about(
        "Takes the first element off the first of several lists that has any; waits for one.",
        "O(N) for N keys",
    )
    .with_flags(&[Flag::Write, Flag::Noscript, Flag::Blocking])
    .with_categories(&[Category::List])
    .with_keys(&[KeySpec::range(1, -2, 1, POPPED)])
    .with_args(&[key("key", 0).multiple(), double("timeout")]);

pub(crate) static BRPOP: CommandSpec = CommandSpec::new(Id::Brpop, "brpop", -3, Group::List, "2.0.0")
    .about(
        "Takes the last element off the first of several lists that has any; waits for one.",
        "O(N) for N keys",
    )
    .with_flags(&[Flag::Write, Flag::Noscript, Flag::Blocking])
    .with_categories(&[Category::List])
    .with_keys(&[KeySpec::range(1, -2, 1, POPPED)])
    .with_args(&[key("key", 0).multiple(), double("timeout")]);

pub(crate) static BLMOVE: CommandSpec = CommandSpec::new(Id::Blmove, "blmove", 6, Group::List, "6.2.0")
    .about(
        "Moves an element from an end of a list to an end of another, or of the same; waits for one.",
        "O(1)",
    )
    .with_flags(&[Flag::Write, Flag::Denyoom, Flag::Noscript, Flag::Blocking])
    .with_categories(&[Category::List])
    .with_keys(&[KeySpec::one(1, POPPED), KeySpec::one(2, PUSHED)])
    .with_args(&[
        key("source", 0),
        key("destination", 1),
        oneof("wherefrom", ENDS),
        oneof("whereto", ENDS),
        double("timeout"),
    ]);

pub(crate) static BRPOPLPUSH: CommandSpec = CommandSpec::new(Id::Brpoplpush, "brpoplpush", 4, Group::List, "2.2.0")
    .about(
        "Moves the last element of a list to the front of another, or of the same; waits for one.",
        "O(1)",
    )
    .deprecated_since("6.2.0", "`BLMOVE` with the `RIGHT` and `LEFT` arguments")
    .with_flags(&[Flag::Write, Flag::Denyoom, Flag::Noscript, Flag::Blocking])
    .with_categories(&[Category::List])
    .with_keys(&[KeySpec::one(1, POPPED), KeySpec::one(2, PUSHED)])
    .with_args(&[key("source", 0), key("destination", 1), double("timeout")]);

pub(crate) static BLMPOP: CommandSpec = CommandSpec::new(Id::Blmpop, "blmpop", -5, Group::List, "7.0.0")
    .about(
        "Takes elements off an end of the first of several lists that has any; waits for one.",
        "O(N+M) for N keys and M elements taken",
    )
    .with_flags(&[Flag::Write, Flag::Blocking])
    .with_categories(&[Category::List])
    .with_keys(&[KeySpec::counted(2, POPPED)])
    .with_args(&[
        double("timeout"),
        integer("numkeys"),
        key("key", 0).multiple(),
        oneof("where", ENDS),
        integer("count").after("COUNT").optional(),
    ]);
