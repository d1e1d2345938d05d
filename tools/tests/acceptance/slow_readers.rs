//! Clients that ask for much and take it slowly: the node holds little of it, and what they get at last is right.

use crate::support::{Client, Cluster, PATIENCE, report, text, wait_until};
use std::time::{Duration, Instant};

const MIB: usize = 1 << 20;

/// How much a node may grow by replies that are not read. Were a whole pipeline held, it would be ten times this.
const GROWTH_BYTES_MAX: u64 = 200 << 20;

/// A value that is like no other one's, nor like itself moved by some bytes.
fn value(seed: u64, bytes: usize) -> Vec<u8> {
    let mut words = Vec::with_capacity(bytes);
    let mut state = seed;
    while words.len() < bytes {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(seed | 1);
        words.extend_from_slice(&state.to_le_bytes());
    }
    words.truncate(bytes);
    words
}

fn set(cluster: &Cluster, key: &str, value: &[u8]) {
    let done = cluster.connect(1).call(&[b"SET", key.as_bytes(), value]).unwrap();
    assert_eq!(text(&done), "OK");
}

#[test]
fn a_pipeline_of_large_values_is_never_held_as_a_whole() {
    let cluster = Cluster::start_with(1, &[]);
    let values = [value(1, 32 * MIB), value(2, 32 * MIB)];
    set(&cluster, "a", &values[0]);
    set(&cluster, "b", &values[1]);
    let before = cluster.resident_bytes(1);
    let mut slow = cluster.connect(1);
    slow.send(&b"GET a\r\nGET b\r\n".repeat(32)).unwrap();
    let mut grown = 0;
    for round in 0..64 {
        slow.expect_bulk(&values[round % 2]);
        grown = grown.max(cluster.resident_bytes(1).saturating_sub(before));
    }
    report(&format!(
        "slow readers: 64 pipelined values of 32 MB grew the node by {} MB",
        grown >> 20
    ));
    assert!(grown < GROWTH_BYTES_MAX, "grown by {grown} bytes");
    assert_eq!(text(&slow.call(&["PING"]).unwrap()), "PONG");
}

#[test]
fn a_pipeline_of_large_values_of_other_nodes_is_answered_in_order_and_run_once() {
    let cluster = Cluster::start_with(3, &["--replicas", "1"]);
    let values: Vec<Vec<u8>> = (0..8).map(|key| value(key, 8 * MIB)).collect();
    for (key, value) in values.iter().enumerate() {
        set(&cluster, &format!("large:{key}"), value);
    }
    let started = Instant::now();
    let grown_by = |before: &[u64]| {
        let grown = (1..=3).map(|node| cluster.resident_bytes(node)).zip(before);
        grown.map(|(now, before)| now.saturating_sub(*before)).max()
    };
    let before: Vec<u64> = (1..=3).map(|node| cluster.resident_bytes(node)).collect();
    let pipeline: String = (0..64)
        .map(|at| format!("GET large:{0}\r\nINCR count:{0}\r\n", at % 8))
        .collect();
    let mut slow = cluster.connect(1);
    slow.send(pipeline.as_bytes()).unwrap();
    let mut grown = 0;
    for at in 0..64 {
        slow.expect_bulk(&values[at % 8]);
        let count = text(&slow.reply().unwrap());
        assert_eq!(count, (at / 8 + 1).to_string(), "INCR {at} ran once, and in its turn");
        grown = grown.max(grown_by(&before).unwrap_or_default());
    }
    report(&format!(
        "slow readers: 64 pipelined values of 8 MB, most forwarded, grew a node by {} MB in {:?}",
        grown >> 20,
        started.elapsed()
    ));
    assert!(grown < GROWTH_BYTES_MAX, "grown by {grown} bytes");
}

/// One field of a client's line in CLIENT LIST, as a number; `None` when the client or the field is not there.
fn shown(admin: &mut Client, name: &str, field: &str) -> Option<usize> {
    let list = text(&admin.call(&["CLIENT", "LIST"]).unwrap());
    let line = list.lines().find(|line| line.contains(&format!(" name={name} ")))?;
    let value = line
        .split(' ')
        .find_map(|part| part.strip_prefix(&format!("{field}=")))?;
    value.parse().ok()
}

fn named(cluster: &Cluster, name: &str) -> Client {
    let mut client = cluster.connect(1);
    assert_eq!(text(&client.call(&["CLIENT", "SETNAME", name]).unwrap()), "OK");
    client
}

fn limit_normal_clients(admin: &mut Client, limits: &str) {
    let setting = format!("normal {limits}");
    let done = admin.call(&["CONFIG", "SET", "client-output-buffer-limit", &setting]);
    assert_eq!(text(&done.unwrap()), "OK");
}

fn disconnections(admin: &mut Client) -> Option<u32> {
    let info = text(&admin.call(&["INFO", "stats"]).unwrap());
    let count = info
        .lines()
        .find_map(|line| line.strip_prefix("client_output_buffer_limit_disconnections:"))?;
    count.trim().parse().ok()
}

#[test]
fn what_waits_for_a_client_is_shown_and_its_limits_hold_as_soon_as_they_are_set() {
    let cluster = Cluster::start_with(1, &[]);
    let large = value(3, 32 * MIB);
    set(&cluster, "large", &large);
    let mut admin = named(&cluster, "admin");

    // No limit: it waits, and what waits is shown.
    limit_normal_clients(&mut admin, "0 0 0");
    let mut slow = named(&cluster, "slow");
    slow.send(&b"GET large\r\n".repeat(64)).unwrap();
    let mut omem = 0;
    let waits = wait_until(PATIENCE, || {
        omem = shown(&mut admin, "slow", "omem").unwrap_or_default();
        omem > MIB
    });
    assert!(waits.is_some(), "omem shows that replies wait");
    assert!(omem < 33 * MIB, "omem {omem}: one value, not 64");
    assert_eq!(shown(&mut admin, "slow", "obl"), Some(16 << 10));

    // A soft limit, set while it waits, closes it after its time.
    let set_at = Instant::now();
    limit_normal_clients(&mut admin, "0 1mb 1");
    let closed = wait_until(PATIENCE, || shown(&mut admin, "slow", "id").is_none());
    assert!(closed.is_some(), "closed for the soft limit");
    assert!(set_at.elapsed() >= Duration::from_secs(1), "not before its time");
    assert!(slow.is_closed_by_server());

    // One that reads is not over the soft limit, though as much is sent to it.
    let mut quick = named(&cluster, "quick");
    quick.send(&b"GET large\r\n".repeat(8)).unwrap();
    (0..8).for_each(|_| quick.expect_bulk(&large));

    // The hard limit closes at once.
    limit_normal_clients(&mut admin, "1mb 0 0");
    quick.send(b"GET large\r\n").unwrap();
    assert!(quick.is_closed_by_server(), "closed for the hard limit");
    assert_eq!(disconnections(&mut admin), Some(2));
    let log = cluster.log(1);
    assert_eq!(log.matches("overcoming of output buffer limits").count(), 2, "{log}");
}

#[test]
fn a_large_value_is_held_once_however_many_read_it_slowly() {
    let cluster = Cluster::start_with(1, &[]);
    let large = value(4, 32 * MIB);
    set(&cluster, "large", &large);
    let before = cluster.resident_bytes(1);
    let mut readers: Vec<Client> = (0..16)
        .map(|reader| named(&cluster, &format!("slow-{reader}")))
        .collect();
    let mut admin = named(&cluster, "admin");
    for (reader, client) in readers.iter_mut().enumerate() {
        client.send(b"GET large\r\nMGET small large\r\n").unwrap();
        let waits = wait_until(PATIENCE, || {
            shown(&mut admin, &format!("slow-{reader}"), "omem") > Some(MIB)
        });
        assert!(waits.is_some(), "reader {reader} waits");
    }
    let grown = cluster.resident_bytes(1).saturating_sub(before);
    report(&format!(
        "slow readers: 16 readers of one value of 32 MB grew the node by {} MB",
        grown >> 20
    ));
    assert!(grown < GROWTH_BYTES_MAX, "grown by {grown} bytes");
    for client in &mut readers {
        client.expect_bulk(&large);
        client.expect(b"*2\r\n$-1\r\n");
        client.expect_bulk(&large);
    }
}

#[test]
fn a_value_that_is_overwritten_and_deleted_while_it_is_read_is_read_to_its_end() {
    let cluster = Cluster::start_with(1, &[]);
    let (old, new) = (value(5, 32 * MIB), value(6, 32 * MIB));
    set(&cluster, "large", &old);
    let mut readers: Vec<Client> = (0..3).map(|_| cluster.connect(1)).collect();
    let (begun, rest) = old.split_at(MIB);
    for reader in &mut readers {
        reader.send(b"GET large\r\n").unwrap();
        reader.expect(format!("${}\r\n", old.len()).as_bytes());
        reader.expect(begun);
    }
    set(&cluster, "large", &new);
    readers[0].expect(&rest[..MIB]);
    assert_eq!(text(&cluster.connect(1).call(&["DEL", "large"]).unwrap()), "1");
    readers[0].expect(&rest[MIB..]);
    for reader in &mut readers[1..] {
        reader.expect(rest);
    }
    for reader in &mut readers {
        reader.expect(b"\r\n");
        assert_eq!(text(&reader.call(&["GET", "large"]).unwrap()), "(nil)");
    }
}
