//! Tables of text, a line a phase.

use super::{PhaseReport, Report, SystemReport};
use std::fmt::Write as _;

/// The heads of the columns.
pub(super) const COLUMNS: [&str; 16] = [
    "phase",
    "s",
    "ops/s",
    "least",
    "p50 ms",
    "p99 ms",
    "p99.9 ms",
    "max ms",
    "errors",
    "failed",
    "hits",
    "moved",
    "/ minimum",
    "keys/s",
    "MB",
    "us/key",
];

pub(super) fn text(report: &Report) -> String {
    let mut text = String::new();
    for system in &report.systems {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "\n{}", system.name);
        let rows: Vec<[String; 16]> = system.phases.iter().map(|phase| row(system, phase)).collect();
        let width = |column: usize| {
            rows.iter()
                .map(|row| row[column].len())
                .chain([COLUMNS[column].len()])
                .max()
                .unwrap_or_default()
        };
        for row in std::iter::once(COLUMNS.map(str::to_owned)).chain(rows.iter().cloned()) {
            for (column, cell) in row.iter().enumerate() {
                let width = width(column);
                let _ = if column == 0 {
                    write!(text, "{cell:<width$}")
                } else {
                    write!(text, "  {cell:>width$}")
                };
            }
            text.push('\n');
        }
        let _ = writeln!(text, "{}", verdict(system));
    }
    text
}

/// What was wrong with the answers, in one line.
pub(super) fn verdict(system: &SystemReport) -> String {
    let (lost, back) = (system.lost(), system.went_back());
    let mut kinds = std::collections::BTreeMap::<&str, u64>::new();
    for (kind, count) in system.phases.iter().flat_map(|phase| &phase.phase.counts.error_kinds) {
        *kinds.entry(kind).or_default() += count;
    }
    let kinds: Vec<String> = kinds.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    let kinds = if kinds.is_empty() {
        "none".to_owned()
    } else {
        kinds.join(", ")
    };
    format!(
        "lost {lost}, resurrected {}, went back {back}, unread {}; errors: {kinds}",
        system.resurrected(),
        system.read_back.unread
    )
}

/// The cells of one phase.
pub(super) fn row(system: &SystemReport, report: &PhaseReport) -> [String; 16] {
    let (phase, counts) = (&report.phase, &report.phase.counts);
    let ms = |us: f64| format!("{:.2}", us / 1e3);
    let moved = report.moved(system.entry_bytes);
    let of_moved = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
    let entries = moved.as_ref().map(|moved| moved.entries as f64);
    let least = report
        .entries_moved_least
        .filter(|least| *least > 0)
        .map(|least| least as f64);
    [
        phase.name.clone(),
        format!("{:.1}", phase.seconds()),
        format!("{:.0}", phase.ops_per_s()),
        format!("{:.0}", phase.ops_per_s_min),
        ms(phase.p50_us),
        ms(phase.p99_us),
        ms(phase.p999_us),
        ms(phase.max_us),
        counts.errors.to_string(),
        counts.failed.to_string(),
        format!("{:.2}%", phase.hit_ratio() * 100.0),
        of_moved(entries.map(|entries| format!("{entries:.0}"))),
        of_moved(
            entries
                .zip(least)
                .map(|(entries, least)| format!("{:.2}", entries / least)),
        ),
        of_moved(entries.map(|entries| format!("{:.0}", entries / phase.seconds().max(1e-3)))),
        of_moved(moved.map(|moved| {
            format!(
                "{}{:.1}",
                if moved.is_exact { "" } else { "~" },
                moved.bytes as f64 / 1e6
            )
        })),
        of_moved(system.us_per_entry(report).map(|us| format!("{us:.1}"))),
    ]
}
