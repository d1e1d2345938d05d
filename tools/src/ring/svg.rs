//! The ring as one SVG, complete in itself: from the outside in the primary of each arc, then its other owners; outside of it what moves; beside it the nodes.

use super::colours::{letter, rgb};
use super::model::{Arc, Node, Ring};
use circlet_measure::plot::escape;
use std::f64::consts::TAU;
use std::fmt::Write as _;

const CENTRE: f64 = 370.0;
const HEIGHT: f64 = 740.0;
const WIDTH: f64 = 1200.0;
/// From the centre to the outer edge of the primaries.
const OUTER: f64 = 300.0;
/// How thick the ring of primaries is, and each further one.
const PRIMARY_BAND: f64 = 52.0;
const BAND: f64 = 26.0;
const GAP: f64 = 4.0;
/// Marks of arcs that move stand outside of the ring.
const MARK: f64 = 14.0;
const LEGEND: f64 = 770.0;
const LINE: f64 = 68.0;
const BAR: f64 = 170.0;

const STYLE: &str = "text{font-family:system-ui,-apple-system,'Segoe UI',sans-serif;fill:#1c2430}\
.soft{fill:#66707d}.rule{stroke:#c9d0d8;stroke-width:1}.fair{stroke:#1c2430;stroke-width:1.5}";

/// The picture.
pub(super) fn draw(ring: &Ring) -> String {
    let height = HEIGHT.max(150.0 + LINE * ring.nodes.len() as f64);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" role=\"img\">\n\
         <title>Arcs and owners, epoch {}</title>\n<style>{STYLE}</style>\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\"/>\n",
        ring.epoch
    );
    bands(&mut svg, ring);
    marks(&mut svg, ring);
    scale(&mut svg);
    middle(&mut svg, ring);
    legend(&mut svg, ring);
    svg.push_str("</svg>\n");
    svg
}

/// One ring for each place in the preference lists.
fn bands(svg: &mut String, ring: &Ring) {
    let per_sector = ring.arcs_per_sector();
    let places = ring.arcs.iter().map(|arc| arc.owners.len()).max().unwrap_or_default();
    let mut outer = OUTER;
    for place in 0..places {
        let inner = outer - if place == 0 { PRIMARY_BAND } else { BAND };
        let owners = ring
            .arcs
            .iter()
            .step_by(per_sector)
            .map(|arc| arc.owners.get(place).copied());
        for run in runs(owners) {
            if let Some(owner) = run.of {
                let angles = (
                    turn(run.begin * per_sector, ring),
                    turn((run.end * per_sector).min(ring.arcs.len()), ring),
                );
                sector(
                    svg,
                    inner,
                    outer,
                    angles,
                    &rgb(owner),
                    if place == 0 { 1.0 } else { 0.75 },
                );
            }
        }
        outer = inner - GAP;
    }
}

/// Outside of the ring, the primary to be of an arc that moves; a grey mark for one that drains or waits.
fn marks(svg: &mut String, ring: &Ring) {
    let mark = |arc: &Arc| match &arc.to {
        Some(to) => to.first().map(|first| rgb(*first)),
        None if arc.is_draining || arc.is_waiting => Some("#9aa3ad".to_owned()),
        None => None,
    };
    for run in runs(ring.arcs.iter().map(mark)) {
        if let Some(colour) = &run.of {
            let angles = (turn(run.begin, ring), turn(run.end, ring));
            sector(svg, OUTER + GAP, OUTER + GAP + MARK, angles, colour, 1.0);
        }
    }
}

/// Slots around the ring.
fn scale(svg: &mut String) {
    for eighth in 0..8 {
        let angle = f64::from(eighth) / 8.0;
        let (x1, y1) = point(OUTER + GAP + MARK + 3.0, angle);
        let (x2, y2) = point(OUTER + GAP + MARK + 9.0, angle);
        let (x, y) = point(OUTER + GAP + MARK + 22.0, angle);
        let _ = writeln!(
            svg,
            "<line class=\"rule\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>\
             <text class=\"soft\" font-size=\"12\" text-anchor=\"middle\" x=\"{x:.1}\" y=\"{:.1}\">{}</text>",
            y + 4.0,
            eighth * 2048
        );
    }
}

fn middle(svg: &mut String, ring: &Ring) {
    let [moving, draining, waiting] = ring.under_way();
    let mut lines = vec![
        (format!("epoch {}", ring.epoch), 22),
        (format!("{} arcs, {} replicas", ring.arcs.len(), ring.replicas), 14),
    ];
    if ring.forced > 0 {
        lines.push((format!("recovered by force {} times", ring.forced), 14));
    }
    lines.push(match moving + draining + waiting {
        0 => ("at rest".to_owned(), 14),
        _ => (format!("{moving} move, {draining} drain, {waiting} wait"), 14),
    });
    let mut y = CENTRE - 10.0 * lines.len() as f64 + 10.0;
    for (line, size) in lines {
        let _ = writeln!(
            svg,
            "<text font-size=\"{size}\" text-anchor=\"middle\" x=\"{CENTRE}\" y=\"{y:.1}\">{line}</text>"
        );
        y += 22.0;
    }
}

fn legend(svg: &mut String, ring: &Ring) {
    let _ = writeln!(
        svg,
        "<text font-size=\"18\" x=\"{LEGEND}\" y=\"56\">Nodes</text>\
         <text class=\"soft\" font-size=\"12\" x=\"{LEGEND}\" y=\"76\">outer ring: primaries; inner rings: further owners; outside: arcs on their way; strokes: fair shares</text>"
    );
    for (place, node) in ring.nodes.iter().enumerate() {
        entry(svg, place, node, 104.0 + LINE * place as f64);
    }
    let (zones, narrow) = ring.zones();
    let y = 112.0 + LINE * ring.nodes.len() as f64;
    let zones: Vec<String> = zones.into_iter().map(escape).collect();
    let _ = writeln!(
        svg,
        "<text class=\"soft\" font-size=\"12\" x=\"{LEGEND}\" y=\"{y:.1}\">zones: {}; {narrow} arcs in fewer than they could be</text>",
        zones.join(", ")
    );
}

fn entry(svg: &mut String, place: usize, node: &Node, y: f64) {
    let (text, colour) = (LEGEND + 34.0, rgb(place));
    let state = if node.stage == "active" {
        &node.state
    } else {
        &node.stage
    };
    let _ = writeln!(
        svg,
        "<rect x=\"{LEGEND}\" y=\"{:.1}\" width=\"24\" height=\"24\" rx=\"4\" fill=\"{colour}\"/>\
         <text font-size=\"13\" text-anchor=\"middle\" x=\"{:.1}\" y=\"{:.1}\" style=\"fill:#fff\">{}</text>\
         <text font-size=\"14\" x=\"{text}\" y=\"{:.1}\">{}</text>\
         <text class=\"soft\" font-size=\"12\" x=\"{text}\" y=\"{:.1}\">{}, zone {}, weight {}, {state}</text>",
        y - 4.0,
        LEGEND + 12.0,
        y + 13.0,
        letter(place),
        y + 4.0,
        escape(&node.name),
        y + 20.0,
        escape(&node.address),
        escape(&node.zone),
        node.weight,
    );
    for (number, (name, has, fair)) in [
        ("primary", node.primary_arcs, node.fair_primary),
        ("owner", node.owned_arcs, node.fair_owned),
    ]
    .into_iter()
    .enumerate()
    {
        bar(svg, y + 26.0 + 11.0 * number as f64, &colour, name, has as f64, fair);
    }
}

/// What a node has, and a stroke where its fair share is: at two thirds of the width.
fn bar(svg: &mut String, y: f64, colour: &str, name: &str, has: f64, fair: f64) {
    let (left, unit) = (LEGEND + 92.0, BAR / 1.5 / fair.max(1.0));
    let width = (has * unit).min(BAR);
    let stroke = left + fair * unit;
    let _ = writeln!(
        svg,
        "<text class=\"soft\" font-size=\"10\" x=\"{:.1}\" y=\"{:.1}\">{name}</text>\
         <rect x=\"{left}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"7\" fill=\"{colour}\"/>\
         <line class=\"fair\" x1=\"{stroke:.1}\" x2=\"{stroke:.1}\" y1=\"{:.1}\" y2=\"{:.1}\"/>\
         <text class=\"soft\" font-size=\"10\" x=\"{:.1}\" y=\"{:.1}\">{has:.0} of a fair {fair:.0}</text>",
        LEGEND + 34.0,
        y + 7.0,
        y - 1.5,
        y + 8.5,
        left + BAR + 8.0,
        y + 7.0,
    );
}

/// Sectors beside one another of which the same holds.
struct Run<T> {
    begin: usize,
    end: usize,
    of: T,
}

fn runs<T: PartialEq>(sectors: impl Iterator<Item = T>) -> Vec<Run<T>> {
    let mut runs: Vec<Run<T>> = Vec::new();
    for (at, of) in sectors.enumerate() {
        match runs.last_mut() {
            Some(run) if run.of == of => run.end = at + 1,
            _ => runs.push(Run {
                begin: at,
                end: at + 1,
                of,
            }),
        }
    }
    runs
}

/// Where an arc begins, as a part of the whole turn.
fn turn(arc: usize, ring: &Ring) -> f64 {
    arc as f64 / ring.arcs.len() as f64
}

/// Slot 0 is at the top, and slots go clockwise.
fn point(radius: f64, turn: f64) -> (f64, f64) {
    let angle = turn * TAU;
    (CENTRE + radius * angle.sin(), CENTRE - radius * angle.cos())
}

fn sector(svg: &mut String, inner: f64, outer: f64, (begin, end): (f64, f64), colour: &str, opacity: f64) {
    // A whole turn would begin where it ends, which draws nothing.
    let end = end.min(begin + 0.99999);
    let large = u8::from(end - begin > 0.5);
    let [(x1, y1), (x2, y2)] = [point(outer, begin), point(outer, end)];
    let [(x3, y3), (x4, y4)] = [point(inner, end), point(inner, begin)];
    let _ = writeln!(
        svg,
        "<path d=\"M{x1:.2} {y1:.2}A{outer} {outer} 0 {large} 1 {x2:.2} {y2:.2}L{x3:.2} {y3:.2}A{inner} {inner} 0 {large} 0 {x4:.2} {y4:.2}Z\" \
         fill=\"{colour}\" fill-opacity=\"{opacity}\"/>"
    );
}

#[cfg(test)]
mod tests {
    use super::super::model::sample;
    use super::*;

    #[test]
    fn it_is_complete_in_itself_and_has_a_sector_for_each_run_of_arcs() {
        let svg = draw(&sample(256));
        assert!(svg.starts_with("<svg xmlns=") && svg.ends_with("</svg>\n"), "{svg}");
        assert!(
            !svg.contains("href") && !svg.contains("<script"),
            "nothing from elsewhere"
        );
        // Owners alternate, in two rings; one arc moves, and two beside one another drain and wait.
        assert_eq!(svg.matches("<path").count(), 2 * 256 + 2);
        assert!(svg.contains(">1 move, 1 drain, 1 wait<"), "{svg}");
    }

    #[test]
    fn a_ring_of_one_node_is_a_whole_turn() {
        let all: Vec<Run<u8>> = runs([1, 1, 1].into_iter());
        assert_eq!((all.len(), all[0].begin, all[0].end), (1, 0, 3));
        let mut svg = String::new();
        sector(&mut svg, 10.0, 20.0, (0.0, 1.0), "#000000", 1.0);
        assert!(svg.contains(" 0 1 1 "), "the long way round: {svg}");
    }
}
