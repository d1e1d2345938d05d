//! Commands on places.

use crate::table::{replies, replies_in_resp3};

/// Two cities of Sicily, from Redis's own documentation.
const SICILY: &str = "GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania -> :2";

#[test]
fn places_are_kept_as_scores() {
    replies(&format!(
        "
        {SICILY}
        TYPE g -> +zset
        ZSCORE g Palermo -> $16 3479099956230698
        GEOPOS g Palermo nosuch -> *2 *2 $20 13.36138933897018433 $20 38.11555639549629859 *-1
        GEOPOS none a -> *1 *-1
        GEOPOS g -> *0
        GEOHASH g Palermo Catania nosuch -> *3 $11 sqc8b49rny0 $11 sqdtr74hyu0 $-1
        GEODIST g Palermo Catania -> $11 166274.1516
        GEODIST g Palermo Catania km -> $8 166.2742
        GEODIST g Palermo Catania MI -> $8 103.3182
        GEODIST g Palermo Catania ft -> $11 545518.8700
        GEODIST g Palermo nosuch -> $-1
        GEODIST none a b -> $-1
        GEODIST g Palermo Catania x -> -ERR unsupported unit provided. please use M, KM, FT, MI
        GEODIST g Palermo Catania m m -> -ERR syntax error
        GEOADD g NX 1 1 Palermo -> :0
        GEOADD g XX CH 1 1 Palermo 1 1 new -> :1
        GEOADD g 1 1 -> -ERR wrong number of arguments for 'geoadd' command
        GEOADD g NX XX 1 1 a -> -ERR syntax error
        GEOADD g 1 1 a 2 -> -ERR syntax error
        GEOADD g NX CH NX -> -ERR syntax error
        GEOADD g 181 1 a -> -ERR invalid longitude,latitude pair 181.000000,1.000000
        GEOADD g 1 86 a -> -ERR invalid longitude,latitude pair 1.000000,86.000000
        GEOADD g x 1 a -> -ERR value is not a valid float
        GEOADD g 0 0 zero -> :1
        SET s v -> +OK
        GEOADD s 1 1 a -> -WRONGTYPE Operation against a key holding the wrong kind of value
        ",
    ));
    replies_in_resp3(&format!(
        "
        {SICILY}
        GEOPOS g Palermo nosuch -> *2 *2 ,13.36138933897018433 ,38.11555639549629859 _
        GEODIST g Palermo Catania km -> $8 166.2742
        "
    ));
}

#[test]
fn places_within_a_circle_or_a_box_are_found() {
    replies(&format!(
        "
        {SICILY}
        GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 200 km ASC -> *2 $7 Catania $7 Palermo
        GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 100 km -> *1 $7 Catania
        GEOSEARCH g FROMLONLAT 15 37 BYBOX 400 400 km DESC WITHDIST -> *2 *2 $7 Palermo $8 190.4424 *2 $7 Catania $7 56.4413
        GEOSEARCH g FROMMEMBER Palermo BYRADIUS 10 m WITHHASH -> *1 *2 $7 Palermo :3479099956230698
        GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 200 km COUNT 1 -> *1 $7 Catania
        GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 200 km COUNT 1 ANY DESC -> *1 $7 Palermo
        GEOSEARCH g FROMMEMBER nosuch BYRADIUS 10 m -> -ERR could not decode requested zset member
        GEOSEARCH none FROMMEMBER nosuch BYRADIUS 10 m -> *0
        GEOSEARCH g FROMLONLAT 15 37 FROMMEMBER Palermo BYRADIUS 1 m -> -ERR syntax error
        GEOSEARCH g BYRADIUS 1 m ASC ASC -> -ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for GEOSEARCH
        geoSearch g FROMLONLAT 15 37 ASC ASC -> -ERR exactly one of BYRADIUS and BYBOX can be specified for geoSearch
        GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 1 m BYBOX 1 1 m -> -ERR syntax error
        GEOSEARCH g FROMLONLAT 15 37 BYRADIUS -1 m -> -ERR radius cannot be negative
        GEOSEARCH g FROMLONLAT 15 37 BYRADIUS x m -> -ERR need numeric radius
        GEOSEARCH g FROMLONLAT 15 37 BYBOX x 1 m -> -ERR need numeric width
        GEOSEARCH g FROMLONLAT 15 37 BYBOX 1 x m -> -ERR need numeric height
        GEOSEARCH g FROMLONLAT 15 37 BYBOX 1 -1 m -> -ERR height or width cannot be negative
        GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 1 x -> -ERR unsupported unit provided. please use M, KM, FT, MI
        GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 1 m COUNT 0 -> -ERR COUNT must be > 0
        GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 1 m ANY -> -ERR the ANY argument requires COUNT argument
        GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 1 m STORE d -> -ERR syntax error
        "
    ));
}

#[test]
fn places_that_were_found_can_be_written() {
    replies(
        "
        GEOADD {t}g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania -> :2
        GEOSEARCHSTORE {t}d {t}g FROMLONLAT 15 37 BYRADIUS 200 km -> :2
        ZRANGE {t}d 0 -1 WITHSCORES -> *4 $7 Palermo $16 3479099956230698 $7 Catania $16 3479447370796909
        GEOSEARCHSTORE {t}d {t}g FROMLONLAT 15 37 BYRADIUS 0 km STOREDIST -> :0
        EXISTS {t}d -> :0
        GEOSEARCHSTORE {t}d {t}g FROMLONLAT 15 37 BYRADIUS 200 km WITHDIST -> -ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options
        GEORADIUS {t}g 15 37 200 km ASC -> *2 $7 Catania $7 Palermo
        GEORADIUS {t}g 15 37 200 km STORE {t}d -> :2
        GEORADIUS {t}g 15 37 200 km STORE {t}d WITHDIST -> -ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options
        GEORADIUS_RO {t}g 15 37 200 km STORE {t}d -> -ERR syntax error
        GEORADIUSBYMEMBER {t}g Palermo 200 km -> *2 $7 Palermo $7 Catania
        GEORADIUSBYMEMBER {t}g nosuch 200 km -> -ERR could not decode requested zset member
        GEORADIUSBYMEMBER {t}none nosuch x y STORE {t}d -> :0
        EXISTS {t}d -> :0
        GEORADIUSBYMEMBER_RO {t}g Palermo 1 m -> *1 $7 Palermo
        COMMAND GETKEYS GEORADIUS {t}g 15 37 200 km STORE {t}d -> *2 $4 {t}g $4 {t}d
        ",
    );
}
