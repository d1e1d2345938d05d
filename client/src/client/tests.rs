//! The client against nodes that the test plays.

use super::Client;
use crate::prelude::*;
use crate::{Credentials, RetryOptions};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::Instant;

/// What a node does with a command.
enum Does {
    Answers(&'static str),
    Hangs,
    /// Answers once it may.
    Waits(&'static AtomicBool, &'static str),
    Leaves,
}

/// A node that greets, has no map, and does to other commands what `does` says of their number, from 0.
async fn node(does: impl Fn(usize) -> Does + Send + Sync + 'static) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, count) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
    let (does, counted) = (Arc::new(does), Arc::clone(&count));
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(serve(socket, Arc::clone(&does), Arc::clone(&counted)));
        }
    });
    (address, count)
}

async fn serve(
    mut socket: impl AsyncRead + AsyncWrite + Unpin,
    does: Arc<impl Fn(usize) -> Does>,
    count: Arc<AtomicUsize>,
) {
    let mut parser = circlet_resp::RequestParser::new(circlet_resp::Limits::default());
    let (mut batch, mut bytes) = (circlet_resp::Batch::new(), Vec::new());
    while socket.read_buf(&mut bytes).await.is_ok_and(|count| count > 0) {
        let consumed = parser.parse(&bytes, &mut batch, 1_000).expect("requests").consumed;
        for number in 0..batch.len() {
            let name = batch.args(number, &bytes).name().to_ascii_uppercase();
            let answer = match &name[..] {
                b"HELLO" => "%0\r\n",
                b"CLIENT" => "+OK\r\n",
                b"CLUSTER" => "-ERR unknown subcommand\r\n",
                _ => match does(count.fetch_add(1, Ordering::SeqCst)) {
                    Does::Answers(answer) => answer,
                    Does::Hangs => continue,
                    Does::Waits(may, answer) => {
                        wait_until_set(may).await;
                        answer
                    }
                    Does::Leaves => return,
                },
            };
            if socket.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
        }
        bytes.drain(..consumed);
    }
}

async fn wait_until_set(may: &AtomicBool) {
    while !may.load(Ordering::SeqCst) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

async fn connect(nodes: &[SocketAddr], options: Options) -> Client {
    Client::connect(nodes.iter().map(ToString::to_string), options)
        .await
        .unwrap()
}

fn one_at_a_time() -> Options {
    Options {
        retry: RetryOptions {
            attempt_timeout: Duration::from_millis(100),
            ..RetryOptions::default()
        },
        ..Options::default()
    }
}

#[tokio::test]
async fn a_lost_connection_is_cured_for_what_may_be_repeated_and_for_nothing_else() {
    let (first, asked) = node(|number| {
        if number % 2 == 0 {
            Does::Leaves
        } else {
            Does::Answers("$1\r\n7\r\n")
        }
    })
    .await;
    let client = connect(&[first], Options::default()).await;
    assert_eq!(client.get::<i64>("k").await.unwrap(), 7);
    assert_eq!(asked.load(Ordering::SeqCst), 2, "asked again");
    let lost = client.incr("k").await.unwrap_err();
    assert_eq!(
        (lost.kind(), lost.may_have_happened(), lost.is_retryable()),
        (ErrorKind::Lost, true, false)
    );
    assert_eq!(asked.load(Ordering::SeqCst), 3, "not asked again");
    assert_eq!(
        client.incr("k").repeatable(true).await.unwrap(),
        7,
        "unless the call says so"
    );
}

#[tokio::test]
async fn a_refusal_that_changed_nothing_is_repeated_whatever_the_command() {
    let (first, asked) = node(|number| {
        Does::Answers(if number < 3 {
            "-NOQUORUM need 2 of 3 replicas, 1 alive\r\n"
        } else {
            ":1\r\n"
        })
    })
    .await;
    let client = connect(&[first], Options::default()).await;
    assert_eq!(client.incr("k").await.unwrap(), 1);
    assert_eq!(asked.load(Ordering::SeqCst), 4);
    let (never, asked) = node(|_| Does::Answers("-NOQUORUM need 2 of 3 replicas, 1 alive\r\n")).await;
    let client = connect(&[never], Options::default()).await;
    let error = client.incr("k").retries(2).await.unwrap_err();
    assert_eq!((error.kind(), asked.load(Ordering::SeqCst)), (ErrorKind::NoQuorum, 3));
    assert_eq!(
        error.shortfall().map(|short| (short.required, short.achieved)),
        Some((2, 1))
    );
}

#[tokio::test]
async fn a_node_that_hangs_costs_a_read_one_attempt_and_a_write_its_time() {
    let (hangs, _) = node(|_| Does::Hangs).await;
    let (works, _) = node(|_| Does::Answers("$1\r\n7\r\n")).await;
    let client = connect(&[hangs, works], one_at_a_time()).await;
    let mut slow = 0;
    for number in 0..8 {
        let started = Instant::now();
        assert_eq!(client.get::<i64>(format!("key:{number}")).await.unwrap(), 7);
        slow += u32::from(started.elapsed() >= Duration::from_millis(100));
        assert!(
            started.elapsed() < Duration::from_secs(1),
            "one attempt, then the other node"
        );
    }
    assert!((1..=6).contains(&slow), "after five the node is left alone: {slow}");
    let only = connect(&[hangs], one_at_a_time()).await;
    let started = Instant::now();
    let error = only.incr("k").timeout(Duration::from_millis(300)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert!(
        (280..800).contains(&started.elapsed().as_millis()),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn a_read_that_gets_no_answer_is_made_again_and_a_write_is_not() {
    let (stands_still, unanswered) = node(|_| Does::Hangs).await;
    let (other, answered) = node(|_| Does::Answers("$1\r\n7\r\n")).await;
    let options = || {
        let mut options = Options {
            call_timeout: Duration::from_secs(1),
            ..Options::default()
        };
        options.retry.attempt_timeout = Duration::from_millis(50);
        options
    };
    // Keys of several slots, so that both are asked.
    let keys: Vec<String> = (0..8).map(|number| format!("key:{number}")).collect();
    let client = connect(&[stands_still, other], options()).await;
    for key in &keys {
        assert_eq!(client.get::<i64>(key).await.unwrap(), 7);
    }
    let reads = unanswered.load(Ordering::SeqCst) + answered.load(Ordering::SeqCst);
    assert!(reads > keys.len(), "some were made twice");
    let client = connect(&[stands_still, other], options()).await;
    let mut silent = 0;
    for key in &keys {
        // It may be executed yet, above a later one.
        let error = client.set(key, "v").timeout(Duration::from_millis(100)).await.err();
        silent +=
            usize::from(error.is_some_and(|error| error.kind() == ErrorKind::TimedOut && error.may_have_happened()));
    }
    assert!(silent > 0, "one was sent to the node that stands still");
    let all = unanswered.load(Ordering::SeqCst) + answered.load(Ordering::SeqCst);
    assert_eq!(all - reads, keys.len(), "none was sent twice");
}

#[tokio::test]
async fn a_write_is_not_sent_again_when_overwrites_are_off() {
    let (first, asked) = node(|number| {
        if number == 0 {
            Does::Leaves
        } else {
            Does::Answers("+OK\r\n")
        }
    })
    .await;
    let mut options = Options::default();
    options.retry.overwrites = false;
    let client = connect(&[first], options).await;
    assert_eq!(client.set("k", "v").await.unwrap_err().kind(), ErrorKind::Lost);
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    client.set("k", "v").await.unwrap();
}

#[tokio::test]
async fn nobody_there_is_an_error_in_time() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error = Client::connect([nobody.to_string()], Options::default())
        .await
        .unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Unreachable, true));
    let client = Client::new(vec![nobody], Options::default());
    let started = Instant::now();
    let error = client
        .get::<()>("k")
        .timeout(Duration::from_millis(200))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    assert!(started.elapsed() < Duration::from_secs(1));
    assert_eq!(
        Client::new(Vec::new(), Options::default())
            .ping()
            .await
            .unwrap_err()
            .kind(),
        ErrorKind::Unreachable
    );
}

#[tokio::test]
async fn a_pipeline_repeats_only_what_failed_and_may_be() {
    let (first, asked) = node(|number| match number {
        0 => Does::Answers("$1\r\na\r\n"),
        1 => Does::Leaves,
        _ => Does::Answers("$1\r\nb\r\n"),
    })
    .await;
    let client = connect(&[first], Options::default()).await;
    let mut pipeline = client.pipeline();
    let (one, two) = (
        pipeline.add(client.get::<String>("one")),
        pipeline.add(client.get::<String>("two")),
    );
    let three = pipeline.add(client.incr("three"));
    let mut replies = pipeline.run().await.unwrap();
    assert_eq!(
        replies.take(&one).unwrap(),
        "b",
        "of a group that was lost all are asked again"
    );
    assert_eq!(replies.take(&two).unwrap(), "b");
    assert_eq!(replies.take(&three).unwrap_err().kind(), ErrorKind::Lost);
    assert!(asked.load(Ordering::SeqCst) >= 4);
    let mut blocking = client.pipeline();
    blocking.add_cmd(cmd("BLPOP").arg("k").arg(0));
    assert_eq!(blocking.run().await.unwrap_err().kind(), ErrorKind::Usage);
}

#[tokio::test]
async fn a_password_that_is_refused_is_told_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut bytes = vec![0; 4096];
        let count = socket.read(&mut bytes).await.unwrap();
        let said = String::from_utf8_lossy(&bytes[..count]).into_owned();
        assert!(
            said.contains("HELLO") && said.contains("AUTH") && said.contains("ann") && said.contains("secret"),
            "{said}"
        );
        socket
            .write_all(b"-WRONGPASS invalid username-password pair\r\n+OK\r\n+OK\r\n")
            .await
            .unwrap();
    });
    let options = Options {
        credentials: Some(Credentials {
            user: "ann".into(),
            password: "secret".into(),
        }),
        ..Options::default()
    };
    assert!(!format!("{options:?}").contains("secret"), "a password is not shown");
    let error = Client::connect([address.to_string()], options).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
}

#[cfg(feature = "tls")]
#[tokio::test]
async fn an_encrypted_connection_trusts_whom_it_was_told_to_trust() {
    use crate::Tls;
    use rustls::pki_types::PrivateKeyDer;
    use rustls::{ClientConfig, RootCertStore, ServerConfig};

    let made = rcgen::generate_simple_self_signed(vec!["circlet.test".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let server = ServerConfig::builder().with_no_client_auth();
    let server = server.with_single_cert(vec![made.cert.der().clone()], key).unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(server));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                // A client that does not trust this node leaves.
                if let Ok(socket) = acceptor.accept(socket).await {
                    serve(socket, Arc::new(|_| Does::Answers("$1\r\n7\r\n")), Arc::default()).await;
                }
            });
        }
    });
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let options = |roots| {
        let config = ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let tls = Tls::new(Arc::new(config)).server_name("circlet.test").unwrap();
        Options {
            tls: Some(tls),
            ..Options::default()
        }
    };
    let client = connect(&[address], options(roots)).await;
    assert_eq!(client.get::<i64>("k").await.unwrap(), 7);
    let stranger = Client::connect([address.to_string()], options(RootCertStore::empty())).await;
    assert_eq!(stranger.unwrap_err().kind(), ErrorKind::Unreachable);
}

#[tokio::test]
async fn a_node_that_hung_is_asked_again_once_it_answers() {
    static MAY: AtomicBool = AtomicBool::new(false);
    let (first, asked) = node(|_| Does::Waits(&MAY, "$1\r\n7\r\n")).await;
    let (second, _) = node(|_| Does::Answers("$1\r\n8\r\n")).await;
    let mut options = one_at_a_time();
    options.failures_max = 1;
    options.connect_timeout = Duration::from_millis(50);
    let client = connect(&[first, second], options).await;
    // A key that the first of the two is asked for.
    let mut key = 0;
    while asked.load(Ordering::SeqCst) == 0 {
        key += 1;
        assert_eq!(client.get::<i64>(key).await.unwrap(), 8);
    }
    assert_eq!(client.get::<i64>(key).await.unwrap(), 8, "it is left alone");
    // What it owes comes first, and is for calls that are over.
    MAY.store(true, Ordering::SeqCst);
    let started = Instant::now();
    while client.get::<i64>(key).await.unwrap() != 7 {
        assert!(started.elapsed() < Duration::from_secs(20), "never asked again");
        tokio::task::yield_now().await;
    }
}
