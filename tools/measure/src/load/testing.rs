//! Both loops against servers that are made up.

use super::{
    Client, Control, Endpoint, OnLost, Open, Out, Pacer, Phase, Redirect, Requests, Tally, encode, run_closed, run_open,
};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

/// Long enough for any of these runs.
const PATIENCE: Duration = Duration::from_secs(20);

/// `PING` on each lane in turn, so many in all.
struct Pings {
    left: usize,
    turn: usize,
}

fn pings(count: usize) -> Pings {
    Pings { left: count, turn: 0 }
}

impl Requests for Pings {
    fn build(&mut self, count: usize, lanes: &mut [Out]) -> usize {
        let count = count.min(self.left);
        for _ in 0..count {
            let lane = self.turn % lanes.len();
            lanes[lane].bytes.extend_from_slice(&encode(&[b"PING"]));
            lanes[lane].replies += 1;
            self.turn += 1;
        }
        self.left -= count;
        count
    }
}

/// A server that answers the n-th request, of all connections that it has had, with what `answer` says; `None` closes the connection.
fn server(answer: impl Fn(usize) -> Option<&'static str> + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let at = listener.local_addr().expect("bound");
    thread::spawn(move || {
        let mut number = 0;
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut request = vec![0; encode(&[b"PING"]).len()];
            while stream.read_exact(&mut request).is_ok() {
                number += 1;
                let Some(reply) = answer(number - 1) else { break };
                if stream.write_all(reply.as_bytes()).is_err() {
                    break;
                }
            }
        }
    });
    at
}

/// Lets time go by: the length of a stall or of a measurement. No test waits for anything by it.
fn pass(time: Duration) {
    let (_nobody, nothing) = channel::<()>();
    let _ = nothing.recv_timeout(time);
}

fn client(at: &[SocketAddr], requests: Pings) -> Client<Pings> {
    let endpoints: Vec<Endpoint> = at.iter().copied().map(Endpoint::new).collect();
    Client::open(&endpoints, requests).expect("connects")
}

fn closed(at: &[SocketAddr], requests: usize, pipeline: usize, on_lost: OnLost) -> Tally {
    let control = Control::new(Phase::Measure);
    let (done, ended) = channel::<()>();
    let tally = thread::scope(|scope| {
        // A run that hangs is told to stop, and then lacks replies.
        let control = &control;
        scope.spawn(move || {
            if ended.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                control.enter(Phase::Stop);
            }
        });
        let tally = run_closed(vec![client(at, pings(requests))], pipeline, control, on_lost).expect("runs");
        drop(done);
        tally
    });
    assert_eq!(control.done(), tally.operations, "what the progress bar shows");
    tally
}

#[test]
fn a_batch_over_several_lanes_is_answered_by_all_before_the_next() {
    let lanes = [server(|_| Some("+PONG\r\n")), server(|_| Some("$-1\r\n"))];
    let tally = closed(&lanes, 100, 7, OnLost::End);
    assert_eq!((tally.operations, tally.nils, tally.error_count()), (100, 50, 0));
    assert_eq!(tally.latency.count(), 100);
}

#[test]
fn error_replies_are_no_operations() {
    let tally = closed(
        &[server(|number| {
            Some(if number % 10 == 0 { "-BUSY now\r\n" } else { "+PONG\r\n" })
        })],
        100,
        4,
        OnLost::End,
    );
    assert_eq!((tally.operations, tally.error_count()), (90, 10));
    assert_eq!(tally.errors["BUSY"].example, "BUSY now");
}

#[test]
fn a_lost_connection_ends_a_run_that_is_to_end_then() {
    let tally = closed(
        &[server(|number| (number != 30).then_some("+PONG\r\n"))],
        100,
        1,
        OnLost::End,
    );
    assert_eq!((tally.operations, tally.error_count()), (30, 1));
}

#[test]
fn a_lost_connection_is_opened_again_and_what_it_took_is_counted() {
    let tally = closed(
        &[server(|number| (number != 30).then_some("+PONG\r\n"))],
        100,
        4,
        OnLost::Reconnect,
    );
    assert_eq!(tally.operations + tally.errors["LOST"].count, 100);
    assert!((1..=4).contains(&tally.errors["LOST"].count), "{:?}", tally.errors);
}

#[test]
fn an_end_that_comes_together_with_an_answer_is_seen() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let at = listener.local_addr().expect("bound");
    thread::spawn(move || {
        // Both of two requests are read, one is answered, and the connection ends in order.
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut requests = vec![0; encode(&[b"PING"]).len() * 2];
            let _ = stream
                .read_exact(&mut requests)
                .and_then(|()| stream.write_all(b"+PONG\r\n"));
        }
    });
    let tally = closed(&[at], 10, 2, OnLost::Reconnect);
    assert!(tally.errors["LOST"].count >= 5, "{:?}", tally.errors);
}

#[test]
fn a_budget_ends_a_closed_loop_with_exactly_so_many_operations() {
    let at = [server(|_| Some("+PONG\r\n"))];
    let control = Control::with_budget(Phase::Measure, 37);
    let tally = run_closed(vec![client(&at, pings(1_000))], 10, &control, OnLost::End).expect("runs");
    assert_eq!(tally.operations, 37);
}

/// An open loop of one client for so long.
fn open(at: SocketAddr, rate: u32, time: Duration) -> Tally {
    let control = Control::new(Phase::Measure);
    let start = Instant::now();
    let open = Open {
        pacer: Pacer::new(start, rate),
        measure_from: start,
        in_flight_max: 8,
    };
    thread::scope(|scope| {
        let load = scope.spawn(|| run_open(vec![client(&[at], pings(usize::MAX))], open, &control));
        pass(time);
        control.enter(Phase::Stop);
        load.join().expect("no panic").expect("runs")
    })
}

#[test]
fn an_open_loop_sees_a_stall_in_every_operation_that_was_due_in_it() {
    const STALL: Duration = Duration::from_millis(300);
    let at = server(|number| {
        if number == 50 {
            pass(STALL);
        }
        Some("+PONG\r\n")
    });
    let tally = open(at, 1_000, STALL * 2);
    assert!(
        tally.operations + tally.unsent >= 590,
        "the load went on: {} operations",
        tally.operations
    );
    // Half of them were due in the stall and waited half of it on average, though only 8 were in flight: a loop that waits for the last reply
    // would have had 8 that waited.
    let (p75, max) = (tally.latency.quantile(0.75), tally.latency.max());
    assert!(p75 > STALL.as_nanos() as u64 / 3, "p75 is {p75} ns");
    assert!(max > STALL.as_nanos() as u64 * 9 / 10, "{max} ns");
}

#[test]
fn what_a_server_could_not_take_is_said_to_be_unsent() {
    let at = server(|_| {
        pass(Duration::from_millis(5));
        Some("+PONG\r\n")
    });
    let tally = open(at, 10_000, Duration::from_millis(200));
    assert!(
        tally.operations < 100 && tally.unsent > 1_000,
        "{} answered, {} unsent",
        tally.operations,
        tally.unsent
    );
}

#[test]
fn an_open_loop_goes_on_after_a_lost_connection() {
    let tally = open(
        server(|number| (number != 20).then_some("+PONG\r\n")),
        500,
        Duration::from_millis(600),
    );
    assert!(tally.operations > 150, "{} operations", tally.operations);
    assert!(tally.errors.contains_key("LOST"));
}

#[test]
fn a_greeting_is_answered_before_anything_is_sent_and_its_error_is_told() {
    let greeted = |reply: &'static str| {
        let endpoint = Endpoint {
            greeting: encode(&[b"PING"]),
            greeting_replies: 1,
            ..Endpoint::new(server(move |_| Some(reply)))
        };
        Client::open(&[endpoint], pings(1)).err().map(|error| error.to_string())
    };
    assert_eq!(greeted("+PONG\r\n"), None);
    assert!(greeted("-NOAUTH who\r\n").is_some_and(|error| error.ends_with("NOAUTH who")));
}

/// Numbered requests, all to the first lane, each with its number; they go where an error says: `GO lane`, `TRY lane` behind a request of its own.
struct Led {
    left: usize,
    number: usize,
    /// Where the second lane leads, which is opened when it is needed.
    second: SocketAddr,
}

impl Requests for Led {
    fn build(&mut self, count: usize, lanes: &mut [Out]) -> usize {
        let count = count.min(self.left);
        for _ in 0..count {
            let number = format!("{:04}", self.number);
            lanes[0].bytes.extend_from_slice(&encode(&[number.as_bytes()]));
            lanes[0].replies += 1;
            self.number += 1;
        }
        self.left -= count;
        count
    }

    fn on_error(&mut self, reply: &[u8]) -> Option<Redirect> {
        let before = match reply.get(..4)? {
            b"-GO " => None,
            b"-TRY" => Some(&b"*1\r\n$4\r\nLETM\r\n"[..]),
            _ => return None,
        };
        Some(Redirect { lane: 1, before })
    }

    fn follows(&self) -> bool {
        true
    }

    fn endpoint(&self, lanes: usize) -> Option<Endpoint> {
        (lanes == 1).then(|| Endpoint::new(self.second))
    }
}

/// A server that is told each request's word and answers it.
fn server_of_words(answer: impl Fn(&str) -> String + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let at = listener.local_addr().expect("bound");
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut request = vec![0; encode(&[b"0000"]).len()];
            while stream.read_exact(&mut request).is_ok() {
                let word = String::from_utf8_lossy(&request[8..12]).into_owned();
                if stream.write_all(answer(&word).as_bytes()).is_err() {
                    break;
                }
            }
        }
    });
    at
}

/// The first server sends every third request away, and every seventh for one time; the second notes what it is asked.
fn leading() -> (SocketAddr, Led, std::sync::mpsc::Receiver<String>) {
    let (note, noted) = channel();
    let second = server_of_words(move |word| {
        // Nobody listens any more at the end.
        let _ = note.send(word.to_owned());
        "+second\r\n".to_owned()
    });
    let first = server_of_words(|word| match word.parse::<usize>() {
        Ok(number) if number % 3 == 0 => "-GO 1\r\n".to_owned(),
        Ok(number) if number % 7 == 0 => "-TRY 1\r\n".to_owned(),
        _ => "+first\r\n".to_owned(),
    });
    let led = Led {
        left: 2_000,
        number: 0,
        second,
    };
    (first, led, noted)
}

/// What the second server is to be asked: the same requests, and LETM right before those that need it.
fn sent_away(noted: &std::sync::mpsc::Receiver<String>) -> Vec<usize> {
    let words: Vec<String> = noted.try_iter().collect();
    let mut numbers = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let Ok(number) = word.parse::<usize>() else { continue };
        let has_leave = at > 0 && words[at - 1] == "LETM";
        assert_eq!(has_leave, number % 3 != 0, "{number} in {words:?}");
        numbers.push(number);
    }
    numbers.sort_unstable();
    numbers
}

#[test]
fn a_closed_loop_asks_again_where_it_is_sent_and_its_batch_ends_with_that() {
    let (first, led, noted) = leading();
    let control = Control::new(Phase::Measure);
    let client = Client::open(&[Endpoint::new(first)], led).expect("connects");
    let tally = run_closed(vec![client], 16, &control, OnLost::End).expect("runs");
    let expected: Vec<usize> = (0..2_000).filter(|number| number % 3 == 0 || number % 7 == 0).collect();
    assert_eq!(
        (tally.operations, tally.error_count()),
        (2_000, 0),
        "{:?}",
        tally.errors
    );
    assert_eq!(tally.redirects, expected.len() as u64);
    assert_eq!(sent_away(&noted), expected);
}

#[test]
fn an_open_loop_asks_again_where_it_is_sent_and_the_latency_goes_on() {
    let (first, led, noted) = leading();
    let control = Control::new(Phase::Measure);
    let start = Instant::now();
    let open = Open {
        pacer: Pacer::new(start, 10_000),
        measure_from: start,
        in_flight_max: 64,
    };
    let client = Client::open(&[Endpoint::new(first)], led).expect("connects");
    let tally = run_open(vec![client], open, &control).expect("runs");
    let expected: Vec<usize> = (0..2_000).filter(|number| number % 3 == 0 || number % 7 == 0).collect();
    assert_eq!(
        (tally.operations, tally.error_count()),
        (2_000, 0),
        "{:?}",
        tally.errors
    );
    assert_eq!((tally.redirects, tally.latency.count()), (expected.len() as u64, 2_000));
    assert_eq!(sent_away(&noted), expected);
}
