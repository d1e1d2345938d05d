//! What strangers, broken clients and accidents send: the node stays up, serves others, and holds little of it.

use crate::support::{Client, Cluster, PATIENCE, report, text, wait_until};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::net::{Ipv4Addr, UdpSocket};
use std::time::{Duration, Instant};

/// How long somebody else's command may take meanwhile. Generous: the machine is busy, but a node that hangs takes for ever.
const OTHERS_MAX: Duration = Duration::from_secs(10);

/// How much a node may grow by what a test sends.
const GROWTH_BYTES_MAX: u64 = 150 << 20;

#[test]
fn malformed_requests_get_the_texts_of_redis_and_a_closed_connection() {
    let cluster = Cluster::start_with(1, &[]);
    let long_line = [b"GET ".to_vec(), vec![b'x'; 70_000]].concat();
    let cases: [(&[u8], &str); 9] = [
        (
            b"*2\r\n$3\r\nGET\r\n$10000000000\r\n",
            "-ERR Protocol error: invalid bulk length",
        ),
        (b"*1\r\n$-5\r\n", "-ERR Protocol error: invalid bulk length"),
        (b"*1\r\n$abc\r\n", "-ERR Protocol error: invalid bulk length"),
        (b"*1048577\r\n", "-ERR Protocol error: invalid multibulk length"),
        (
            b"*99999999999999999999\r\n",
            "-ERR Protocol error: invalid multibulk length",
        ),
        (b"*x\r\n", "-ERR Protocol error: invalid multibulk length"),
        (b"*1\r\n!3\r\nGET\r\n", "-ERR Protocol error: expected '$', got '!'"),
        (b"SET \"open\r\n", "-ERR Protocol error: unbalanced quotes in request"),
        (&long_line, "-ERR Protocol error: too big inline request"),
    ];
    for port in [cluster.client_port(1), cluster.redis_cluster_port(1)] {
        for (bytes, expected) in cases {
            let mut client = Client::connect(port, PATIENCE).unwrap();
            // What came before the error is answered.
            client.send(b"PING\r\n").unwrap();
            client.send(bytes).unwrap();
            let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(40)]).into_owned();
            assert_eq!(text(&client.reply().unwrap()), "PONG", "before {shown:?}");
            assert_eq!(text(&client.reply().unwrap()), expected, "to {shown:?}");
            assert!(client.is_closed_by_server(), "after {shown:?}");
        }
    }
}

#[test]
fn what_a_page_has_a_browser_send_is_not_run() {
    let cluster = Cluster::start_with(1, &[]);
    let body = "SET evil 1\r\n";
    for port in [cluster.client_port(1), cluster.redis_cluster_port(1)] {
        for request in [
            "POST / HTTP/1.1\r\nAccept: x\r\n\r\n",
            "PUT / HTTP/1.1\r\nHost: x\r\n\r\n",
        ] {
            let mut browser = Client::connect(port, PATIENCE).unwrap();
            browser.send(format!("{request}{body}").as_bytes()).unwrap();
            if request.starts_with("PUT") {
                assert!(text(&browser.reply().unwrap()).starts_with("-ERR unknown command 'PUT'"));
            }
            assert!(browser.is_closed_by_server(), "{request:?}");
        }
    }
    assert_eq!(text(&cluster.connect(1).call(&["EXISTS", "evil"]).unwrap()), "0");
}

#[test]
fn wrong_commands_get_the_texts_of_redis_and_the_connection_goes_on() {
    let cluster = Cluster::start_with(1, &[]);
    let mut client = cluster.connect(1);
    let cases: [(&[&str], &str); 5] = [
        (
            &["FLY", "high"],
            "-ERR unknown command 'FLY', with args beginning with: 'high' ",
        ),
        (&["GET"], "-ERR wrong number of arguments for 'get' command"),
        (
            &["SET", "k", "v", "EX", "0"],
            "-ERR invalid expire time in 'set' command",
        ),
        (&["SET", "k", "v", "NX", "XX"], "-ERR syntax error"),
        (&["INCRBY", "k", "many"], "-ERR value is not an integer or out of range"),
    ];
    for (args, expected) in cases {
        let said = text(&client.call(args).unwrap());
        assert_eq!(said, expected, "to {args:?}");
    }
    assert_eq!(text(&client.call(&["PING"]).unwrap()), "PONG");
}

#[test]
fn a_million_arguments_are_a_command_like_any_other() {
    let cluster = Cluster::start();
    let before = cluster.resident_bytes(1);
    let million = |name: &str| -> Vec<u8> {
        let head = format!("*1000001\r\n${}\r\n{name}\r\n", name.len());
        [head.into_bytes(), b"$1\r\nk\r\n".repeat(1_000_000)].concat()
    };
    let mut client = cluster.connect(1);
    client.send(&million("PING")).unwrap();
    assert_eq!(
        text(&client.reply().unwrap()),
        "-ERR wrong number of arguments for 'ping' command"
    );
    check_others(&cluster);
    let grown = cluster.resident_bytes(1).saturating_sub(before);
    report(&format!(
        "bad input: a million arguments grew the node by {} MB",
        grown >> 20
    ));
    assert!(grown < GROWTH_BYTES_MAX, "grown by {grown} bytes");
}

#[test]
fn what_is_only_announced_is_not_reserved() {
    let cluster = Cluster::start();
    let before = cluster.resident_bytes(1);
    let mut waiting: Vec<Client> = Vec::new();
    for _ in 0..200 {
        let mut client = cluster.connect(1);
        client.send(b"*1048576\r\n$3\r\nSET\r\n$536870912\r\nhalf").unwrap();
        waiting.push(client);
    }
    check_others(&cluster);
    let grown = cluster.resident_bytes(1).saturating_sub(before);
    report(&format!(
        "bad input: 200 clients that announced 100 GB grew the node by {} MB",
        grown >> 20
    ));
    assert!(grown < GROWTH_BYTES_MAX, "grown by {grown} bytes");
}

#[test]
fn a_client_that_does_not_read_holds_up_only_itself() {
    let cluster = Cluster::start();
    let value = vec![b'v'; 64 << 10];
    assert_eq!(
        text(&cluster.connect(1).call(&[&b"SET"[..], b"big", &value]).unwrap()),
        "OK"
    );
    let before = cluster.resident_bytes(1);
    let mut greedy: Vec<Client> = (0..4).map(|_| cluster.connect(1)).collect();
    for client in &mut greedy {
        client.send(&b"GET big\r\n".repeat(2_000)).unwrap();
    }
    let grown = || cluster.resident_bytes(1).saturating_sub(before);
    let grows_past = wait_until(Duration::from_millis(1_500), || grown() > GROWTH_BYTES_MAX);
    report(&format!(
        "bad input: 4 clients that read none of 512 MB of replies grew the node by {} MB",
        grown() >> 20
    ));
    assert!(grows_past.is_none(), "grown by {} bytes", grown());
    check_others(&cluster);
}

#[test]
fn slow_and_half_open_clients_are_served_as_they_come() {
    let cluster = Cluster::start();
    let mut slow = cluster.connect(1);
    for byte in b"*3\r\n$3\r\nSET\r\n$4\r\nslow\r\n$5\r\nvalue\r\n" {
        slow.send(&[*byte]).unwrap();
        check_one(&cluster);
    }
    assert_eq!(text(&slow.reply().unwrap()), "OK");
    let mut half = cluster.connect(1);
    half.send(b"GET slow\r\nPING\r\nGE").unwrap();
    half.finish_sending().unwrap();
    assert_eq!(text(&half.reply().unwrap()), "value", "what was complete is answered");
    assert_eq!(text(&half.reply().unwrap()), "PONG");
    assert!(half.is_closed_by_server());
}

#[test]
fn random_bytes_on_every_port_harm_nobody() {
    let cluster = Cluster::start();
    let before = cluster.resident_bytes(1);
    let mut noise = Noise(0x9e37_79b9_7f4a_7c15);
    let ports = [
        cluster.client_port(1),
        cluster.redis_cluster_port(1),
        cluster.peer_port(1),
        cluster.http_port(1),
    ];
    for round in 0..50 {
        for port in ports {
            let mut client = Client::connect(port, PATIENCE).unwrap();
            // The node may close at the first byte.
            let _ = client.send(&noise.bytes(1 + round * 80));
        }
    }
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    for size in 0..1_000 {
        socket
            .send_to(&noise.bytes(size), (Ipv4Addr::LOCALHOST, cluster.peer_port(1)))
            .unwrap();
    }
    check_others(&cluster);
    cluster.wait_until_whole();
    let grown = cluster.resident_bytes(1).saturating_sub(before);
    assert!(grown < GROWTH_BYTES_MAX, "grown by {grown} bytes");
    assert!(
        (1..=3).all(|node| !cluster.log(node).contains("panicked")),
        "something panicked"
    );
}

#[test]
fn ten_thousand_connections_are_held_and_one_more_is_told_why_not() {
    let wanted = 10_000.min(files_allowed().saturating_sub(300));
    let limit = format!("maxclients={wanted}");
    let cluster = Cluster::start_with(3, &["--set", &limit]);
    let before = cluster.resident_bytes(1);
    let start = Instant::now();
    let mut crowd: Vec<Client> = (0..wanted).map(|_| cluster.connect(1)).collect();
    for client in crowd.iter_mut().step_by(97) {
        assert_eq!(text(&client.call(&["PING"]).unwrap()), "PONG");
    }
    let all_in = || cluster.status(1).and_then(|status| status["clients"].as_u64()) == Some(wanted);
    assert!(wait_until(PATIENCE, all_in).is_some(), "{:?}", cluster.status(1));
    let grown = cluster.resident_bytes(1).saturating_sub(before);
    report(&format!(
        "bad input: {wanted} connections in {:.1?}, {} kB each",
        start.elapsed(),
        (grown >> 10) / wanted.max(1)
    ));
    let mut refused = cluster.connect(1);
    assert_eq!(text(&refused.reply().unwrap()), "-ERR max number of clients reached");
    assert!(refused.is_closed_by_server());
    assert_eq!(text(&crowd[0].call(&["SET", "crowd", "served"]).unwrap()), "OK");
    assert_eq!(
        text(&cluster.connect(2).call(&["GET", "crowd"]).unwrap()),
        "served",
        "other nodes serve"
    );
    assert!(grown < 2 * GROWTH_BYTES_MAX, "grown by {grown} bytes");
    drop(crowd);
    let room = || {
        Client::connect(cluster.client_port(1), PATIENCE)
            .is_ok_and(|mut client| client.call(&["PING"]).is_ok_and(|pong| text(&pong) == "PONG"))
    };
    assert!(wait_until(PATIENCE, room).is_some(), "there is room again");
}

/// Every node serves a client: a write through each, read through the next.
fn check_others(cluster: &Cluster) {
    for node in 1..=3 {
        let start = Instant::now();
        let key = format!("others:{node}");
        assert_eq!(text(&cluster.connect(node).call(&["SET", &key, "fine"]).unwrap()), "OK");
        assert_eq!(
            text(&cluster.connect(node % 3 + 1).call(&["GET", &key]).unwrap()),
            "fine"
        );
        assert!(
            start.elapsed() < OTHERS_MAX,
            "others wait {:?} at node {node}",
            start.elapsed()
        );
    }
}

/// The node that is being bothered answers somebody else.
fn check_one(cluster: &Cluster) {
    let start = Instant::now();
    assert_eq!(text(&cluster.connect(1).call(&["PING"]).unwrap()), "PONG");
    assert!(start.elapsed() < OTHERS_MAX, "others wait {:?}", start.elapsed());
}

/// How many files this process, and what it starts, may open: as many as the system lets it.
fn files_allowed() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    // What it was is enough for some connections.
    let _ = setrlimit(Resource::Nofile, raised);
    getrlimit(Resource::Nofile).current.unwrap_or(1 << 20)
}

/// The same noise in every run.
struct Noise(u64);

impl Noise {
    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next()).collect()
    }

    /// xorshift64
    fn next(&mut self) -> u8 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 32) as u8
    }
}
