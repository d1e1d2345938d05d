//! Prints what an entry costs beyond its key and value: by the store's own count, and by the process's resident memory.
//!
//! ```text
//!   cargo run --release -p circlet-server --example store_memory [entries, default 1000000]
//! ```
//!
//! Each row fills a store of its own, in a process of its own, because an allocator gives nothing back between two.

#![allow(clippy::print_stdout, reason = "a program whose output is the table that it prints")]

use std::process::Command;
use std::{env, error, fs};

use circlet_core::time::WallMs;
use circlet_ring::ArcCount;
use circlet_server::store::{HashedKey, Store};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const NOW_MS: u64 = 1_763_719_355_123;
const TTL_MS: u64 = 36_000_000;
const KEY_BYTES: u64 = 16;

struct Row {
    value_bytes: u64,
    expires: bool,
    /// How many times the entries are overwritten, with lengths that differ, before memory is looked at.
    churn: u64,
}

const ROWS: [Row; 7] = [
    Row {
        value_bytes: 32,
        expires: false,
        churn: 0,
    },
    Row {
        value_bytes: 32,
        expires: true,
        churn: 0,
    },
    Row {
        value_bytes: 64,
        expires: false,
        churn: 0,
    },
    Row {
        value_bytes: 200,
        expires: false,
        churn: 0,
    },
    Row {
        value_bytes: 200,
        expires: true,
        churn: 0,
    },
    Row {
        value_bytes: 32,
        expires: false,
        churn: 3,
    },
    Row {
        value_bytes: 200,
        expires: false,
        churn: 3,
    },
];

fn main() -> Result<(), Box<dyn error::Error>> {
    let args: Vec<u64> = env::args().skip(1).map(|arg| arg.parse()).collect::<Result<_, _>>()?;
    if let [entries, row] = args[..] {
        return measure(entries, &ROWS[row as usize]);
    }
    let entries = args.first().copied().unwrap_or(1_000_000);
    println!("{entries} entries, {KEY_BYTES}-byte keys: bytes beyond key and value, an entry");
    println!(
        "{:>6} {:>4} {:>6} {:>10} {:>8}",
        "value", "TTL", "churn", "resident", "counted"
    );
    for row in 0..ROWS.len() {
        let program = Command::new(env::current_exe()?)
            .args([entries.to_string(), row.to_string()])
            .status()?;
        assert!(program.success(), "row {row}");
    }
    Ok(())
}

fn measure(entries: u64, row: &Row) -> Result<(), Box<dyn error::Error>> {
    let before = resident_bytes()?;
    let store = Store::new(ArcCount::DEFAULT);
    for round in 0..=row.churn {
        for number in 0..entries {
            // All but the last round write up to half as much more.
            let longer = if round < row.churn {
                (number * 7 + round) % (row.value_bytes / 2)
            } else {
                0
            };
            set(&store, number, (row.value_bytes + longer) as usize, row.expires);
        }
    }
    let resident = resident_bytes()? - before;
    let payload = entries * (KEY_BYTES + row.value_bytes);
    let an_entry = |bytes: u64| (bytes as f64 - payload as f64) / entries as f64;
    println!(
        "{:>6} {:>4} {:>6} {:>10.1} {:>8.1}",
        row.value_bytes,
        if row.expires { "yes" } else { "no" },
        row.churn,
        an_entry(resident),
        an_entry(store.counts().memory_bytes()),
    );
    Ok(())
}

fn set(store: &Store, number: u64, value_bytes: usize, expires: bool) {
    const VALUE: [u8; 512] = [b'v'; 512];
    let key = format!("key:{number:012}");
    let key = HashedKey::new(key.as_bytes());
    let mut shard = store.lock(key.arc(store.arcs()));
    let stamp = shard.clock.stamp(WallMs::new(NOW_MS));
    let expires_at = expires.then_some(WallMs::new(NOW_MS + TTL_MS));
    shard.set_plain(&key, stamp, expires_at, &VALUE[..value_bytes]);
}

/// What the kernel says that the process has in memory.
fn resident_bytes() -> Result<u64, Box<dyn error::Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()).ok_or("no VmRSS")?;
    Ok(kib.parse::<u64>()? * 1024)
}
