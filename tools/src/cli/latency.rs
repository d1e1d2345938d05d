//! `--latency`: how long a PING takes, again and again. In milliseconds, as redis-cli says it, but with their fractions.

use super::render::Style;
use super::session::Session;
use crate::failure::Failure;
use crate::output::{emit, say};
use std::thread;
use std::time::{Duration, Instant};

/// Between two PINGs.
const PACE: Duration = Duration::from_millis(10);

/// How long is measured when nobody watches.
const ONCE: Duration = Duration::from_secs(1);

/// How long a line of the history stands for.
const HISTORY: Duration = Duration::from_secs(15);

/// What was measured.
struct Measured {
    min: Duration,
    max: Duration,
    total: Duration,
    count: u32,
}

impl Default for Measured {
    fn default() -> Self {
        Measured {
            min: Duration::MAX,
            max: Duration::ZERO,
            total: Duration::ZERO,
            count: 0,
        }
    }
}

/// Measures until Ctrl-C, or where nobody watches, once.
///
/// # Errors
/// The connection is lost.
pub(crate) fn run(session: &mut Session, history: bool, interval: Option<Duration>) -> Result<(), Failure> {
    let style = session.options().style.clone();
    let watched = style == Style::People;
    let line_time = interval.unwrap_or(if history { HISTORY } else { ONCE });
    session.ready()?;
    let (mut measured, mut begun) = (Measured::default(), Instant::now());
    loop {
        let sent = Instant::now();
        session.ask(&["PING"])?;
        measured.take(sent.elapsed());
        if watched {
            emit(format!("\x1b[0G\x1b[2K{}", measured.text(&style)));
        }
        let took = begun.elapsed();
        if took >= line_time && (history || !watched) {
            match (watched, history) {
                (true, _) => say(format_args!(" -- {:.2} seconds range", took.as_secs_f64())),
                (false, true) => say(format_args!("{} {:.2}", measured.text(&style), took.as_secs_f64())),
                (false, false) => {
                    say(measured.text(&style));
                    return Ok(());
                }
            }
            (measured, begun) = (Measured::default(), Instant::now());
        }
        thread::sleep(PACE);
    }
}

impl Measured {
    fn take(&mut self, time: Duration) {
        self.min = self.min.min(time);
        self.max = self.max.max(time);
        self.total += time;
        self.count += 1;
    }

    fn text(&self, style: &Style) -> String {
        let ms = |time: Duration| time.as_secs_f64() * 1000.0;
        let (min, max) = (ms(self.min), ms(self.max));
        let (average, count) = (ms(self.total) / f64::from(self.count.max(1)), self.count);
        match style {
            Style::People => format!("min: {min:.2}, max: {max:.2}, avg: {average:.2} ({count} samples)"),
            Style::Raw { .. } => format!("{min:.2} {max:.2} {average:.2} {count}"),
            Style::Csv => format!("{min:.2},{max:.2},{average:.2},{count}"),
            Style::Json => {
                format!("{{\"min\": {min:.2}, \"max\": {max:.2}, \"avg\": {average:.2}, \"count\": {count}}}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_the_most_and_the_mean_are_told() {
        let mut measured = Measured::default();
        for ms in [2, 1, 6] {
            measured.take(Duration::from_millis(ms));
        }
        assert_eq!(
            measured.text(&Style::People),
            "min: 1.00, max: 6.00, avg: 3.00 (3 samples)"
        );
        assert_eq!(measured.text(&Style::Csv), "1.00,6.00,3.00,3");
        let json: serde_json::Value = serde_json::from_str(&measured.text(&Style::Json)).expect("JSON");
        assert_eq!(json["count"], 3);
    }
}
