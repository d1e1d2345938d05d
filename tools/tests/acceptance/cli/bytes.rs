//! Every type of reply in every style.

use super::{canned, has_redis_cli, ours, theirs};
use crate::support::{PATIENCE, wait_until};

/// Replies that redis-cli 7.0 can read: no big numbers, attributes and errors with a length.
const REPLIES: [&[u8]; 26] = [
    b"+OK\r\n",
    b"+\r\n",
    b"-ERR no \"such\" thing\r\n",
    b":-7\r\n",
    b":9223372036854775807\r\n",
    b"$0\r\n\r\n",
    b"$12\r\na\"\\\x01\xff\n\r\t\x07\x08\x0c/\r\n",
    b"$-1\r\n",
    b"*-1\r\n",
    b"_\r\n",
    b"#t\r\n",
    b"#f\r\n",
    b",1.5\r\n",
    b",3.1000000000000001\r\n",
    b",-inf\r\n",
    b"=9\r\ntxt:a\n\"b\xff\r\n",
    b"*0\r\n",
    b"%0\r\n",
    b"~0\r\n",
    b"*3\r\n:1\r\n*2\r\n$1\r\na\r\n*2\r\n+x\r\n-ERR y\r\n$1\r\nz\r\n",
    b"*3\r\n*1\r\n*1\r\n*0\r\n*2\r\n_\r\n#t\r\n%1\r\n$1\r\nk\r\n*1\r\n:1\r\n",
    b"%2\r\n+a\r\n:1\r\n$1\r\nb\r\n*2\r\n:1\r\n:2\r\n",
    b"%1\r\n:5\r\n%1\r\n#t\r\n*1\r\n:2\r\n",
    b"~2\r\n,2.5\r\n_\r\n",
    b"%3\r\n-ERR k\r\n:1\r\n=5\r\ntxt:k\r\n:2\r\n,1.5\r\n:3\r\n",
    b"*11\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n%1\r\n$1\r\nk\r\n~2\r\n:1\r\n:2\r\n",
];

/// Pushes before a reply, and behind it.
const PUSHES: [&[u8]; 4] = [
    b">2\r\n$10\r\ninvalidate\r\n*2\r\n$1\r\na\r\n$3\r\nb c\r\n+OK\r\n",
    b">2\r\n$10\r\ninvalidate\r\n_\r\n+OK\r\n",
    b">2\r\n$5\r\nother\r\n*2\r\n:1\r\n:2\r\n+OK\r\n",
    b"+OK\r\n>2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n",
];

const STYLES: [&[&str]; 6] = [
    &["--no-raw"],
    &["--raw"],
    &["--csv"],
    &["--json"],
    &["--raw", "-d", "; ", "-D", "|\n"],
    // Not a terminal: as with --raw.
    &[],
];

#[test]
fn every_reply_is_written_to_the_byte_as_redis_cli_writes_it() {
    if !has_redis_cli() {
        return;
    }
    let port = canned::serve(&REPLIES).to_string();
    let lines: String = (0..REPLIES.len()).map(|at| format!("R {at}\n")).collect();
    for style in STYLES {
        let args = [&["-p", &port, "-3"], style].concat();
        // All in one session, and each as a command of its own.
        assert_eq!(
            ours(&args, lines.as_bytes()),
            theirs(&args, lines.as_bytes()),
            "{style:?}"
        );
        for (at, reply) in REPLIES.iter().enumerate() {
            let at = at.to_string();
            let args = [&args[..], &["R", &at]].concat();
            assert_eq!(
                ours(&args, b""),
                theirs(&args, b""),
                "{style:?} {}",
                reply.escape_ascii()
            );
        }
    }
}

#[test]
fn pushes_are_shown_where_redis_cli_shows_them() {
    if !has_redis_cli() {
        return;
    }
    let port = canned::serve(&PUSHES).to_string();
    let lines: String = [0, 3, 1, 2, 0].map(|at| format!("R {at}\n")).concat();
    for style in STYLES {
        for pushes in [&["--show-pushes", "yes"][..], &["--show-pushes", "no"], &[]] {
            let args = [&["-p", &port, "-3"], style, pushes].concat();
            assert_eq!(
                ours(&args, lines.as_bytes()),
                theirs(&args, lines.as_bytes()),
                "{args:?}"
            );
        }
    }
}

#[test]
fn what_redis_cli_gives_up_on_is_shown() {
    let port = canned::serve(&[
        b"(12345678901234567890\r\n",
        b"!5\r\nERR x\r\n",
        b"|1\r\n+k\r\n+v\r\n:9\r\n",
    ]);
    let said = ours(&["-p", &port.to_string(), "-3", "--no-raw"], b"R 0\nR 1\nR 2\n");
    assert_eq!(
        said.out,
        "(big number) 12345678901234567890\n(error) ERR x\n(integer) 9\n"
    );
}

#[test]
fn messages_are_shown_as_they_come_until_the_end() {
    if !has_redis_cli() {
        return;
    }
    let port = canned::serve(&[]).to_string();
    for style in STYLES {
        let args = [&["-p", &port], style, &["SUBSCRIBE", "ch"]].concat();
        let (ours, theirs) = (ours(&args, b""), theirs(&args, b""));
        assert_eq!((ours.out, ours.code), (theirs.out, theirs.code), "{style:?}");
    }
}

#[test]
fn ask_is_followed_behind_asking() {
    let port = canned::serve(&[]).to_string();
    let said = ours(&["-p", &port, "-c", "THERE"], b"");
    assert_eq!((said.out.as_str(), said.code), ("OK\n", Some(0)));
    let said = ours(&["-p", &port, "THERE"], b"");
    assert_eq!(said.out, format!("ASK 7 127.0.0.1:{port}\n\n"));
}

#[test]
fn a_connection_that_was_closed_while_idle_is_replaced_unseen() {
    let port = canned::serve(&[b"+there\r\n"]).to_string();
    // The pause is for the news to come; on a machine that is busy beyond it, once more.
    let unseen = || {
        let said = ours(&["-p", &port, "-i", "0.1"], b"LAST\nR 0\n");
        (said.out.as_str(), said.err.as_str(), said.code) == ("OK\nthere\n", "", Some(0))
    };
    assert!(wait_until(PATIENCE, unseen).is_some(), "the next command notices it");
}

#[test]
fn a_connection_that_is_lost_is_told_and_the_next_line_has_a_new_one() {
    let port = canned::serve(&[b"+OK\r\n"]).to_string();
    let said = ours(&["-p", &port], b"R 0\nBYE\nR 0\n");
    assert_eq!((said.out.as_str(), said.code), ("OK\nOK\n", Some(1)));
    assert!(said.err.contains("the server closed the connection"), "{}", said.err);
    let said = ours(&["-p", &port, "BYE"], b"");
    assert_eq!((said.out.as_str(), said.code), ("", Some(1)));
}
