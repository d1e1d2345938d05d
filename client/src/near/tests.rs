//! The near cache against a node that the test plays: one that owns all arcs.

use super::{NearCache, NearOptions};
use crate::{Client, Options, cmd};
use circlet_resp::{Batch, Limits, Proto, ReplyBuf, RequestParser};
use circlet_ring::{ArcCount, Slot};
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

const ARCS: ArcCount = ArcCount::MIN;

/// What the node does.
#[derive(Default)]
struct Script {
    /// Reads of keys that came.
    gets: usize,
    /// What HPTTL says.
    field_ms: i64,
    /// Sent in front of the answer to the next GET.
    before_get: Vec<u8>,
    /// Sent in front of the answer to the next beat.
    at_beat: Vec<u8>,
    /// Whether beats are not answered.
    is_cut_off: bool,
    /// Whether the node ends the connection at the next beat.
    leaves: bool,
}

type Shared = Arc<Mutex<Script>>;

async fn start() -> (Shared, Client, NearCache) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, script) = (listener.local_addr().unwrap().to_string(), Shared::default());
    let (told, shared) = (address.clone(), Arc::clone(&script));
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(serve(socket, told.clone(), Arc::clone(&shared)));
        }
    });
    let client = Client::connect([address], Options::default()).await.unwrap();
    let options = NearOptions {
        vouch_max: Duration::from_millis(200),
        ..NearOptions::default()
    };
    let near = client.near_cache(options);
    (script, client, near)
}

async fn serve(mut socket: TcpStream, address: String, script: Shared) {
    let mut parser = RequestParser::new(Limits::default());
    let (mut batch, mut bytes, mut replies) = (Batch::new(), Vec::new(), ReplyBuf::new(Proto::Resp3));
    while socket.read_buf(&mut bytes).await.is_ok_and(|count| count > 0) {
        let consumed = parser.parse(&bytes, &mut batch, 1_000).unwrap().consumed;
        for number in 0..batch.len() {
            let mut script = script.lock();
            match batch.args(number, &bytes).name() {
                b"HELLO" => replies.map(0),
                b"CLUSTER" => write_topology(&address, &mut replies),
                b"PTTL" => replies.integer(-1),
                b"HPTTL" => {
                    replies.array(1);
                    replies.integer(script.field_ms);
                }
                b"HGETALL" => {
                    script.gets += 1;
                    replies.raw(&std::mem::take(&mut script.before_get));
                    replies.map(1);
                    replies.bulk(b"field");
                    replies.bulk(b"value");
                }
                b"SRANDMEMBER" => {
                    script.gets += 1;
                    replies.bulk(b"value");
                }
                b"GET" | b"HGET" => {
                    script.gets += 1;
                    replies.raw(&std::mem::take(&mut script.before_get));
                    replies.bulk(b"value");
                }
                b"EXISTS" if script.leaves => return,
                b"EXISTS" if script.is_cut_off => replies.error("NOQUORUM need 2 of 3 replicas, 1 alive"),
                b"EXISTS" => {
                    replies.raw(&std::mem::take(&mut script.at_beat));
                    replies.integer(0);
                }
                _ => replies.ok(),
            }
        }
        bytes.drain(..consumed);
        if socket.write_all(replies.as_bytes()).await.is_err() {
            return;
        }
        replies.clear();
    }
}

fn write_topology(address: &str, replies: &mut ReplyBuf) {
    replies.map(5);
    for (name, value) in [("fingerprint", 1), ("epoch", 1), ("arcs", i64::from(ARCS.get()))] {
        replies.bulk(name.as_bytes());
        replies.integer(value);
    }
    replies.bulk(b"members");
    replies.array(1);
    replies.array(3);
    [b"id", address.as_bytes(), b"-"]
        .iter()
        .for_each(|text| replies.bulk(text));
    replies.bulk(b"owners");
    replies.bulk(&[1, 0, 0].repeat(usize::from(ARCS.get())));
}

/// A push that `key` has changed, the `number`th of its arc.
fn changed(key: &str, number: i64) -> Vec<u8> {
    let mut push = ReplyBuf::new(Proto::Resp3);
    push.push(4);
    push.bulk(b"invalidate");
    push.array(1);
    push.bulk(key.as_bytes());
    push.integer(i64::from(ARCS.arc_of(Slot::of_key(key.as_bytes())).get()));
    push.integer(number);
    push.as_bytes().to_vec()
}

async fn get(near: &NearCache, key: &str) {
    assert_eq!(near.get::<String>(key).await.unwrap(), "value");
}

/// Reads until the answer is the cache's own; the GETs that the node saw then.
async fn wait_until_kept(near: &NearCache, script: &Shared, key: &str) -> usize {
    let started = Instant::now();
    loop {
        let before = script.lock().gets;
        get(near, key).await;
        if script.lock().gets == before {
            return before;
        }
        assert!(started.elapsed() < Duration::from_secs(20), "never kept");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Reads until the node is asked again.
async fn wait_until_asked(near: &NearCache, script: &Shared, key: &str, gets: usize) {
    let started = Instant::now();
    while script.lock().gets == gets {
        get(near, key).await;
        assert!(started.elapsed() < Duration::from_secs(20), "never asked again");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn a_read_that_a_change_overtook_is_not_kept() {
    let (script, _client, near) = start().await;
    wait_until_kept(&near, &script, "warm").await;
    script.lock().before_get = changed("raced", 1);
    get(&near, "raced").await;
    let gets = script.lock().gets;
    get(&near, "raced").await;
    assert_eq!(script.lock().gets, gets + 1, "asked again");
    get(&near, "raced").await;
    assert_eq!(script.lock().gets, gets + 1, "and kept, as nothing overtook it");
}

#[tokio::test]
async fn a_push_drops_its_key_and_a_missing_number_the_whole_arc() {
    let (script, _client, near) = start().await;
    let gets = wait_until_kept(&near, &script, "{t}a").await;
    get(&near, "{t}b").await;
    get(&near, "else").await;
    script.lock().at_beat = changed("{t}a", 1);
    wait_until_asked(&near, &script, "{t}a", gets + 2).await;
    get(&near, "{t}b").await;
    assert_eq!(script.lock().gets, gets + 3, "another key of the arc stays");
    script.lock().at_beat = changed("{t}a", 3);
    wait_until_asked(&near, &script, "{t}b", gets + 3).await;
    get(&near, "else").await;
    assert_eq!(script.lock().gets, gets + 4, "another arc stays");
}

#[tokio::test]
async fn what_nobody_vouches_for_is_asked_for_again() {
    let (script, _client, near) = start().await;
    let gets = wait_until_kept(&near, &script, "k").await;
    script.lock().is_cut_off = true;
    wait_until_asked(&near, &script, "k", gets).await;
    script.lock().is_cut_off = false;
    let gets = wait_until_kept(&near, &script, "k").await;
    script.lock().leaves = true;
    wait_until_asked(&near, &script, "k", gets).await;
    script.lock().leaves = false;
    wait_until_kept(&near, &script, "k").await;
}

#[tokio::test]
async fn a_push_that_makes_no_sense_drops_everything() {
    let (script, _client, near) = start().await;
    let gets = wait_until_kept(&near, &script, "k").await;
    script.lock().at_beat = b">2\r\n+invalidate\r\n_\r\n".to_vec();
    wait_until_asked(&near, &script, "k", gets).await;
}

#[tokio::test]
async fn only_chosen_prefixes_are_kept_and_what_was_forgotten_is_gone() {
    let (script, client, near) = start().await;
    wait_until_kept(&near, &script, "k").await;
    near.forget("k");
    let gets = script.lock().gets;
    get(&near, "k").await;
    assert_eq!(script.lock().gets, gets + 1);
    let prefixes = vec![(b"kept:".to_vec(), Duration::from_secs(60))];
    let chosen = client.near_cache(NearOptions {
        prefixes,
        ..NearOptions::default()
    });
    wait_until_kept(&chosen, &script, "kept:1").await;
    get(&chosen, "k").await;
    assert_eq!(chosen.len(), 1);
}

/// Makes a call by the cache, and says whether the node was asked.
async fn asks(near: &NearCache, script: &Shared, call: crate::Call<'_, crate::Value>) -> bool {
    let before = script.lock().gets;
    near.read(call).await.unwrap();
    script.lock().gets > before
}

/// Makes a call again and again, until the node is asked.
async fn wait_until_asks<'c>(near: &NearCache, script: &Shared, call: impl Fn() -> crate::Call<'c, crate::Value>) {
    let started = Instant::now();
    while !asks(near, script, call()).await {
        assert!(started.elapsed() < Duration::from_secs(20), "never asked again");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn replies_about_a_collection_are_kept_until_its_key_changes() {
    let (script, client, near) = start().await;
    let gets = wait_until_kept(&near, &script, "{t}warm").await;
    let (one, other, whole) = (
        || client.call(cmd("HGET").arg("{t}h").arg("f")),
        || client.call(cmd("HGET").arg("{t}h").arg("g")),
        || client.call(cmd("HGETALL").arg("{t}h")),
    );
    script.lock().field_ms = -1;
    for (call, what) in [(one(), "one field"), (other(), "another"), (whole(), "all")] {
        assert!(asks(&near, &script, call).await, "{what}");
    }
    for call in [one(), other(), whole()] {
        assert!(!asks(&near, &script, call).await, "kept");
    }
    script.lock().at_beat = changed("{t}h", 1);
    wait_until_asks(&near, &script, one).await;
    assert!(
        asks(&near, &script, other()).await,
        "one push takes all that was answered about its key"
    );
    get(&near, "{t}warm").await;
    assert_eq!(script.lock().gets, gets + 5, "another key of the arc stays");
}

#[tokio::test]
async fn a_read_of_a_collection_that_a_change_overtook_is_not_kept() {
    let (script, client, near) = start().await;
    wait_until_kept(&near, &script, "warm").await;
    script.lock().field_ms = -1;
    let call = || client.call(cmd("HGETALL").arg("raced"));
    script.lock().before_get = changed("raced", 1);
    assert!(asks(&near, &script, call()).await);
    assert!(asks(&near, &script, call()).await, "asked again");
    assert!(!asks(&near, &script, call()).await, "and kept, as nothing overtook it");
}

#[tokio::test]
async fn a_field_that_ends_takes_its_reply_with_it_and_chance_is_never_kept() {
    let (script, client, near) = start().await;
    wait_until_kept(&near, &script, "warm").await;
    let field = || client.call(cmd("HGET").arg("h").arg("f"));
    script.lock().field_ms = 0;
    assert!(asks(&near, &script, field()).await);
    assert!(asks(&near, &script, field()).await, "it was over at once");
    let chance = || client.call(cmd("SRANDMEMBER").arg("s"));
    assert!(asks(&near, &script, chance()).await);
    assert!(asks(&near, &script, chance()).await);
}
