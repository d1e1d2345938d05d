//! The client's examples, each on nodes of its own.

use super::{connect, patient, run};
use crate::support::Cluster;
use circlet_client::Client;
use circlet_client::Error;

macro_rules! examples {
    ($($name:ident at $path:literal,)*) => {
        $(#[allow(dead_code, unreachable_pub, missing_docs, reason = "a program of its own, run here by its `run`")]
        #[path = $path]
        mod $name;)*
    };
}

examples! {
    cache_aside at "../../../../client/examples/cache_aside.rs",
    leaderboard at "../../../../client/examples/leaderboard.rs",
    rate_limiter at "../../../../client/examples/rate_limiter.rs",
    session_store at "../../../../client/examples/session_store.rs",
}

#[test]
fn every_example_runs_on_circlet_up() {
    let cluster = Cluster::start();
    run(async {
        let client = connect(&cluster, patient()).await;
        let result: Result<(), Error> = all(&client).await;
        result.expect("the examples run");
    });
}

async fn all(client: &Client) -> Result<(), Error> {
    cache_aside::run(client.clone()).await?;
    leaderboard::run(client.clone()).await?;
    rate_limiter::run(client.clone()).await?;
    session_store::run(client.clone()).await
}
