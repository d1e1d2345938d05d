//! One page, complete in itself: plots, then tables.

use super::text::{COLUMNS, row, verdict};
use super::{PhaseReport, Report, SystemReport};
use crate::bench::load::Bucket;
use circlet_measure::plot::{Band, Bars, Line, Lines, bars, escape, lines};
use std::fmt::Write as _;

const STYLE: &str = "
:root { color-scheme: light dark; --ink: #1c2430; --soft: #66707d; --page: #ffffff; --rule: #dde2e8; --band: #f0c36d40;
  --c0: #1f77b4; --c1: #d1662b; --c2: #2a9d5c; --c3: #9355b5;
  --c4: #b8860b; --c5: #0f8b8d; --c6: #c2456b; --c7: #6b7280; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ee; --soft: #98a3b1; --page: #14181e; --rule: #2f3742; --band: #8a6a2440;
  --c0: #6cb4ee; --c1: #f2955c; --c2: #62cc90; --c3: #c596e0;
  --c4: #e6c15a; --c5: #5fd0d2; --c6: #f08bab; --c7: #a9b1bd; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page); max-width: 1100px; margin: 2em auto; padding: 0 1em; }
h1 { font-size: 1.5em; } h2 { font-size: 1.2em; margin-top: 2em; }
svg { width: 100%; height: auto; margin: .6em 0; } svg text { font: 11px system-ui, sans-serif; fill: var(--soft); }
svg .title { font-weight: 600; font-size: 12px; fill: var(--ink); } svg .mark { fill: var(--ink); }
.grid { stroke: var(--rule); } .band { fill: var(--band); } .line { fill: none; stroke-width: 1.6; stroke-linejoin: round; }
.c0.line { stroke: var(--c0); } .c1.line { stroke: var(--c1); } .c2.line { stroke: var(--c2); } .c3.line { stroke: var(--c3); }
.c0.bar { fill: var(--c0); } .c1.bar { fill: var(--c1); } .c2.bar { fill: var(--c2); } .c3.bar { fill: var(--c3); }
.c4.bar { fill: var(--c4); } .c5.bar { fill: var(--c5); } .c6.bar { fill: var(--c6); } .c7.bar { fill: var(--c7); }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 13px; }
th, td { text-align: right; padding: .2em .6em; border-bottom: 1px solid var(--rule); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; } tr.step td { background: var(--band); } .note { color: var(--soft); }
";

/// The page.
pub(super) fn page(report: &Report) -> String {
    let setup = &report.setup;
    let mut page = String::from("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>\n");
    page.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>Rebalancing under load</title>\n");
    // Writing to a String cannot fail.
    let _ = write!(
        page,
        "<style>{STYLE}</style></head>\n<body>\n<h1>Rebalancing under load</h1>\n<p class=\"note\">"
    );
    let _ = writeln!(
        page,
        "{} keys of {} bytes, {}; {} operations a second at their times, {:.0}% reads; {:.0}% on {} keys whose every answer is checked; \
         {} connections a node; an operation has failed after {} ms. Latency counts from the moment an operation was due.</p>",
        setup.keys,
        setup.value_bytes,
        setup.distribution,
        setup.rate_per_s,
        setup.read_share * 100.0,
        setup.check_share * 100.0,
        setup.check_keys,
        setup.connections_per_node,
        setup.patience_ms
    );
    for system in &report.systems {
        section(&mut page, system);
    }
    page.push_str("</body></html>\n");
    page
}

fn section(page: &mut String, system: &SystemReport) {
    let _ = writeln!(
        page,
        "<h2>{}</h2>\n<p>{}</p>",
        escape(&system.name),
        escape(&verdict(system))
    );
    page.push_str(&lines(&throughput(system)));
    page.push_str(&lines(&latency(system)));
    page.push_str(&bars(&by_node(
        system,
        "Keys by node at the end of each phase",
        "keys",
        |phase| phase.after.iter().map(|load| (load.node, load.keys as f64)).collect(),
    )));
    page.push_str(&bars(&by_node(
        system,
        "Commands by node in each phase",
        "commands/s",
        PhaseReport::commands_per_s,
    )));
    page.push_str(&bars(&moved(system)));
    table(page, system);
}

fn over_time(system: &SystemReport, title: &str, y_label: &str) -> Lines {
    let steps = system.phases.iter().filter(|phase| phase.is_step);
    let band = |phase: &PhaseReport| Band {
        name: phase.phase.name.clone(),
        begin: phase.phase.begin_s,
        end: phase.phase.end_s,
    };
    Lines {
        title: title.to_owned(),
        x_label: "time since the load began, s".to_owned(),
        y_label: y_label.to_owned(),
        is_logarithmic: false,
        bands: steps.map(band).collect(),
        lines: Vec::new(),
    }
}

fn line(system: &SystemReport, name: &str, value: impl Fn(&Bucket) -> f64) -> Line {
    Line {
        name: name.to_owned(),
        points: system.timeline.iter().map(|point| (point.at_s, value(point))).collect(),
    }
}

fn throughput(system: &SystemReport) -> Lines {
    let mut plot = over_time(system, "Throughput", "operations/s");
    plot.lines = vec![
        line(system, "answered", |point| point.ops_per_s),
        line(system, "errors", |point| point.errors as f64 * 4.0),
    ];
    plot
}

fn latency(system: &SystemReport) -> Lines {
    let mut plot = over_time(system, "Latency", "latency, ms (logarithmic)");
    plot.is_logarithmic = true;
    plot.lines = vec![
        line(system, "p50", |point| point.p50_us / 1e3),
        line(system, "p99", |point| point.p99_us / 1e3),
        line(system, "p99.9", |point| point.p999_us / 1e3),
        line(system, "max", |point| point.max_us / 1e3),
    ];
    plot
}

/// Every node that there was in any phase.
fn nodes(system: &SystemReport) -> Vec<u16> {
    let ends = system
        .phases
        .iter()
        .flat_map(|phase| phase.before.iter().chain(&phase.after));
    let mut nodes: Vec<u16> = ends.map(|load| load.node).collect();
    nodes.sort_unstable();
    nodes.dedup();
    nodes
}

fn values_of(nodes: &[u16], found: &[(u16, f64)]) -> Vec<f64> {
    let value = |node: &u16| found.iter().find(|(of, _)| of == node).map_or(0.0, |(_, value)| *value);
    nodes.iter().map(value).collect()
}

fn by_node(
    system: &SystemReport,
    title: &str,
    y_label: &str,
    values: impl Fn(&PhaseReport) -> Vec<(u16, f64)>,
) -> Bars {
    let nodes = nodes(system);
    // A step is shown by what was before and what is after it.
    let steady = system.phases.iter().filter(|phase| !phase.is_step);
    let groups = steady.map(|phase| (phase.phase.name.clone(), values_of(&nodes, &values(phase))));
    Bars {
        title: title.to_owned(),
        x_label: "phase".to_owned(),
        y_label: y_label.to_owned(),
        groups: groups.collect(),
        series: nodes.iter().map(|node| format!("node {node}")).collect(),
    }
}

fn moved(system: &SystemReport) -> Bars {
    let nodes = nodes(system);
    let steps = system
        .phases
        .iter()
        .filter_map(|phase| Some((phase, phase.moved(system.entry_bytes)?)));
    let groups = steps.map(|(phase, moved)| {
        let bytes: Vec<(u16, f64)> = moved
            .by_node
            .iter()
            .map(|(node, _, bytes)| (*node, *bytes as f64 / 1e6))
            .collect();
        (phase.phase.name.clone(), values_of(&nodes, &bytes))
    });
    Bars {
        title: "Moved by node".to_owned(),
        x_label: "step".to_owned(),
        y_label: "MB".to_owned(),
        groups: groups.collect(),
        series: nodes.iter().map(|node| format!("node {node}")).collect(),
    }
}

fn table(page: &mut String, system: &SystemReport) {
    page.push_str("<div class=\"wide\"><table><thead><tr>");
    COLUMNS.iter().for_each(|column| {
        let _ = write!(page, "<th>{}</th>", escape(column));
    });
    page.push_str("</tr></thead>\n<tbody>\n");
    for phase in &system.phases {
        page.push_str(if phase.is_step { "<tr class=\"step\">" } else { "<tr>" });
        for cell in row(system, phase) {
            let _ = write!(page, "<td>{}</td>", escape(&cell));
        }
        page.push_str("</tr>\n");
    }
    page.push_str(
        "</tbody></table></div>\n<p class=\"note\">least: fewest operations a second in any quarter of a second. minimum: what any placement \
         would have to move. us/key: CPU of all servers above that of the steady load. ~: counted from keys, not told by the nodes.</p>\n",
    );
}

#[cfg(test)]
mod tests {
    use super::super::testing::report;

    /// Whether every tag is closed in order: all that a browser needs to draw an SVG, and more than HTML asks for.
    fn is_well_formed(text: &str) -> Result<(), String> {
        let mut open: Vec<&str> = Vec::new();
        for piece in text.split('<').skip(1) {
            let (tag, after) = piece.split_once('>').ok_or_else(|| format!("no end of <{piece}"))?;
            if after.contains('>') {
                return Err(format!("a bare > after <{tag}>"));
            }
            let name = tag
                .split([' ', '/', '\n'])
                .find(|word| !word.is_empty())
                .unwrap_or_default();
            if tag.matches('"').count() % 2 != 0 {
                return Err(format!("quotes of <{tag}>"));
            }
            match (tag.starts_with('/'), tag.ends_with('/') || tag.starts_with('!')) {
                (true, _) if open.pop() != Some(name) => return Err(format!("<{tag}> closes another")),
                (true, _) | (_, true) => {}
                _ => open.push(name),
            }
        }
        if open.is_empty() {
            Ok(())
        } else {
            Err(format!("{open:?} are not closed"))
        }
    }

    #[test]
    fn the_page_is_well_formed_and_needs_nothing_from_elsewhere() {
        let page = report().html();
        assert_eq!(is_well_formed(&page), Ok(()));
        assert_eq!(
            page.matches("<svg").count(),
            5,
            "throughput, latency, keys, commands, moved"
        );
        assert!(page.contains("some &lt;system&gt;"), "names are escaped");
        for outside in ["http:", "https:", "src=", "href=", "@import", "url("] {
            assert!(!page.contains(outside), "{outside} would be fetched");
        }
        for label in [
            "time since the load began, s",
            "latency, ms",
            "operations/s",
            "prefers-color-scheme: dark",
        ] {
            assert!(page.contains(label), "{label:?} is missing");
        }
    }

    #[test]
    fn no_plot_has_a_number_that_is_none() {
        assert!(!report().html().contains("NaN") && !report().html().contains("inf"));
    }
}
