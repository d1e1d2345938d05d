//! Random commands on places.

use rand::RngExt;
use rand::rngs::StdRng;

use crate::generate::pick;

/// Keys that hold places, as a rule.
pub(crate) const GEO_KEYS: [&str; 3] = ["{t}g1", "{t}g2", "{t}g3"];

/// Where most places are near, in degrees: on the equator and the date line, in the middle, near a pole.
const MIDDLES: [(f64, f64); 4] = [(0.0, 0.0), (179.9, -20.0), (13.4, 52.5), (-70.0, 84.0)];

/// What good commands look like, one a line.
pub(crate) const FORMS: &str = "
    geoadd $gk $gp $gm
    geoadd $gk $gp $gm $gp $gm $gp $gm $gp $gm
    geoadd $gk nx ch $gp $gm $gp $gm
    geoadd $gk xx $gp $gm
    geopos $gk $gm $gm
    geopos $gk
    geohash $gk $gm $gm
    geodist $gk $gm $gm
    geodist $gk $gm $gm $gu
    zrange $gk 0 -1 withscores
    geosearch $gk fromlonlat $gp byradius $gr $gu asc
    geosearch $gk fromlonlat $gp byradius $gr $gu desc withdist withcoord withhash
    geosearch $gk frommember $gm bybox $gr $gr $gu asc withdist
    geosearch $gk frommember $gm byradius $gr $gu asc count 3
    geosearch $gk frommember $gm byradius $gr $gu
    geosearch $gk fromlonlat $gp bybox $gr $gr $gu count 2 any
    geosearch $gk fromlonlat $gp bybox $gr $gr $gu withhash
    geosearchstore $gk $gk fromlonlat $gp byradius $gr $gu
    geosearchstore $gk $gk frommember $gm bybox $gr $gr $gu asc count 4 storedist
    georadius $gk $gp $gr $gu asc withcoord
    georadius $gk $gp $gr $gu store $gk
    georadius $gk $gp $gr $gu asc count 3 storedist $gk
    georadius_ro $gk $gp $gr $gu desc withdist
    georadiusbymember $gk $gm $gr $gu asc
    georadiusbymember $gk $gm $gr $gu store $gk
    georadiusbymember_ro $gk $gm $gr $gu
    command getkeys georadius $gk $gp $gr $gu store $gk
    zrem $gk $gm
    del $gk
";

/// What a `$` word stands for: `$gk` a key, `$gp` a longitude and a latitude, `$gm` a member, `$gr` a length, `$gu` its unit.
pub(crate) fn words(random: &mut StdRng, word: &str) -> Option<Vec<Vec<u8>>> {
    Some(match word {
        "$gk" => vec![pick(random, &GEO_KEYS).into()],
        "$gp" => place(random).map(String::into_bytes).into(),
        "$gm" => vec![format!("m{}", random.random_range(0..20)).into()],
        "$gr" => vec![length(random).into()],
        "$gu" => vec![pick(random, &["m", "km", "KM", "ft", "mi", "km", "km", "x"]).into()],
        _ => return None,
    })
}

fn place(random: &mut StdRng) -> [String; 2] {
    let (longitude, latitude) = match random.random_range(0..6) {
        0 => (random.random_range(-180.0..180.0), random.random_range(-85.0..85.0)),
        1 => (random.random_range(-190.0..190.0), random.random_range(-90.0..90.0)),
        _ => {
            let (longitude, latitude) = pick(random, &MIDDLES);
            let reach = pick(random, &[0.01, 0.1, 1.0, 10.0]);
            (
                longitude + random.random_range(-reach..reach),
                latitude + random.random_range(-reach..reach),
            )
        }
    };
    [format!("{longitude:.6}"), format!("{latitude:.6}")]
}

fn length(random: &mut StdRng) -> String {
    match random.random_range(0..12) {
        0 => pick(random, &["0", "-1", "x", "1e9", "20000", "30000000"]).to_owned(),
        1 => format!("{}.5", random.random_range(0..2_000)),
        _ => {
            let most = pick(random, &[10, 1_000, 20_000, 5_000_000]);
            random.random_range(0..most).to_string()
        }
    }
}
