//! Requests parsed: one GET, and full read buffers of 16 and 64 commands, as slices of the buffer.

use std::hint::black_box;

use circlet_resp::command::lookup;
use circlet_resp::{Batch, Limits, RequestParser};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const GET: &[u8] = b"*2\r\n$3\r\nGET\r\n$16\r\nkey:000000123456\r\n";
const COMMANDS_MAX: usize = 64;

fn set(value_bytes: usize) -> Vec<u8> {
    let value = "x".repeat(value_bytes);
    format!("*3\r\n$3\r\nSET\r\n$16\r\nkey:000000123456\r\n${value_bytes}\r\n{value}\r\n").into_bytes()
}

/// Parses all of `buffer` again and again into one warm batch.
fn parse(criterion: &mut Criterion, name: &str, commands: usize, buffer: &[u8]) {
    let mut parser = RequestParser::new(Limits::default());
    let mut batch = Batch::default();
    let mut group = criterion.benchmark_group("parser");
    group.throughput(Throughput::Elements(commands as u64));
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            let parsed = parser
                .parse(black_box(buffer), &mut batch, COMMANDS_MAX)
                .expect("well formed");
            assert_eq!((parsed.consumed, batch.len()), (buffer.len(), commands));
            black_box(batch.args(commands - 1, buffer).get(1));
        });
    });
    group.finish();
}

fn requests(criterion: &mut Criterion) {
    parse(criterion, "one_get", 1, GET);
    parse(criterion, "one_set_64_bytes", 1, &set(64));
    for commands in [16, 64] {
        parse(criterion, &format!("{commands}_gets"), commands, &GET.repeat(commands));
        parse(
            criterion,
            &format!("{commands}_sets_64_bytes"),
            commands,
            &set(64).repeat(commands),
        );
    }
}

fn commands(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("command");
    for name in ["GET", "get", "PEXPIRETIME"] {
        group.bench_function(format!("lookup_{name}"), |bencher| {
            bencher.iter(|| lookup(black_box(name.as_bytes())));
        });
    }
    group.finish();
}

criterion_group!(benches, requests, commands);
criterion_main!(benches);
