//! Real commands on a real cluster, given to both.

use super::{Said, has_redis_cli, ours, theirs};
use crate::support::Cluster;

/// Lines for the prompt: every family, errors, quoting, repeats, blank lines.
const LINES: &str = r#"
FLUSHALL
SET greeting hello
set greeting "a \"b\" \x00\xff\n" XX GET
GET greeting
get 'greeting'
GET nosuch
APPEND greeting '\'\n'
GET greeting
5 INCR counter
INCRBYFLOAT ratio 0.1
INCR greeting
RPUSH list a b c d e f g h i j k
LRANGE list 0 -1
LPOP list
LPOP list 2
LMPOP 1 list LEFT COUNT 2
HSET hash field value other 2
HGETALL hash
HMGET hash field nosuch
HRANDFIELD nosuch 2 WITHVALUES
SADD set one
SMEMBERS set
SISMEMBER set one
SMISMEMBER set one two
ZADD zset 1.5 a 2 b -inf c
ZSCORE zset a
ZRANGE zset 0 -1 WITHSCORES
ZADD zset INCR 3 a
ZMPOP 1 zset MIN
ZRANDMEMBER nosuch 2 WITHSCORES
GEOADD places 13.361389 38.115556 Palermo
GEOPOS places Palermo nosuch
MGET greeting nosuch list
MSET a 1 b 2
EXISTS a b c
TYPE hash
TTL a
OBJECT ENCODING counter
CLIENT GETNAME
CLIENT SETNAME cli
CLIENT GETNAME
ECHO "ä"
PING
PING "two words"
COMMAND COUNT
COMMAND INFO get nosuch
COMMAND DOCS get
COMMAND GETKEYS mset a 1 b 2
CONFIG GET maxclients
SCAN 0 COUNT 1000 MATCH nosuch*
HGETALL hash
ZRANGE zset 0 -1 WITHSCORES
SMEMBERS set
SMEMBERS nosuch
HGETALL nosuch
CONFIG GET maxclients
COMMAND DOCS get
GET
get too many
LPUSH counter x
nosuch command 'here'
"unbalanced
'closed'more
SELECT 1
SELECT 0

   
DEL a b greeting
DBSIZE
quit
GET not-reached
"#;

/// One command each, with options; what stands for `{port}` is the port.
const RUNS: [&[&str]; 22] = [
    &["GET", "counter"],
    &["--no-raw", "GET", "counter"],
    &["-r", "3", "INCR", "counter"],
    &["-r", "2", "-i", "0.01", "--no-raw", "INCR", "counter"],
    &["-n", "0", "GET", "counter"],
    &["-3", "--no-raw", "HGETALL", "hash"],
    &["-2", "--no-raw", "HGETALL", "hash"],
    &["--json", "HGETALL", "hash"],
    &["--json", "-2", "HGETALL", "hash"],
    &["--csv", "LRANGE", "list", "0", "-1"],
    &["-d", ",", "LRANGE", "list", "0", "-1"],
    &["SET", "negative", "-1"],
    &["SET", "dashes", "--raw"],
    &["--quoted-input", "SET", r#""\x00\xff""#, "'one word'"],
    &["nosuch"],
    &["-e", "nosuch"],
    &["-e", "GET", "counter"],
    &["-u", "redis://127.0.0.1:{port}/0", "GET", "counter"],
    &["--scan", "--pattern", "c*"],
    &["--no-raw", "--scan", "--pattern", "c*"],
    &["--pattern", "nosuch*", "--scan"],
    &["-h", "127.0.0.1", "STRLEN", "counter"],
];

fn without_time(said: Said) -> Said {
    // How long a command took, where it took long.
    let took = |line: &&str| line.starts_with('(') && line.ends_with("s)") && line[1..2].parse::<u8>().is_ok();
    let lines: Vec<&str> = said.out.split('\n').filter(|line| !took(line)).collect();
    Said {
        out: lines.join("\n"),
        ..said
    }
}

#[test]
fn commands_are_answered_as_redis_cli_answers_them() {
    if !has_redis_cli() {
        return;
    }
    let cluster = Cluster::start();
    let port = cluster.client_port(2).to_string();
    for style in [
        &["--no-raw"][..],
        &["--raw"],
        &["--csv"],
        &["--json"],
        &["--no-raw", "-3"],
    ] {
        let args = [&["-p", &port], style].concat();
        let (ours, theirs) = (ours(&args, LINES.as_bytes()), theirs(&args, LINES.as_bytes()));
        let (ours, theirs) = (without_time(ours), without_time(theirs));
        for (line, (ours, theirs)) in ours.out.lines().zip(theirs.out.lines()).enumerate() {
            assert_eq!(ours, theirs, "{style:?}, line {line}");
        }
        assert_eq!(ours, theirs, "{style:?}");
    }
    let base = "SET counter 5\nHSET hash a 1 b 2\nRPUSH list a b\n";
    for run in RUNS {
        let run: Vec<String> = run.iter().map(|word| word.replace("{port}", &port)).collect();
        let args: Vec<&str> = ["-p", &port]
            .into_iter()
            .chain(run.iter().map(String::as_str))
            .collect();
        let fresh = || ours(&["-p", &port], format!("FLUSHALL\n{base}").as_bytes());
        assert_eq!(fresh().code, Some(0));
        let ours = ours(&args, b"");
        fresh();
        assert_eq!(ours, theirs(&args, b""), "{run:?}");
    }
    standard_input_is_an_argument(&port);
    requests_are_piped(&port);
    invalidations_are_shown(&port);
    the_largest_keys_are_found(&port);
    the_hottest_keys_are_told(&port);
}

fn standard_input_is_an_argument(port: &str) {
    let value = b"bytes \x00\xff\r\n";
    for program in [ours, theirs] {
        assert_eq!(program(&["-p", port, "-x", "SET", "from-stdin"], value).out, "OK\n");
        let got = program(&["-p", port, "--no-raw", "GET", "from-stdin"], b"").out;
        assert_eq!(got, "\"bytes \\x00\\xff\\r\\n\"\n");
        let tagged = program(&["-p", port, "-X", "@", "MSET", "tagged", "@", "other", "@"], value);
        assert_eq!(tagged.out, "OK\n");
        let got = program(&["-p", port, "--no-raw", "MGET", "tagged", "other"], b"").out;
        assert_eq!(got, "1) \"bytes \\x00\\xff\\r\\n\"\n2) \"@\"\n", "the first only");
        let untagged = program(&["-p", port, "-X", "@", "SET", "tagged", "x"], value);
        assert_eq!((untagged.out.as_str(), untagged.code), ("", Some(1)));
    }
}

fn the_hottest_keys_are_told(port: &str) {
    // What other tests did here is over.
    ours(&["-p", port, "CONFIG", "RESETSTAT"], b"");
    let lines = "GET \"hot \\n\"\n".repeat(200) + &"GET warm\n".repeat(20);
    ours(&["-p", port], lines.as_bytes());
    let said = ours(&["-p", port, "--hotkeys", "--count", "2"], b"");
    let lines: Vec<&str> = said.out.lines().collect();
    assert_eq!((lines.len(), said.code), (3, Some(0)), "{said:?}");
    assert!(lines[0].ends_with("share  key"), "{said:?}");
    assert!(lines[1].ends_with("%  \"hot \\n\""), "{said:?}");
    let wrong = ours(&["-p", port, "--hotkeys", "--count", "0"], b"");
    assert!(wrong.err.contains("COUNT should be"), "{wrong:?}");
}

fn requests_are_piped(port: &str) {
    let good = b"*3\r\n$3\r\nSET\r\n$1\r\np\r\n$1\r\n1\r\nINCR p\r\n";
    let many = good.repeat(20_000);
    let bad = [&good[..], b"INCR p extra\r\nNOSUCH\r\n"].concat();
    let broken = b"*1\r\n$4\r\nPING\r\n*1\r\n$nonsense\r\n";
    for (input, code) in [(&good[..], 0), (&many, 0), (&bad, 1), (b"", 0)] {
        let args = ["-p", port, "--pipe"];
        let ours = ours(&args, input);
        assert_eq!(ours, theirs(&args, input));
        assert_eq!(ours.code, Some(code));
    }
    let said = ours(&["-p", port, "--pipe"], broken);
    assert!(said.err.contains("Protocol error"), "{said:?}");
    assert_eq!(said.code, Some(1));
}

#[test]
fn moved_is_followed_where_that_is_wanted() {
    if !has_redis_cli() {
        return;
    }
    let cluster = Cluster::start_with(2, &["--replicas", "1"]);
    let port = cluster.redis_cluster_port(1).to_string();
    // Half of these slots are held by the other node only.
    let lines: String = (0..20)
        .map(|key| format!("SET moved:{key} {key}\nGET moved:{key}\n"))
        .collect();
    for args in [&["-p", &port, "-c"][..], &["-p", &port]] {
        let ours = ours(args, lines.as_bytes());
        assert_eq!(ours, theirs(args, lines.as_bytes()));
        let told = if args.contains(&"-c") {
            "-> Redirected to slot"
        } else {
            "MOVED"
        };
        assert!(ours.out.contains(told), "{}", ours.out);
    }
}

fn invalidations_are_shown(port: &str) {
    let lines =
        b"SET tracked 1\nCLIENT TRACKING ON\nGET tracked\nSET tracked 2\nPING\nGET tracked\nDEL tracked\nPING\n";
    let args = ["-p", port, "-3", "--no-raw", "--show-pushes", "yes"];
    let ours = ours(&args, lines);
    assert!(ours.out.contains("-> invalidate: 'tracked'\n"), "{}", ours.out);
    assert_eq!(ours, theirs(&args, lines));
}

fn the_largest_keys_are_found(port: &str) {
    let lines = b"FLUSHALL\nSET small 1\nSET \"large\\n\" 12345\nRPUSH list a b c\nHSET hash f v\nSADD set 1 2\nZADD zset 1 a\n";
    ours(&["-p", port], lines);
    // Types come in any order there.
    let summary = |said: Said| {
        let (_, summary) = said.out.split_once("summary").expect("a summary");
        let mut lines: Vec<String> = summary.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let args = ["-p", port, "--bigkeys"];
    assert_eq!(summary(ours(&args, b"")), summary(theirs(&args, b"")));
    let memory = ours(&["-p", port, "--memkeys"], b"");
    assert!(
        memory.out.contains("Biggest string found '\"large\\n\"' has "),
        "{}",
        memory.out
    );
    assert_eq!(memory.code, Some(0));
}
