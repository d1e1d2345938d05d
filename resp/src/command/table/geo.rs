//! Commands on sorted sets of places.

use super::super::CommandId as Id;
use super::super::arg::{block, double, key, oneof, string, token};
use super::super::flags::{Category, Flag};
use super::super::keys::{KeyFlag, KeySpec};
use super::super::spec::{CommandSpec, Group};

pub(crate) static GEOADD: CommandSpec = CommandSpec::new(Id::Geoadd, "geoadd", -5, Group::Geo, "3.2.0")
    .about(
        "Writes the places of members of a sorted set.",
        "O(log(N)) for each member of N",
    )
    .with_flags(&[Flag::Write, Flag::Denyoom])
    .with_categories(&[Category::Geo])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Update])])
    .with_args(&[
        key("key", 0),
        oneof("condition", &[token("NX"), token("XX")])
            .since("6.2.0")
            .optional(),
        token("CH").since("6.2.0").optional(),
        block(
            "longitude-latitude-member",
            &[double("longitude"), double("latitude"), string("member")],
        )
        .multiple(),
    ]);

pub(crate) static GEOPOS: CommandSpec = CommandSpec::new(Id::Geopos, "geopos", -2, Group::Geo, "3.2.0")
    .about(
        "Answers the places of members.",
        "O(M), M: number of members asked about",
    )
    .with_flags(&[Flag::Readonly])
    .with_categories(&[Category::Geo])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[key("key", 0), string("member").multiple()]);

pub(crate) static GEODIST: CommandSpec = CommandSpec::new(Id::Geodist, "geodist", -4, Group::Geo, "3.2.0")
    .about("Answers the distance between two members.", "O(1)")
    .with_flags(&[Flag::Readonly])
    .with_categories(&[Category::Geo])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[
        key("key", 0),
        string("member1"),
        string("member2"),
        oneof("unit", &[token("M"), token("KM"), token("FT"), token("MI")]).optional(),
    ]);

pub(crate) static GEOHASH: CommandSpec = CommandSpec::new(Id::Geohash, "geohash", -2, Group::Geo, "3.2.0")
    .about(
        "Answers the places of members as geohash texts.",
        "O(M), M: number of members asked about",
    )
    .with_flags(&[Flag::Readonly])
    .with_categories(&[Category::Geo])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[key("key", 0), string("member").multiple()]);
