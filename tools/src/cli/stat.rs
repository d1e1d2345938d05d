//! `--stat`: a line of a node's figures, again and again.

use super::session::Session;
use crate::failure::Failure;
use crate::output::say;
use std::thread;
use std::time::Duration;

/// After so many lines the head stands again.
const LINES_A_HEAD: u64 = 20;

/// Between two lines.
const PACE: Duration = Duration::from_secs(1);

const HEAD: &str = "\
------- data ------ --------------------- load --------------------
keys       mem      clients blocked requests            connections";

/// Tells until Ctrl-C. Keys are those of the whole cluster on the one-big-Redis port; the rest is the node's.
///
/// # Errors
/// The connection is lost.
pub(crate) fn run(session: &mut Session, interval: Option<Duration>) -> Result<(), Failure> {
    let mut before = None;
    for line in 0.. {
        let keys = session.ask(&["DBSIZE"])?.as_integer().unwrap_or_default();
        let info = session.ask(&["INFO"])?;
        let info = String::from_utf8_lossy(info.as_bytes().unwrap_or_default()).into_owned();
        if line % LINES_A_HEAD == 0 {
            say(HEAD);
        }
        let requests = field(&info, "total_commands_processed");
        say(row(keys, &info, requests.saturating_sub(before.unwrap_or(requests))));
        before = Some(requests);
        thread::sleep(interval.unwrap_or(PACE));
    }
    Ok(())
}

fn row(keys: i64, info: &str, more: u64) -> String {
    let number = |name| field(info, name);
    let requests = format!("{} (+{more})", number("total_commands_processed"));
    let row = format!(
        "{keys:<10} {:<8} {:<7} {:<7} {requests:<19} {}",
        bytes(number("used_memory")),
        number("connected_clients"),
        number("blocked_clients"),
        number("total_connections_received"),
    );
    row.trim_end().to_owned()
}

fn field(info: &str, name: &str) -> u64 {
    let values = info.lines().filter_map(|line| line.split_once(':'));
    let value = values.into_iter().find(|(field, _)| *field == name);
    value
        .and_then(|(_, value)| value.trim().parse().ok())
        .unwrap_or_default()
}

fn bytes(count: u64) -> String {
    let count = count as f64;
    let (scale, unit) = match count {
        ..1024.0 => return format!("{count}B"),
        ..1_048_576.0 => (1024.0, "K"),
        ..1_073_741_824.0 => (1_048_576.0, "M"),
        _ => (1_073_741_824.0, "G"),
    };
    format!("{:.2}{unit}", count / scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stands_under_its_head() {
        let info = "# Memory\r\nused_memory:1572864\r\nconnected_clients:3\r\nblocked_clients:1\r\n\
            total_commands_processed:1000\r\ntotal_connections_received:12\r\n";
        let row = row(42, info, 7);
        assert_eq!(row, "42         1.50M    3       1       1000 (+7)           12");
        let names = HEAD.lines().nth(1).unwrap_or_default();
        assert_eq!(names.find("requests"), row.find("1000"));
        assert_eq!(names.find("connections"), row.rfind("12"));
        assert_eq!(bytes(1023), "1023B");
        assert_eq!(bytes(5 << 30), "5.00G");
    }
}
