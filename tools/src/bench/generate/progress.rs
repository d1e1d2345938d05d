//! A bar on standard error, if that is a terminal.

use super::run::Length;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal as _;
use std::time::Duration;

/// The bar of one run.
pub(crate) struct Progress {
    bar: ProgressBar,
    length: Length,
    /// What was done, and when, at the last look.
    before: (u64, Duration),
}

impl Progress {
    pub(crate) fn new(what: &str, length: Length) -> Self {
        let steps = match length {
            Length::Requests(requests) => requests,
            Length::Time(time) => time.as_millis() as u64,
        };
        let bar = ProgressBar::with_draw_target(Some(steps), ProgressDrawTarget::hidden());
        if std::io::stderr().is_terminal() {
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        if let Ok(style) = ProgressStyle::with_template("{prefix:.bold} [{wide_bar}] {percent:>3}%  {msg}") {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_prefix(what.to_owned());
        Progress {
            bar,
            length,
            before: (0, Duration::ZERO),
        }
    }

    /// Operations done so far, and since when.
    pub(crate) fn show(&mut self, done: u64, since: Duration) {
        let (done_before, at_before) = std::mem::replace(&mut self.before, (done, since));
        let seconds = since.saturating_sub(at_before).as_secs_f64();
        if seconds > 0.0 {
            let rate = done.saturating_sub(done_before) as f64 / seconds;
            self.bar.set_message(format!("{rate:.0}/s"));
        }
        self.bar.set_position(match self.length {
            Length::Requests(_) => done,
            Length::Time(_) => since.as_millis() as u64,
        });
    }

    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
