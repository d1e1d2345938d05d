//! Random commands on sorted sets.

use rand::RngExt;
use rand::rngs::StdRng;

use crate::generate::pick;

/// Keys that hold sorted sets, as a rule.
pub(crate) const SORTED_SET_KEYS: [&str; 4] = ["{t}z1", "{t}z2", "{t}z3", "{t}z4"];

/// Keys of sorted sets in which all members have one score: what BYLEX says of others is unspecified. Commands on them are always good ones.
pub(crate) const LEX_KEYS: [&str; 2] = ["{t}lex1", "{t}lex2"];

/// Members of collections.
const MEMBERS: [&str; 12] = ["a", "b", "c", "d", "e", "aa", "ab", "abc", "B", "", "0", "\u{e9}"];

/// What good commands look like, one a line. Their keys hold little else: most commands would meet values of another type.
pub(crate) const FORMS: &str = "
    zadd $zk $zs $ze
    zadd $zk $zs $ze $zs $ze $zs $ze
    zadd $zk $zs $ze $zs $ze
    zadd $zk nx $zs $ze
    zadd $zk xx ch $zs $ze
    zadd $zk gt ch $zs $ze $zs $ze
    zadd $zk lt $zs $ze
    zadd $zk ch $zs $ze $zs $ze
    zadd $zk incr $zs $ze
    zadd $zk gt incr $zs $ze
    zadd $zk nx incr $zs $ze
    zincrby $zk $zs $ze
    zadd $zl 0 $ze 0 $ze 0 $ze
    zadd $zl nx 0 $ze 0 $ze 0 $ze
    zunionstore $zl 2 $zl $zl aggregate min
    zrem $zk $ze
    zrem $zk $ze $ze
    zcard $zk
    zscore $zk $ze
    zmscore $zk $ze $ze
    zcount $zk $zx $zx
    zlexcount $zl $zy $zy
    zrank $zk $ze
    zrevrank $zk $ze
    zrange $zk $r $r
    zrange $zk $r $r rev withscores
    zrange $zk $zx $zx byscore
    zrange $zk $zx $zx byscore withscores limit $zn $r
    zrange $zk $zx $zx byscore rev limit $r $zn withscores
    zrange $zl $zy $zy bylex
    zrange $zl $zy $zy bylex rev limit $zn $r
    zrevrange $zk $r $r
    zrevrange $zk $r $r withscores
    zrangebyscore $zk $zx $zx
    zrangebyscore $zk $zx $zx withscores limit $zn $r
    zrevrangebyscore $zk $zx $zx limit $zn $zn
    zrangebylex $zl $zy $zy
    zrevrangebylex $zl $zy $zy limit $zn $r
    zrangestore $zk $zk $r $r
    zrangestore $zk $zk $zx $zx byscore limit $zn $zn
    zrangestore $zl $zl $zy $zy bylex rev
    zremrangebyrank $zk $zn $zn
    zremrangebyscore $zk $zx $zx
    zremrangebylex $zl $zy $zy
    zpopmin $zk
    zpopmax $zk
    zpopmin $zk $zn
    zpopmax $zk $zn
    zmpop 2 $zk $zk min
    zmpop 1 $zk max count $zn
    zunion 2 $zk $zk
    zunion 3 $zk $zk $zk weights $zs $zs $zs aggregate max withscores
    zunion 2 $zk $zk aggregate min withscores
    zinter 2 $zk $zk withscores
    zinter 2 $zk $zk weights $zs $zs withscores
    zinter 3 $zk $zk $zk aggregate max
    zintercard 2 $zk $zk
    zintercard 2 $zk $zk limit $zn
    zdiff 2 $zk $zk withscores
    zdiff 3 $zk $zk $zk
    zunionstore $zk 2 $zk $zk weights $zs $zs
    zinterstore $zk 2 $zk $zk aggregate min
    zdiffstore $zk 2 $zk $zk
    sadd $zk $ze $ze
    zrandmember $zk
    zrandmember $zk $r
    zrandmember $zk $r withscores
    zrandmember {t}none $r withscores
    zscan {t}none $o
    command getkeys zunionstore $zk 2 $zk $zk
    command getkeys zmpop 1 $zk min
    del $zk
    type $zk
    expire $zk $t
    ttl $zk
    rename $zk $zk
    copy $zk $zk replace
";

/// What a `$` word stands for: `$zk` a key, `$zl` one for BYLEX, `$ze` a member, `$zs` a score, `$zx` and `$zy` the end of a range of scores and of names, `$zn` a
/// small number.
pub(crate) fn word(random: &mut StdRng, word: &str) -> Option<Vec<u8>> {
    Some(match word {
        "$zk" => pick(random, &SORTED_SET_KEYS).into(),
        "$zl" => pick(random, &LEX_KEYS).into(),
        "$ze" => pick(random, &MEMBERS).into(),
        "$zs" => score(random).into(),
        "$zx" => score_bound(random).into(),
        "$zy" => lex_bound(random).into(),
        "$zn" => random.random_range(0u32..5).to_string().into(),
        _ => return None,
    })
}

/// Mostly one of a few, so that members share scores; none is minus zero (docs/design/commands.md).
fn score(random: &mut StdRng) -> String {
    match random.random_range(0..12) {
        0 => pick(random, &["inf", "-inf", "+inf", "1e3", "0x1.8p3", "x", "nan", "1e400"]).to_owned(),
        1 => format!("{}.{}", random.random_range(-50..50), random.random_range(0..1_000u64)),
        2 => random.random_range(-5_000_000_000i64..5_000_000_000).to_string(),
        3 => format!("{}.5", random.random_range(-5..5)),
        _ => random.random_range(-3..6).to_string(),
    }
}

fn score_bound(random: &mut StdRng) -> String {
    let bracket = pick(random, &["", "", "("]);
    match random.random_range(0..4) {
        0 => pick(random, &["-inf", "+inf", "(inf", "", "(", " 1", "x"]).to_owned(),
        _ => format!("{bracket}{}", score(random)),
    }
}

fn lex_bound(random: &mut StdRng) -> String {
    match random.random_range(0..4) {
        0 => pick(random, &["-", "+", "-", "+", "", "a", "+a", "["]).to_owned(),
        _ => format!("{}{}", pick(random, &["[", "("]), pick(random, &MEMBERS)),
    }
}
