//! A connection against a peer that the test plays.

use super::{Answer, Bounds, Connection, Fault, Replies, Unread};
use crate::{Cmd, cmd};
use circlet_resp::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::oneshot::Receiver;
use tokio::time::Instant;

const BOUNDS: Bounds = Bounds {
    inflight_max: 4,
    silence_max: Some(Duration::from_secs(60)),
};

const PING: &[u8] = b"*1\r\n$4\r\nPING\r\n";

fn start(bounds: Bounds) -> (Connection, DuplexStream) {
    let (ours, theirs) = duplex(1 << 20);
    (Connection::start(ours, Unread::default(), bounds, None, || {}), theirs)
}

fn later() -> Instant {
    Instant::now() + Duration::from_secs(3_600)
}

async fn reads(peer: &mut DuplexStream, count: usize) {
    let mut bytes = vec![0; count * PING.len()];
    peer.read_exact(&mut bytes).await.unwrap();
    assert_eq!(bytes, PING.repeat(count));
}

/// Calls of which one is stuck half sent, as it does not fit the peer's window, and one waits behind it.
async fn one_stuck_and_one_unsent(connection: &Connection) -> [Receiver<Answer>; 2] {
    let send = |cmd: &Cmd| connection.try_send(cmd, later()).unwrap().unwrap();
    let stuck = send(&cmd("PING").arg(vec![b'x'; 100]));
    while connection.shared.state.lock().untaken > 0 {
        tokio::task::yield_now().await;
    }
    [stuck, send(&cmd("PING"))]
}

#[tokio::test]
async fn replies_go_to_their_calls_in_order_however_they_are_cut() {
    let (connection, mut peer) = start(BOUNDS);
    let calls: Vec<_> = (0..3)
        .map(|_| connection.try_send(&cmd("PING"), later()).unwrap().unwrap())
        .collect();
    reads(&mut peer, 3).await;
    for byte in b":0\r\n$3\r\none\r\n:2\r\n" {
        peer.write_all(&[*byte]).await.unwrap();
        tokio::task::yield_now().await;
    }
    let expected = [Value::Integer(0), Value::Bulk(b"one".to_vec()), Value::Integer(2)];
    for (call, expected) in calls.into_iter().zip(expected) {
        let Ok(Replies::One(value)) = call.await.unwrap() else {
            panic!("one reply")
        };
        assert_eq!(value, expected);
    }
}

#[tokio::test]
async fn requests_of_many_tasks_leave_in_one_write_while_replies_are_awaited() {
    let bounds = Bounds {
        inflight_max: 100,
        ..BOUNDS
    };
    let (connection, mut peer) = start(bounds);
    let connection = Arc::new(connection);
    let first = connection.try_send(&cmd("PING"), later()).unwrap().unwrap();
    reads(&mut peer, 1).await;
    for _ in 0..50 {
        let connection = Arc::clone(&connection);
        tokio::spawn(async move { connection.try_send(&cmd("PING"), later()).unwrap().unwrap().await });
    }
    let mut bytes = vec![0; 4096];
    let count = peer.read(&mut bytes).await.unwrap();
    assert_eq!(count, 50 * PING.len(), "all 50 in what one read finds");
    drop(first);
}

#[tokio::test]
async fn a_call_of_several_commands_gets_all_their_replies() {
    let (connection, mut peer) = start(BOUNDS);
    let cmds = [cmd("PING"), cmd("PING")];
    let both = connection.send(cmds.iter(), later()).await.unwrap();
    reads(&mut peer, 2).await;
    peer.write_all(b"+A\r\n-ERR b\r\n").await.unwrap();
    let Ok(Replies::Many(values)) = both.await.unwrap() else {
        panic!("two replies")
    };
    assert_eq!(values, [Value::Simple("A".into()), Value::Error("ERR b".into())]);
}

#[tokio::test]
async fn what_was_not_sent_is_told_from_what_may_have_been() {
    // The peer's window takes the first request and no more.
    let (ours, mut peer) = duplex(PING.len());
    let connection = Connection::start(ours, Unread::default(), BOUNDS, None, || {});
    let sent = connection.try_send(&cmd("PING"), later()).unwrap().unwrap();
    reads(&mut peer, 1).await;
    let [half, unsent] = one_stuck_and_one_unsent(&connection).await;
    drop(peer);
    assert_eq!(sent.await.unwrap().unwrap_err(), Fault::Lost);
    assert_eq!(half.await.unwrap().unwrap_err(), Fault::Lost);
    assert_eq!(unsent.await.unwrap().unwrap_err(), Fault::Unsent);
    assert!(!connection.is_open());
    assert!(matches!(
        connection.send([cmd("PING")].iter(), later()).await,
        Err(Fault::Unsent)
    ));
}

#[tokio::test]
async fn callers_beyond_the_bound_wait_for_replies() {
    let (connection, mut peer) = start(BOUNDS);
    let calls: Vec<_> = (0..4)
        .map(|_| connection.try_send(&cmd("PING"), later()).unwrap().unwrap())
        .collect();
    assert!(connection.try_send(&cmd("PING"), later()).is_none(), "a fifth");
    let cmds = [cmd("PING")];
    let waits = connection.send(cmds.iter(), later());
    reads(&mut peer, 4).await;
    peer.write_all(b"+A\r\n").await.unwrap();
    let fifth = waits.await.unwrap();
    reads(&mut peer, 1).await;
    peer.write_all(&b"+B\r\n".repeat(4)).await.unwrap();
    assert!(fifth.await.unwrap().is_ok());
    assert_eq!(connection.under_way(), 0);
    drop(calls);
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_time_is_over_is_told_and_its_late_reply_goes_to_nobody_else() {
    let (connection, mut peer) = start(BOUNDS);
    let hasty = connection
        .try_send(&cmd("PING"), Instant::now() + Duration::from_millis(50))
        .unwrap()
        .unwrap();
    let patient = connection.try_send(&cmd("PING"), later()).unwrap().unwrap();
    reads(&mut peer, 2).await;
    let started = Instant::now();
    assert_eq!(hasty.await.unwrap().unwrap_err(), Fault::TimedOut);
    assert!(
        started.elapsed() <= Duration::from_millis(50) + 2 * super::TICK,
        "{:?}",
        started.elapsed()
    );
    peer.write_all(b"+LATE\r\n+MINE\r\n").await.unwrap();
    let Ok(Replies::One(mine)) = patient.await.unwrap() else {
        panic!("one reply")
    };
    assert_eq!(mine, Value::Simple("MINE".into()));
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_falls_silent_is_given_up() {
    let bounds = Bounds {
        silence_max: Some(Duration::from_secs(1)),
        ..BOUNDS
    };
    let (connection, mut peer) = start(bounds);
    let call = connection.try_send(&cmd("PING"), later()).unwrap().unwrap();
    reads(&mut peer, 1).await;
    assert_eq!(call.await.unwrap().unwrap_err(), Fault::Lost);
    assert!(!connection.is_open());
}

#[tokio::test]
async fn the_connection_ends_with_its_last_handle_once_all_is_answered() {
    static ENDED: AtomicBool = AtomicBool::new(false);
    let (ours, mut peer) = duplex(1 << 10);
    let connection = Connection::start(ours, Unread::default(), BOUNDS, None, || {
        ENDED.store(true, Ordering::Release);
    });
    let call = connection.try_send(&cmd("PING"), later()).unwrap().unwrap();
    drop(connection);
    reads(&mut peer, 1).await;
    peer.write_all(b"+A\r\n").await.unwrap();
    assert!(call.await.unwrap().is_ok());
    assert_eq!(peer.read(&mut [0; 1]).await.unwrap(), 0, "closed");
    assert!(ENDED.load(Ordering::Acquire));
}

#[tokio::test]
async fn what_is_no_reply_ends_the_connection_and_the_first_call_hears_why() {
    let (connection, mut peer) = start(BOUNDS);
    let first = connection.try_send(&cmd("PING"), later()).unwrap().unwrap();
    let second = connection.try_send(&cmd("PING"), later()).unwrap().unwrap();
    reads(&mut peer, 2).await;
    peer.write_all(b"HTTP/1.1 400 Bad Request\r\n").await.unwrap();
    assert!(matches!(first.await.unwrap(), Err(Fault::Protocol(_))));
    assert_eq!(second.await.unwrap().unwrap_err(), Fault::Lost);
}

#[tokio::test]
async fn pushes_go_to_their_sink_and_answer_nothing() {
    let (ours, mut peer) = duplex(1 << 10);
    let seen = Arc::new(parking_lot::Mutex::new(Vec::new()));
    let sink = Arc::clone(&seen);
    let sink: super::PushSink = Arc::new(move |message| sink.lock().push(message));
    let connection = Connection::start(ours, Unread::default(), BOUNDS, Some(sink), || {});
    let call = connection.try_send(&cmd("PING"), later()).unwrap().unwrap();
    reads(&mut peer, 1).await;
    peer.write_all(b">1\r\n:7\r\n+A\r\n").await.unwrap();
    let Ok(Replies::One(value)) = call.await.unwrap() else {
        panic!("one reply")
    };
    assert_eq!(value, Value::Simple("A".into()));
    assert_eq!(*seen.lock(), [vec![Value::Integer(7)]]);
}

#[tokio::test]
async fn a_reply_to_what_was_not_sent_yet_answers_nothing() {
    // Nothing is taken while the first request is not through.
    let (ours, mut peer) = duplex(PING.len());
    let connection = Connection::start(ours, Unread::default(), BOUNDS, None, || {});
    let [sent, unsent] = one_stuck_and_one_unsent(&connection).await;
    peer.write_all(b"+A\r\n+B\r\n").await.unwrap();
    drop(sent);
    assert_eq!(unsent.await.unwrap().unwrap_err(), Fault::Unsent);
    assert!(!connection.is_open());
}
