//! Random commands: mostly good ones, on few keys, so that they meet what others left there.

use rand::RngExt;
use rand::rngs::StdRng;

use crate::list_words::{LIST_FORMS, LIST_KEYS};

use crate::{geo_words, sorted_set_words};

/// Keys with one hash tag, so that commands on several of them find them in one slot.
const KEYS: [&str; 5] = ["{t}a", "{t}b", "{t}c", "{t}d", "{t}e"];

/// Keys that are only written whole or counted, so that Redis's encoding of their values follows from the values. (COPY
/// makes an unshared integer of a shared one.)
const WHOLE_KEYS: [&str; 3] = ["{t}w1", "{t}w2", "{t}w3"];

/// Keys that mostly hold hashes.
const HASH_KEYS: [&str; 3] = ["{t}h1", "{t}h2", "{t}h3"];

/// Keys that mostly hold sets.
const SET_KEYS: [&str; 4] = ["{t}s1", "{t}s2", "{t}s3", "{t}s4"];

/// What good commands on sets look like, one a line.
const SET_FORMS: &str = "
    sadd $s $e
    sadd $s $e $e $e
    sadd $s $n $n $x
    sadd $s $v $v
    sadd $k $e
    srem $s $e
    srem $s $e $n $v
    sismember $s $e
    smismember $s $e $e $n
    smembers $s
    scard $s
    spop $s
    spop $s $n
    spop $k $n
    srandmember $s
    srandmember $s $x
    smove $s $s $e
    smove $s $s $n
    smove $s $k $e
    smove $k $s $e
    sinter $s
    sinter $s $s
    sinter $s $s $s
    sinter $s $k
    sinterstore $s $s $s
    sinterstore $k $s $s
    sintercard 1 $s
    sintercard 2 $s $s
    sintercard 3 $s $s $s limit $n
    sintercard 2 $s $k limit $x
    sunion $s $s
    sunion $s $s $k
    sunionstore $s $s $s
    sunionstore $k $s $s $s
    sdiff $s $s
    sdiff $s $s $s
    sdiffstore $s $s $s
    sdiffstore $s $s $k
    sscan $s 0
    sscan $s 0 count $n
    sscan $s 0 match *a* count $n
    rename $s $s
    copy $s $s
    del $s
    type $s
    expire $s $t
    ttl $s
    get $s
    set $s $v
    command getkeys sintercard $n $s $s limit $x
    command getkeys sunionstore $s $s $s
";

/// All keys that commands are made with, but for what becomes of them by chance.
pub(crate) const ALL_KEYS: [&[&str]; 8] = [
    &KEYS,
    &WHOLE_KEYS,
    &LIST_KEYS,
    &HASH_KEYS,
    &SET_KEYS,
    &sorted_set_words::SORTED_SET_KEYS,
    &sorted_set_words::LEX_KEYS,
    &geo_words::GEO_KEYS,
];

/// What good commands on hashes look like, one a line.
const HASH_FORMS: &str = "
    hset $h $e $v
    hset $h $e $v $e $v $v $v
    hset $h $e $i
    hset $h $e $f
    hset $k $e $v
    hmset $h $e $v $e $v
    hsetnx $h $e $v
    hget $h $e
    hmget $h $e $e $v
    hgetall $h
    hkeys $h
    hvals $h
    hlen $h
    hexists $h $e
    hstrlen $h $e
    hincrby $h $e $i
    hincrby $h $e $x
    hincrbyfloat $h $e $f
    hincrbyfloat $h $e $i
    hdel $h $e
    hdel $h $e $e $e $v
    hrandfield $h
    hrandfield $h $x
    hrandfield $h $n withvalues
    hrandfield $h $x withvalues
    hscan $h 0
    hscan $h 0 count $n
    hscan $h 0 match *a* count $n
    hscan $h 0 match $e
    hgetall $k
    rename $h $h
    copy $h $h
    del $h
    type $h
    expire $h $t
    ttl $h
    persist $h
    get $h
    set $h $v
";

/// What good commands look like, one a line.
const GOOD_FORMS: &str = "
    get $k
    get $k
    set $k $v
    set $k $i
    set $k $f
    set $k $v nx
    set $k $v xx get
    set $k $v ex $t
    set $k $v px $m get
    set $k $v exat $T
    set $k $v nx pxat $M
    set $k $v keepttl
    setnx $k $v
    setex $k $t $v
    psetex $k $m $v
    getset $k $v
    getdel $k
    getex $k
    getex $k ex $t
    getex $k px $m
    getex $k exat $T
    getex $k pxat $M
    getex $k persist
    mget $k $k $k
    mset $k $v $k $v
    msetnx $k $v $k $v
    append $k $v
    strlen $k
    getrange $k $r $r
    substr $k $r $r
    setrange $k $o $v
    incr $k
    decr $k
    incrby $k $i
    decrby $k $i
    incrbyfloat $k $f
    incrbyfloat $k $i
    setbit $k $o $b
    getbit $k $o
    bitop and $k $k $k
    bitop or $k $k $k $k
    bitop xor $k $k $k
    bitop not $k $k
    bitfield $k get $y $r get $y #$n
    bitfield $k set $y $o $j
    bitfield $k incrby $y $o $j overflow sat incrby $y #$n $j
    bitfield $k overflow fail set $y $o $j get $y $o incrby $y $o $j
    bitfield $k overflow sat set $y $o $j get $y $o overflow wrap incrby $y $o $j
    bitfield_ro $k get $y $o get $y #$n
    bitcount $k
    bitcount $k $r $r
    bitcount $k $r $r byte
    bitcount $k $r $r bit
    bitpos $k $b
    bitpos $k $b $r
    bitpos $k $b $r $r
    bitpos $k $b $r $r bit
    lcs $k $k
    lcs $k $k len
    lcs $k $k idx
    lcs $k $k idx minmatchlen $b withmatchlen
    del $k
    unlink $k $k
    exists $k $k
    type $k
    touch $k $k
    expire $k $t
    pexpire $k $m
    expireat $k $T
    pexpireat $k $M
    expire $k $t nx
    expire $k $t xx
    pexpireat $k $M gt
    expireat $k $T lt
    expire $k $i
    pexpireat $k $i xx
    ttl $k
    pttl $k
    expiretime $k
    pexpiretime $k
    persist $k
    rename $k $k
    renamenx $k $k
    copy $k $k
    copy $k $k replace
    copy $k $k db 0 replace
    object freq $k
    object idletime $k
    memory usage $k samples 5
    nosuch $k
    object nosuch $k
    command getkeys set $k $v
    command getkeysandflags get $k
";

/// What good commands on HyperLogLogs look like; STRLEN and GET are not among them, since Redis keeps small ones in a shorter form.
const HYPERLOGLOG_FORMS: &str = "
    pfadd $p $e
    pfadd $p $e $v $v $v
    pfadd $p $i $i $i $i $i
    pfadd $p
    pfcount $p
    pfcount $p $p $p
    pfmerge $p $p
    pfmerge $p $p $p
    pfcount $k $p
    rename $p $p
    copy $p $p replace
    expire $p $t
    ttl $p
    type $p
    del $p
    exists $p
";

/// Keys that hold HyperLogLogs.
const HYPERLOGLOG_KEYS: [&str; 3] = ["{t}p1", "{t}p2", "{t}p3"];

/// A command as a client might send it: of 20, one has something wrong with it.
pub(crate) fn any_command(random: &mut StdRng) -> Vec<Vec<u8>> {
    let mut command = match random.random_range(0..12) {
        0 => whole_command(random),
        1 => one_of(random, LIST_FORMS),
        2 | 3 => one_of(random, HASH_FORMS),
        4 | 5 => one_of(random, SET_FORMS),
        6 | 7 => one_of(random, sorted_set_words::FORMS),
        8 => geo_command(random),
        9 if random.random() => one_of(random, HYPERLOGLOG_FORMS),
        _ => good_command(random),
    };
    if random.random_ratio(1, 8) {
        command[0] = command[0].to_ascii_uppercase();
    }
    let is_lex = |word: &Vec<u8>| sorted_set_words::LEX_KEYS.iter().any(|key| key.as_bytes() == word);
    if random.random_ratio(1, 20) && !command.iter().any(is_lex) {
        let at = random.random_range(0..command.len());
        match random.random_range(0..3) {
            0 if command.len() > 1 => drop(command.remove(at)),
            1 => command.push(option(random)),
            _ if at > 0 => command[at] = value(random),
            _ => command.push(value(random)),
        }
    }
    command
}

pub(crate) fn pick<T: Copy>(random: &mut StdRng, from: &[T]) -> T {
    from[random.random_range(0..from.len())]
}

/// Puts a command together from its words and the parts that stand for `$` words:
/// `$k` a key, `$l`, `$h`, `$s` one that mostly holds a list, a hash or a set, `$p` a HyperLogLog, `$v` a value, `$e` an element, field or member, `$n` a count, `$x` an index
/// in a list, `$y` a type of BITFIELD and `$j` a number for it, `$i` an integer, `$f` a float, `$r` an index in a value, `$t` a time to live in seconds, `$m` in milliseconds, `$T` and
/// `$M` the same since the epoch. Those of sorted sets are in [`sorted_set_words`].
fn filled(random: &mut StdRng, form: &str) -> Vec<Vec<u8>> {
    form.split(' ')
        .map(|word| match word {
            "$k" => pick(random, &KEYS).into(),
            "$w" => pick(random, &WHOLE_KEYS).into(),
            "$l" => pick(random, &LIST_KEYS).into(),
            "$h" => pick(random, &HASH_KEYS).into(),
            "$s" => pick(random, &SET_KEYS).into(),
            "$p" => pick(random, &HYPERLOGLOG_KEYS).into(),
            "$e" => vec![pick(random, b"abcdefg")],
            "$y" => format!("{}{}", pick(random, &["i", "u"]), random.random_range(1..65)).into(),
            "$j" => random.random_range(-(1i64 << 40)..1 << 40).to_string().into(),
            "$n" => random.random_range(0..5).to_string().into(),
            "$x" => random.random_range(-12..12).to_string().into(),
            "$v" => value(random),
            "$i" => integer(random).into(),
            "$f" => float(random).into(),
            "$r" => random.random_range(-20i64..40).to_string().into(),
            "$o" => random.random_range(0u32..300).to_string().into(),
            "$b" => random.random_range(0..2).to_string().into(),
            "$t" => random.random_range(1_000..1_000_000).to_string().into(),
            "$m" => random.random_range(1_000_000..1_000_000_000).to_string().into(),
            "$T" => time(random, 1_000).to_string().into(),
            "$M" => time(random, 1).to_string().into(),
            word => sorted_set_words::word(random, word).unwrap_or_else(|| word.into()),
        })
        .collect()
}

/// Commands that leave a value's encoding as Redis chooses it for a fresh one, and those that ask for it.
fn whole_command(random: &mut StdRng) -> Vec<Vec<u8>> {
    let forms = [
        "set $w $v",
        "set $w $i",
        "set $w $o",
        "setnx $w $v",
        "getset $w $v",
        "mset $w $v $w $i",
        "incr $w",
        "decrby $w $o",
        "rename $w $w",
        "del $w",
        "object encoding $w",
        "object encoding $w",
        "object refcount $w",
        "object freq $w",
        "get $w",
        "strlen $w",
    ];
    let form = pick(random, &forms);
    filled(random, form)
}

fn good_command(random: &mut StdRng) -> Vec<Vec<u8>> {
    let mut command = one_of(random, GOOD_FORMS);
    // Options in any number and order, whether they go together or not.
    if matches!(command[0].as_slice(), b"set" | b"getex" | b"expire" | b"copy") && random.random_ratio(1, 4) {
        for _ in 0..random.random_range(1..4) {
            command.push(option(random));
        }
    }
    command
}

fn geo_command(random: &mut StdRng) -> Vec<Vec<u8>> {
    let forms: Vec<&str> = geo_words::FORMS
        .split('\n')
        .map(str::trim)
        .filter(|form| !form.is_empty())
        .collect();
    let words = pick(random, &forms).split(' ');
    let words = words.flat_map(|word| geo_words::words(random, word).unwrap_or_else(|| vec![word.into()]));
    words.collect()
}

/// A command made from one of the lines of `forms`.
fn one_of(random: &mut StdRng, forms: &str) -> Vec<Vec<u8>> {
    let forms: Vec<&str> = forms.lines().map(str::trim).filter(|form| !form.is_empty()).collect();
    let form = pick(random, &forms);
    filled(random, form)
}

fn option(random: &mut StdRng) -> Vec<u8> {
    let options = [
        "nx",
        "XX",
        "get",
        "Ex",
        "px",
        "exat",
        "PXAT",
        "keepttl",
        "persist",
        "GT",
        "lt",
        "replace",
        "db",
        "0",
        "9999999",
        "byte",
        "bit",
        "len",
        "idx",
        "minmatchlen",
        "withscores",
        "limit",
        "byscore",
        "rev",
        "incr",
        "ch",
        "nosuch",
    ];
    pick(random, &options).into()
}

fn value(random: &mut StdRng) -> Vec<u8> {
    match random.random_range(0..10) {
        0 => Vec::new(),
        1 => integer(random).into(),
        2 => float(random).into(),
        3 => random.random_range(0u8..12).to_string().into(),
        4 | 5 => (0..random.random_range(1..70)).map(|_| random.random()).collect(),
        6 => (0..random.random_range(1..50))
            .map(|_| pick(random, &[0x00, 0xff]))
            .collect(),
        _ => (0..random.random_range(1..12)).map(|_| pick(random, b"abc")).collect(),
    }
}

fn integer(random: &mut StdRng) -> String {
    match random.random_range(0..8) {
        0 => pick(random, &[i64::MIN, i64::MAX, i64::MIN + 1, i64::MAX - 1, 0, -1]).to_string(),
        1 => random.random::<i64>().to_string(),
        2 => pick(random, &["007", "+1", "-0", " 1", "1 ", "", "9223372036854775808"]).to_owned(),
        _ => random.random_range(-2_000..20_000).to_string(),
    }
}

fn float(random: &mut StdRng) -> String {
    match random.random_range(0..10) {
        0 => pick(
            random,
            &[
                "inf", "-inf", "nan", "1e400", "0x1.8p3", "1e-30", ".5", "5.", "-", "1e", "1.5e4932",
            ],
        )
        .to_owned(),
        1 => format!("{:e}", f64::from_bits(random.random())),
        2 => integer(random),
        _ => format!(
            "{}.{}",
            random.random_range(-5_000..5_000),
            random.random_range(0..10_000_000u64)
        ),
    }
}

/// A moment in seconds (`unit` 1000) or milliseconds (1): often far in the future, sometimes past. None is near, so that two
/// clocks agree which it is.
fn time(random: &mut StdRng, unit: u64) -> u64 {
    let seconds = match random.random_range(0..10) {
        0 => random.random_range(1..1_000_000),
        _ => random.random_range(33_000_000_000..34_000_000_000),
    };
    seconds * 1_000 / unit
}
