//! The ring in a terminal of 80 columns: a letter an arc, then a line a node.

use super::colours::{letter, terminal};
use super::model::{Arc, Node, Ring};
use crate::names::table;

/// Sectors in a row.
const ROW: usize = 64;

/// Letters in a bar at its fair share.
const BAR: f64 = 8.0;

/// The picture. Without colours the letters tell the nodes apart; they do with colours, too.
pub(super) fn draw(ring: &Ring, colours: bool) -> String {
    let per_sector = ring.arcs_per_sector();
    let (arcs, slots) = (ring.arcs.len(), 16_384 / ring.arcs.len().max(1));
    let mut text = format!(
        "{arcs} arcs of {slots} slots, {} replicas, epoch {}",
        ring.replicas, ring.epoch
    );
    if ring.forced > 0 {
        text += &format!("; recovered by force {} times: writes may have been lost", ring.forced);
    }
    text += "\nthe primary of ";
    text += &match per_sector {
        1 => "each arc".to_owned(),
        several => format!("the first of {several} arcs"),
    };
    text += ", from the slot at the left; small letters: on its way\n\n";
    let sectors: Vec<&[Arc]> = ring.arcs.chunks(per_sector).collect();
    for (row, sectors) in sectors.chunks(ROW).enumerate() {
        text += &format!("{:>6}  ", row * ROW * per_sector * slots);
        text += &line(sectors, colours);
        text.push('\n');
    }
    text.push('\n');
    text += &nodes(ring, colours);
    let [moving, draining, waiting] = ring.under_way();
    if moving + draining + waiting > 0 {
        text += &format!("{moving} arcs move, {draining} drain, {waiting} wait for their move: circlet moves\n");
    }
    let (zones, narrow) = ring.zones();
    if zones.len() > 1 {
        text += &match narrow {
            0 => format!("{} zones; every arc has its owners in as many as it can\n", zones.len()),
            narrow => format!(
                "{} zones; {narrow} arcs have owners in fewer than they could\n",
                zones.len()
            ),
        };
    }
    text
}

fn line(sectors: &[&[Arc]], colours: bool) -> String {
    let mut line = String::new();
    let mut colour = None;
    for sector in sectors {
        let Some(primary) = sector.first().and_then(|arc| arc.owners.first()) else {
            continue;
        };
        let is_under_way = |arc: &Arc| arc.to.is_some() || arc.is_draining || arc.is_waiting;
        let mut shown = letter(*primary);
        if sector.iter().any(is_under_way) {
            shown.make_ascii_lowercase();
        }
        if colours && colour != Some(*primary) {
            line += &format!("\x1b[38;5;16;48;5;{}m", terminal(*primary));
            colour = Some(*primary);
        }
        line.push(shown);
    }
    if colour.is_some() {
        line += "\x1b[0m";
    }
    line
}

fn nodes(ring: &Ring, colours: bool) -> String {
    let rows: Vec<Vec<String>> = ring
        .nodes
        .iter()
        .enumerate()
        .map(|(place, node)| row(place, node))
        .collect();
    let head = [
        "",
        "node",
        "zone",
        "weight",
        "state",
        "primary",
        "fair",
        "owner",
        "fair",
        "data, | is fair",
    ];
    let table = table(&head, &rows);
    if !colours {
        return table;
    }
    // The letter of each line in its colour; the bar goes with it.
    let mut coloured = String::new();
    for (number, line) in table.lines().enumerate() {
        match (number.checked_sub(1), line.split_at_checked(1)) {
            (Some(place), Some((letter, rest))) => {
                coloured += &format!("\x1b[38;5;16;48;5;{}m{letter}\x1b[0m{rest}\n", terminal(place));
            }
            _ => coloured += &format!("{line}\n"),
        }
    }
    coloured
}

fn row(place: usize, node: &Node) -> Vec<String> {
    let state = match (node.stage.as_str(), node.state.as_str()) {
        ("active", state) => state.to_owned(),
        (stage, "alive") => stage.to_owned(),
        (stage, state) => format!("{stage}, {state}"),
    };
    vec![
        letter(place).to_string(),
        node.name.clone(),
        node.zone.clone(),
        node.weight.to_string(),
        state,
        node.primary_arcs.to_string(),
        format!("{:.0}", node.fair_primary),
        node.owned_arcs.to_string(),
        format!("{:.0}", node.fair_owned),
        bar(node.owned_arcs as f64, node.fair_owned),
    ]
}

/// What a node has against its fair share, which is at the stroke; at most half as long again.
fn bar(has: f64, fair: f64) -> String {
    let length = if fair > 0.0 {
        (has / fair * BAR).round()
    } else if has > 0.0 {
        BAR
    } else {
        0.0
    };
    // At most 12.
    let length = length.min(1.5 * BAR) as usize;
    (0..(BAR as usize).max(length))
        .map(|at| match (at < length, at + 1 == BAR as usize) {
            (_, true) => '|',
            (true, _) => '#',
            (false, _) => ' ',
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::model::sample;
    use super::*;

    #[test]
    fn it_fits_80_columns_and_marks_the_arcs_that_are_under_way() {
        let text = draw(&sample(256), false);
        assert!(text.contains("     0  AbabABAB"), "{text}");
        assert_eq!(
            text.lines().filter(|line| line.contains("ABABABAB")).count(),
            4,
            "{text}"
        );
        let width = text.lines().map(|line| line.chars().count()).max();
        assert!(width <= Some(80), "{width:?}: {text}");
        assert!(text.contains("1 arcs move, 1 drain, 1 wait"), "{text}");
        assert!(!text.contains('\x1b'), "no colours were asked for");
    }

    #[test]
    fn with_16384_arcs_a_letter_stands_for_16() {
        let text = draw(&sample(16_384), true);
        assert!(
            text.contains("the first of 16 arcs") && text.contains("\x1b[0m"),
            "{text}"
        );
        assert_eq!(
            text.lines().filter(|line| line.contains("48;5;67m")).count(),
            16 + 1,
            "{text}"
        );
    }

    #[test]
    fn a_bar_reaches_the_stroke_at_the_fair_share() {
        assert_eq!(bar(100.0, 100.0), "#######|");
        assert_eq!(bar(50.0, 100.0), "####   |");
        assert_eq!(bar(200.0, 100.0), "#######|####");
        assert_eq!(bar(0.0, 0.0), "       |");
    }
}
