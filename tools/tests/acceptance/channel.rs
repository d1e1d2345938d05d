//! The channel on which clients of RESP2 hear of the copies that others keep: byte for byte as redis-server has it.

use crate::support::{Cluster, PATIENCE, Redis};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};

/// A connection that is read as bytes.
struct Raw(TcpStream);

impl Raw {
    fn connect(port: u16) -> Self {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("the server takes connections");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        Raw(stream)
    }

    fn send(&mut self, lines: &[&str]) {
        let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
        self.0.write_all(lines.as_bytes()).expect("the server reads");
    }

    /// Everything that comes up to this.
    fn until(&mut self, end: &str) -> String {
        let (mut text, mut byte) = (Vec::new(), [0]);
        while !text.ends_with(end.as_bytes()) {
            let read = self.0.read(&mut byte);
            let read =
                read.unwrap_or_else(|error| panic!("no `{end}`: {error} behind {:?}", text.escape_ascii().to_string()));
            assert_eq!(read, 1, "the connection ends before `{end}`");
            text.push(byte[0]);
        }
        String::from_utf8(text).expect("text")
    }

    /// Everything that comes before the server hangs up.
    fn rest(&mut self) -> String {
        let mut text = String::new();
        self.0.read_to_string(&mut text).expect("the server hangs up");
        text
    }

    fn id(&mut self) -> String {
        self.send(&["CLIENT ID"]);
        self.until("\r\n").trim_matches([':', '\r', '\n']).to_owned()
    }
}

/// What an ear hears in RESP2 or RESP3 while another client keeps copies: all its bytes.
fn heard(port: u16, is_resp3: bool) -> String {
    let (mut ear, mut mouth, mut writer) = (Raw::connect(port), Raw::connect(port), Raw::connect(port));
    if is_resp3 {
        ear.send(&["HELLO 3"]);
        ear.until("modules\r\n*0\r\n");
    }
    let id = ear.id();
    ear.send(&[
        "SUBSCRIBE __redis__:invalidate",
        "PING",
        "PING hello",
        "PING too many",
        "GET none",
        "CLIENT GETNAME",
        "NOSUCH",
        "UNSUBSCRIBE other",
        "SUBSCRIBE __redis__:invalidate __redis__:invalidate",
    ]);
    let twice = "__redis__:invalidate\r\n:1\r\n";
    let mut all = ear.until(twice) + &ear.until(twice) + &ear.until(twice);
    mouth.send(&[&format!("CLIENT TRACKING ON REDIRECT {id}"), "GET channel:k"]);
    mouth.until("+OK\r\n$-1\r\n");
    writer.send(&["SET channel:k 1"]);
    writer.until("+OK\r\n");
    all += &ear.until("channel:k\r\n");
    ear.send(&[
        "UNSUBSCRIBE",
        "UNSUBSCRIBE",
        "UNSUBSCRIBE x __redis__:invalidate",
        "PING",
        "SUBSCRIBE __redis__:invalidate",
        "RESET",
        "PING",
        "QUIT",
    ]);
    writer.send(&["DEL channel:k"]);
    writer.until(":1\r\n");
    all + &ear.rest()
}

#[test]
fn a_client_of_resp2_hears_what_others_redirect_to_it_as_from_redis() {
    // One node coordinates all keys, and so tells of changes only.
    let cluster = Cluster::start_with(1, &["--replicas", "1"]);
    let redis = Redis::start();
    for is_resp3 in [false, true] {
        let ours = heard(cluster.client_port(1), is_resp3);
        let message = match is_resp3 {
            false => "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n*1\r\n$9\r\nchannel:k\r\n",
            true => ">2\r\n$10\r\ninvalidate\r\n*1\r\n$9\r\nchannel:k\r\n",
        };
        assert_eq!(ours.matches(message).count(), 1, "{ours}");
        if let Some(redis) = &redis {
            assert_eq!(ours, heard(redis.port(), is_resp3));
        }
    }
}

#[test]
fn a_subscribed_client_is_listed_as_one_and_other_channels_are_refused() {
    let cluster = Cluster::start_with(1, &["--replicas", "1"]);
    let (mut ear, mut other) = (Raw::connect(cluster.client_port(1)), cluster.connect(1));
    ear.send(&["SUBSCRIBE news"]);
    assert!(ear.until("\r\n").starts_with("-ERR only __redis__:invalidate"));
    ear.send(&["SUBSCRIBE __redis__:invalidate"]);
    ear.until(":1\r\n");
    let listed = other.call(&["CLIENT", "LIST", "TYPE", "pubsub"]).expect("a reply");
    let listed = crate::support::text(&listed);
    assert!(
        listed.lines().count() == 1 && listed.contains("flags=P db=0 sub=1 "),
        "{listed}"
    );
    let killed = other.call(&["CLIENT", "KILL", "TYPE", "pubsub"]).expect("a reply");
    assert_eq!(crate::support::text(&killed), "1");
    assert_eq!(ear.rest(), "");
}
