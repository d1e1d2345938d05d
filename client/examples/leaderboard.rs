//! A leaderboard: scores in a sorted set, the best ten, and where somebody stands among their neighbours.
//!
//! ```sh
//! circlet up --detach
//! cargo run -p circlet-client --example leaderboard -- 127.0.0.1:7001
//! ```

use circlet_client::prelude::*;

/// A board of players and their scores.
pub struct Leaderboard {
    client: Client,
    key: String,
}

/// One line of the board.
#[derive(Debug, PartialEq)]
pub struct Line {
    /// From 1.
    pub rank: u64,
    /// Who.
    pub player: String,
    /// What they have.
    pub score: f64,
}

impl Leaderboard {
    /// The board of this name.
    pub fn new(client: Client, name: &str) -> Self {
        let key = format!("board:{name}");
        Leaderboard { client, key }
    }

    /// Adds to a player's score. Points scored on two sides of a partition add up.
    pub async fn add(&self, player: &str, points: f64) -> Result<f64, Error> {
        self.client.zincr_by(&self.key, player, points).await
    }

    /// The best `count` players.
    pub async fn top(&self, count: u64) -> Result<Vec<Line>, Error> {
        self.lines(0, count).await
    }

    /// A player with the `beside` above and below; nothing for one who has no score.
    pub async fn around(&self, player: &str, beside: u64) -> Result<Vec<Line>, Error> {
        match self.client.zrevrank(&self.key, player).await? {
            Some(rank) => {
                let first = rank.saturating_sub(beside);
                self.lines(first, rank + beside + 1 - first).await
            }
            None => Ok(Vec::new()),
        }
    }

    async fn lines(&self, first: u64, count: u64) -> Result<Vec<Line>, Error> {
        let last = (first + count) as i64 - 1;
        // A board may be a moment old: whoever answers first will do.
        let range = self
            .client
            .zrevrange_with_scores::<String>(&self.key, first as i64, last);
        let found = range.consistency(Consistency::One).await?;
        let lines = (first + 1..).zip(found);
        Ok(lines
            .map(|(rank, (player, score))| Line { rank, player, score })
            .collect())
    }
}

/// What the example shows; it panics if it is not so.
pub async fn run(client: Client) -> Result<(), Error> {
    let board = Leaderboard::new(client, "example");
    board.client.del(&board.key).await?;
    // All at once, over one connection.
    let mut pipeline = board.client.pipeline();
    for number in 0..100 {
        pipeline.add(
            board
                .client
                .zincr_by(&board.key, format!("player-{number:02}"), f64::from(number)),
        );
    }
    pipeline.run().await?.all::<f64>()?;
    assert!((board.add("player-50", 1000.0).await? - 1050.0).abs() < 1e-9);
    let top = board.top(2).await?;
    let players: Vec<&str> = top.iter().map(|line| line.player.as_str()).collect();
    assert_eq!(players, ["player-50", "player-99"]);
    let around = board.around("player-97", 1).await?;
    let expected = [(3, "player-98"), (4, "player-97"), (5, "player-96")];
    let found: Vec<(u64, &str)> = around.iter().map(|line| (line.rank, line.player.as_str())).collect();
    assert_eq!(found, expected);
    assert_eq!(board.around("nobody", 3).await?, []);
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let node = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:7001".to_owned());
    run(Client::connect([node], Options::default()).await?).await
}
