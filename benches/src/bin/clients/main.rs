//! What the Rust client costs and withstands, on clusters of this machine.
//!
//! ```sh
//! circlet up --detach
//! cargo run --release -p circlet-benches --features clients --bin clients -- --port 7001
//! cargo run --release -p circlet-benches --features clients --bin clients -- kill
//! cargo run --release -p circlet-benches --features clients --bin clients -- hedge
//! ```
//!
//! Without a word it compares the client with others, on a cluster that runs. `kill` and `hedge` start clusters of their own with the `circlet` that was built beside this
//! program (`cargo build --release -p circlet`).

#![allow(clippy::print_stdout, reason = "a command line program: this is its output")]

mod cluster;
mod compare;
mod hedge;
mod kill;
mod open;

use clap::{Parser, Subcommand};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Options.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    compare: compare::Settings,
}

#[derive(Subcommand)]
enum What {
    /// One of three nodes is killed while calls keep their rate.
    Kill(kill::Settings),
    /// One of three nodes stands still in bursts: reads hedged and not, in turns.
    Hedge(hedge::Settings),
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments = Arguments::parse();
    match arguments.what {
        None => compare::run(&arguments.compare).await,
        Some(What::Kill(settings)) => kill::run(&settings).await,
        Some(What::Hedge(settings)) => hedge::run(settings).await,
    }
}
