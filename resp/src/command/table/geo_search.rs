//! Commands that search for places.

use super::super::CommandId as Id;
use super::super::arg::{ArgSpec, block, double, integer, key, oneof, string, token};
use super::super::flags::{Category, Flag};
use super::super::keys::{KeyFlag, KeySpec};
use super::super::spec::{CommandSpec, Group};

const UNIT: ArgSpec = oneof("unit", &[token("M"), token("KM"), token("FT"), token("MI")]);
const ORDER: ArgSpec = oneof("order", &[token("ASC"), token("DESC")]).optional();
const WITH_COORD: ArgSpec = token("WITHCOORD").optional();
const WITH_DIST: ArgSpec = token("WITHDIST").optional();
const WITH_HASH: ArgSpec = token("WITHHASH").optional();
const COUNT: ArgSpec = block(
    "count-block",
    &[integer("count").after("COUNT"), token("ANY").optional()],
)
.optional();
const COUNT_WITH_ANY_SINCE_6_2: ArgSpec = block(
    "count-block",
    &[integer("count").after("COUNT"), token("ANY").since("6.2.0").optional()],
)
.optional();
const STORE: ArgSpec = oneof(
    "store",
    &[
        key("storekey", 1).shown_as("key").after("STORE"),
        key("storedistkey", 2).shown_as("key").after("STOREDIST"),
    ],
)
.optional();
const FROM: ArgSpec = oneof(
    "from",
    &[
        string("member").after("FROMMEMBER"),
        block("fromlonlat", &[double("longitude"), double("latitude")]).after("FROMLONLAT"),
    ],
);
const BY: ArgSpec = oneof(
    "by",
    &[
        block("circle", &[double("radius").after("BYRADIUS"), UNIT]),
        block("box", &[double("width").after("BYBOX"), double("height"), UNIT]),
    ],
);

pub(crate) static GEOSEARCH: CommandSpec = CommandSpec::new(Id::Geosearch, "geosearch", -7, Group::Geo, "6.2.0")
    .about(
        "Answers the members within a circle or a box.",
        "O(N+log(M)), N: members in the grid around the shape, M: all members",
    )
    .with_flags(&[Flag::Readonly])
    .with_categories(&[Category::Geo])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[key("key", 0), FROM, BY, ORDER, COUNT, WITH_COORD, WITH_DIST, WITH_HASH]);

pub(crate) static GEOSEARCHSTORE: CommandSpec =
    CommandSpec::new(Id::Geosearchstore, "geosearchstore", -8, Group::Geo, "6.2.0")
        .about(
            "Writes the members within a circle or a box to another key.",
            "O(N+log(M)), N: members in the grid around the shape, M: all members",
        )
        .with_flags(&[Flag::Write, Flag::Denyoom])
        .with_categories(&[Category::Geo])
        .with_keys(&[
            KeySpec::one(1, &[KeyFlag::Overwrite, KeyFlag::Update]),
            KeySpec::one(2, &[KeyFlag::ReadOnly, KeyFlag::Access]),
        ])
        .with_args(&[
            key("destination", 0),
            key("source", 1),
            FROM,
            BY,
            ORDER,
            COUNT,
            token("STOREDIST").optional(),
        ]);

pub(crate) static GEORADIUS: CommandSpec = CommandSpec::new(Id::Georadius, "georadius", -6, Group::Geo, "3.2.0")
    .about(
        "Answers, or writes to another key, the members within a circle.",
        "O(N+log(M)), N: members in the grid around the circle, M: all members",
    )
    .deprecated_since("6.2.0", "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument")
    .with_flags(&[Flag::Write, Flag::Denyoom])
    .with_categories(&[Category::Geo])
    .with_keys(&[
        KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access]),
        KeySpec::behind("STORE", 6, &[KeyFlag::Overwrite, KeyFlag::Update]),
        KeySpec::behind("STOREDIST", 6, &[KeyFlag::Overwrite, KeyFlag::Update]),
    ])
    .with_args(&[
        key("key", 0),
        double("longitude"),
        double("latitude"),
        double("radius"),
        UNIT,
        WITH_COORD,
        WITH_DIST,
        WITH_HASH,
        COUNT_WITH_ANY_SINCE_6_2,
        ORDER,
        STORE,
    ]);

pub(crate) static GEORADIUS_RO: CommandSpec =
    CommandSpec::new(Id::GeoradiusRo, "georadius_ro", -6, Group::Geo, "3.2.10")
        .about(
            "Answers the members within a circle.",
            "O(N+log(M)), N: members in the grid around the circle, M: all members",
        )
        .deprecated_since("6.2.0", "`GEOSEARCH` with the `BYRADIUS` argument")
        .with_flags(&[Flag::Readonly])
        .with_categories(&[Category::Geo])
        .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
        .with_args(&[
            key("key", 0),
            double("longitude"),
            double("latitude"),
            double("radius"),
            UNIT,
            WITH_COORD,
            WITH_DIST,
            WITH_HASH,
            COUNT_WITH_ANY_SINCE_6_2,
            ORDER,
        ]);

pub(crate) static GEORADIUSBYMEMBER: CommandSpec =
    CommandSpec::new(Id::Georadiusbymember, "georadiusbymember", -5, Group::Geo, "3.2.0")
        .about(
            "Answers, or writes to another key, the members within a circle around a member.",
            "O(N+log(M)), N: members in the grid around the circle, M: all members",
        )
        .deprecated_since(
            "6.2.0",
            "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments",
        )
        .with_flags(&[Flag::Write, Flag::Denyoom])
        .with_categories(&[Category::Geo])
        .with_keys(&[
            KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access]),
            KeySpec::behind("STORE", 5, &[KeyFlag::Overwrite, KeyFlag::Update]),
            KeySpec::behind("STOREDIST", 5, &[KeyFlag::Overwrite, KeyFlag::Update]),
        ])
        .with_args(&[
            key("key", 0),
            string("member"),
            double("radius"),
            UNIT,
            WITH_COORD,
            WITH_DIST,
            WITH_HASH,
            COUNT,
            ORDER,
            STORE,
        ]);

pub(crate) static GEORADIUSBYMEMBER_RO: CommandSpec = CommandSpec::new(
    Id::GeoradiusbymemberRo,
    "georadiusbymember_ro",
    -5,
    Group::Geo,
    "3.2.10",
)
.about(
    "Answers the members within a circle around a member.",
    "O(N+log(M)), N: members in the grid around the circle, M: all members",
)
.deprecated_since("6.2.0", "`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments")
.with_flags(&[Flag::Readonly])
.with_categories(&[Category::Geo])
.with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
.with_args(&[
    key("key", 0),
    string("member"),
    double("radius"),
    UNIT,
    WITH_COORD,
    WITH_DIST,
    WITH_HASH,
    COUNT,
    ORDER,
]);
