//! The whole load against a node that is made up: what a stall, a redirect and a lost connection do to what is reported.

use super::Workload;
use super::checks::Checks;
use super::generator::{Generator, Manner, Order};
use super::record::{Phase, Record};
use super::source::{Source, Sweep};
use crate::bench::args::{BenchCommand, RebalanceArgs};
use circlet_measure::load::Pacer;
use clap::Parser;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

const STALL: Duration = Duration::from_millis(300);

#[derive(Parser)]
struct Line {
    #[command(subcommand)]
    bench: BenchCommand,
}

fn args(more: &[&str]) -> RebalanceArgs {
    let line = Line::parse_from(["bench", "rebalance"].iter().chain(more));
    let BenchCommand::Rebalance(args) = line.bench;
    args
}

/// A node that has every slot and answers its `number`-th GET or SET with what `answer` says; `None` closes the connection.
fn node(answer: impl Fn(u32, SocketAddr) -> Option<String> + Clone + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let at = listener.local_addr().expect("bound");
    let numbers = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let (answer, numbers) = (answer.clone(), numbers.clone());
            thread::spawn(move || {
                serve(stream, at, |at| {
                    answer(numbers.fetch_add(1, std::sync::atomic::Ordering::Relaxed), at)
                })
            });
        }
    });
    at
}

fn serve(mut stream: TcpStream, at: SocketAddr, answer: impl Fn(SocketAddr) -> Option<String>) -> Option<()> {
    let (mut heard, mut bytes, mut seen) = (String::new(), [0; 4096], 0);
    loop {
        let count = stream.read(&mut bytes).ok().filter(|count| *count > 0)?;
        heard.push_str(std::str::from_utf8(&bytes[..count]).ok()?);
        // Whole lines only; commands are words of their own lines.
        while let Some(length) = heard[seen..].find("\r\n") {
            let word = heard[seen..seen + length].to_owned();
            seen += length + 2;
            let reply = match word.as_str() {
                "SLOTS" => format!(
                    "*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:{}\r\n",
                    at.port()
                ),
                "ASKING" => "+OK\r\n".to_owned(),
                "GET" | "SET" => answer(at)?,
                _ => continue,
            };
            stream.write_all(reply.as_bytes()).ok()?;
        }
    }
}

fn generator(at: SocketAddr, connections: u16) -> Generator {
    let manner = Manner {
        connections,
        patience: Duration::from_secs(5),
        value_bytes: 20,
        run: 1,
    };
    Generator::new(manner, &[at], Checks::new(4), Record::new(Instant::now(), "all"))
}

/// Lets time go by: the stall itself, and the length of a measurement. No test waits for anything by it.
fn pass(time: Duration) {
    let (_nobody, nothing) = channel::<()>();
    let _ = nothing.recv_timeout(time);
}

/// Runs the open loop for so long, until all is answered.
fn paced(at: SocketAddr, rate: u32, time: Duration) -> Phase {
    let mut generator = generator(at, 1);
    let (orders, told) = channel();
    thread::spawn(move || {
        pass(time);
        orders.send(Order::Stop)
    });
    let workload = Workload::new(&args(&["--read-share", "1", "--check-share", "0"]));
    let mut source = Source::Paced(Pacer::new(Instant::now(), rate), workload);
    generator.run(&mut source, &told).expect("the load runs");
    generator.record.enter(Instant::now(), "end");
    generator.record.phases.remove(0)
}

#[test]
fn a_stall_is_seen_by_every_operation_that_was_due_in_it() {
    let at = node(|number, _| {
        if number == 50 {
            pass(STALL);
        }
        Some("$1\r\nx\r\n".to_owned())
    });
    let phase = paced(at, 1_000, STALL * 2);
    assert!(
        // Of 600; on a busy machine the last ones are not due before the end.
        phase.counts.done >= 540,
        "the load went on: {} operations",
        phase.counts.done
    );
    // Half of them were due in the stall, and waited half of it on average. A closed loop would have had one that waited.
    let stalled = Duration::from_micros(phase.p50_us as u64).max(Duration::from_micros(phase.p99_us as u64 / 2));
    assert!(stalled > STALL / 3, "p50 {} us, p99 {} us", phase.p50_us, phase.p99_us);
    assert!(phase.max_us >= 0.9 * STALL.as_micros() as f64, "{} us", phase.max_us);
}

#[test]
fn redirects_are_followed_and_no_errors() {
    let new = node(|_, _| Some("+OK\r\n".to_owned()));
    let old = node(move |_, _| Some(format!("-ASK 1 {new}\r\n")));
    let mut generator = generator(old, 2);
    generator
        .run(&mut Source::sweep(Sweep::Load, 20), &channel().1)
        .expect("the load runs");
    generator.record.enter(Instant::now(), "end");
    let counts = &generator.record.phases[0].counts;
    assert_eq!((counts.done, counts.redirects, counts.errors), (20, 20, 0));
}

#[test]
fn what_a_lost_connection_took_is_tried_again_and_counted() {
    let at = node(|number, _| (number != 5).then(|| "+OK\r\n".to_owned()));
    let mut generator = generator(at, 1);
    generator
        .run(&mut Source::sweep(Sweep::Load, 20), &channel().1)
        .expect("the load runs");
    generator.record.enter(Instant::now(), "end");
    let counts = &generator.record.phases[0].counts;
    assert_eq!((counts.done, counts.failed), (20, 0));
    assert!(
        counts.errors > 0 && counts.error_kinds.contains_key("LOST"),
        "{counts:?}"
    );
}
