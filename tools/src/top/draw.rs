//! The picture, for any size of terminal: what has no room is left out, the least important first.

use super::Screen;
use super::view::{Busy, Column, Row, View};
use crate::ring::colours::{letter, terminal};
use crate::ring::model::Ring;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Paragraph};

/// Rows that the ring and the commands want at least.
const BELOW_MIN: u16 = 5;

/// Rows that commands and hottest keys want at least, to stand one below the other.
const LEFT_BOTH_MIN: u16 = 10;

/// Below this many columns there is no ring beside the commands.
const RING_COLUMNS_MIN: u16 = 60;

/// Draws it.
pub(super) fn draw(frame: &mut Frame<'_>, view: &View, screen: &Screen) {
    let area = frame.area();
    let has_moves = u16::from(!view.moves.is_empty());
    // A title, the nodes with their frame and head, and what is left.
    let wanted = view.rows.len() as u16 + 3;
    let room = area.height.saturating_sub(2 + has_moves);
    let nodes = if room >= wanted + BELOW_MIN {
        wanted
    } else {
        wanted.min(room.max(4))
    };
    let [head, moves, table, below, foot] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(has_moves),
        Constraint::Length(nodes),
        Constraint::Min(0),
        Constraint::Length(1),
    ])
    .areas(area);
    frame.render_widget(header(view, screen), head);
    frame.render_widget(
        Paragraph::new(format!(" {}", view.moves)).style(attention(screen)),
        moves,
    );
    node_table(frame, table, view, screen);
    if below.height >= 3 && below.width >= RING_COLUMNS_MIN {
        let [left, right] = Layout::horizontal([Constraint::Length(40), Constraint::Min(0)]).areas(below);
        left_side(frame, left, view, screen);
        ring(frame, right, view.ring.as_ref(), screen);
    } else if below.height >= 3 {
        left_side(frame, below, view, screen);
    }
    frame.render_widget(footer(screen), foot);
}

fn bold() -> Style {
    Style::new().add_modifier(Modifier::BOLD)
}

fn attention(screen: &Screen) -> Style {
    if screen.has_colours {
        bold().fg(Color::Yellow)
    } else {
        bold()
    }
}

fn alarm(screen: &Screen) -> Style {
    if screen.has_colours {
        bold().fg(Color::Red)
    } else {
        bold()
    }
}

fn header(view: &View, screen: &Screen) -> Paragraph<'static> {
    let well = view.rows.iter().filter(|row| row.is_well).count();
    let style = if well == view.rows.len() { bold() } else { alarm(screen) };
    let mut spans = vec![
        Span::styled(format!(" circlet  {well} of {} nodes well", view.rows.len()), style),
        Span::raw(format!("  {} ops/s", short(view.ops_per_s))),
        Span::raw(format!("  p50 {}  p99 {}", time(view.p50_us), time(view.p99_us))),
        Span::raw(format!("  epoch {}", view.epoch)),
    ];
    if screen.is_paused {
        spans.push(Span::styled("  PAUSED", attention(screen)));
    }
    Paragraph::new(Line::from(spans))
}

fn footer(screen: &Screen) -> Paragraph<'static> {
    match &screen.trouble {
        Some(why) => Paragraph::new(format!(" {why}")).style(alarm(screen)),
        None => {
            let way = if screen.order.is_reversed { " reversed" } else { "" };
            let text = format!(
                " q quit  s sort: {}{way}  r reverse  p pause  c commands  k keys",
                screen.order.column.name()
            );
            Paragraph::new(text).style(Style::new().add_modifier(Modifier::DIM))
        }
    }
}

/// A column of the nodes: its head, its width, what it shows, and what it is called when nodes are sorted by it.
type NodeColumn = (&'static str, u16, fn(&Row) -> String, Option<Column>);

/// By importance: those that do not fit are left out from the end.
const NODE_COLUMNS: [NodeColumn; 11] = [
    ("", 2, |row| letter(row.place).to_string(), None),
    ("node", 9, |row| row.name.clone(), Some(Column::Node)),
    ("state", 10, |row| row.state.clone(), None),
    (
        "ops/s",
        7,
        |row| row.ops_per_s.map_or("-".into(), short),
        Some(Column::Rate),
    ),
    ("p99", 7, |row| time(row.p99_us), Some(Column::P99)),
    (
        "memory",
        8,
        |row| row.memory_bytes.map_or("-".into(), |bytes| bytes_text(bytes as f64)),
        Some(Column::Memory),
    ),
    ("keys", 7, |row| count(row.keys), Some(Column::Keys)),
    ("p50", 7, |row| time(row.p50_us), None),
    ("hints", 6, |row| count(row.hints), Some(Column::Hints)),
    ("moves", 6, |row| count(row.moves_left), None),
    (
        "clients at",
        22,
        |row| format!("{}, {}", row.address, count(row.clients)),
        None,
    ),
];

fn node_table(frame: &mut Frame<'_>, area: Rect, view: &View, screen: &Screen) {
    let block = Block::bordered().title("nodes");
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let mut room = inner.width;
    let shown = NODE_COLUMNS.iter().take_while(|(_, width, _, _)| {
        let fits = room >= *width;
        room = room.saturating_sub(*width);
        fits
    });
    let shown: Vec<&NodeColumn> = shown.collect();
    let cell = |text: &str, width: u16| {
        let text: String = text.chars().take(usize::from(width) - 1).collect();
        format!("{text:<width$}", width = usize::from(width))
    };
    let head = shown.iter().map(|(name, width, _, column)| {
        let is_order = *column == Some(screen.order.column);
        let style = if is_order {
            bold().add_modifier(Modifier::UNDERLINED)
        } else {
            bold()
        };
        Span::styled(cell(name, *width), style)
    });
    let mut lines = vec![Line::from_iter(head)];
    let rows = screen.order.sort(&view.rows);
    let room = usize::from(inner.height.saturating_sub(1));
    let fitting = if rows.len() > room {
        room.saturating_sub(1)
    } else {
        room
    };
    for row in rows.iter().take(fitting) {
        let spans = shown.iter().map(|(name, width, text, _)| {
            let style = match *name {
                "" => node_style(row.place, screen),
                "state" if !row.is_well => alarm(screen),
                "hints" if row.hints.is_some_and(|hints| hints > 0) => attention(screen),
                _ => Style::new(),
            };
            match *name {
                "" => Line::from(vec![Span::styled(text(row), style), Span::raw(" ")]).spans,
                _ => vec![Span::styled(cell(&text(row), *width), style)],
            }
        });
        lines.push(Line::from_iter(spans.flatten()));
    }
    if rows.len() > fitting {
        lines.push(Line::raw(format!("and {} more", rows.len() - fitting)));
    }
    frame.render_widget(Paragraph::new(lines), inner);
}

fn node_style(place: usize, screen: &Screen) -> Style {
    if screen.has_colours {
        Style::new().fg(Color::Indexed(16)).bg(Color::Indexed(terminal(place)))
    } else {
        Style::new()
    }
}

/// The commands, and below them the hottest keys; one of them alone where there is no room for both.
fn left_side(frame: &mut Frame<'_>, area: Rect, view: &View, screen: &Screen) {
    if screen.only_keys {
        hot_keys(frame, area, view, screen);
    } else if area.height < LEFT_BOTH_MIN {
        commands(frame, area, view, screen);
    } else {
        let [above, below] = Layout::vertical([Constraint::Fill(1), Constraint::Fill(1)]).areas(area);
        commands(frame, above, view, screen);
        hot_keys(frame, below, view, screen);
    }
}

fn hot_keys(frame: &mut Frame<'_>, area: Rect, view: &View, screen: &Screen) {
    let block = Block::bordered().title("hottest keys");
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let room = usize::from(inner.width).saturating_sub(18).max(1);
    let line = |key: &str, rate: &str, share: &str| format!(" {key:<room$} {rate:>7} {share:>7}");
    let mut lines = vec![Line::styled(format!(" {}", line("key", "per s", "share")), bold())];
    lines.extend(view.hot_keys.iter().map(|(place, hot)| {
        let share = format!("{:.1}%", hot.share * 100.0);
        let text = line(&key_text(&hot.key, room), &short(hot.per_second), &share);
        let (letter, style) = match place {
            Some(place) => (letter(*place), node_style(*place, screen)),
            None => (' ', Style::new()),
        };
        Line::from(vec![Span::styled(letter.to_string(), style), Span::raw(text)])
    }));
    if view.hot_keys.is_empty() {
        lines.push(Line::raw(" none lately"));
    }
    frame.render_widget(Paragraph::new(lines), inner);
}

/// A key in at most so many characters; of a longer one, begin and end, since many begin alike.
fn key_text(key: &[u8], room: usize) -> String {
    let text: Vec<char> = match std::str::from_utf8(key) {
        Ok(text) if !text.chars().any(char::is_control) => text.chars().collect(),
        _ => key.escape_ascii().map(char::from).collect(),
    };
    if text.len() <= room {
        return text.into_iter().collect();
    }
    let kept = room.saturating_sub(2);
    let (begin, end) = (&text[..kept / 2], &text[text.len() - kept.div_ceil(2)..]);
    begin.iter().chain(&['.'; 2][..room.min(2)]).chain(end).collect()
}

fn commands(frame: &mut Frame<'_>, area: Rect, view: &View, screen: &Screen) {
    let (title, shown): (String, &[Busy]) = match screen.of_busiest {
        true => (format!("commands of {}", view.busiest), &view.commands_of_busiest),
        false => ("commands of all nodes".into(), &view.commands),
    };
    let block = Block::bordered().title(title);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let line = |name: &str, rate: &str, p50: &str, p99: &str| format!("{name:<16.15}{rate:<8}{p50:<7}{p99:<7}");
    let mut lines = vec![Line::styled(line("command", "per s", "p50", "p99"), bold())];
    let row = |busy: &Busy| {
        Line::raw(line(
            &busy.name,
            &short(busy.per_s),
            &time(busy.p50_us),
            &time(busy.p99_us),
        ))
    };
    lines.extend(shown.iter().map(row));
    if shown.is_empty() {
        lines.push(Line::raw("none since the last look"));
    }
    frame.render_widget(Paragraph::new(lines), inner);
}

/// The ring as a carpet of letters: the primary of each run of arcs, small where something is on its way.
fn ring(frame: &mut Frame<'_>, area: Rect, ring: Option<&Ring>, screen: &Screen) {
    let block = Block::bordered().title("ring: primaries by slot");
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let cells = usize::from(inner.width) * usize::from(inner.height);
    let Some(ring) = ring.filter(|ring| !ring.arcs.is_empty() && cells > 0) else {
        return;
    };
    let per_cell = ring.arcs.len().div_ceil(cells);
    let shown: Vec<Span<'_>> = ring
        .arcs
        .chunks(per_cell)
        .map(|arcs| {
            let Some(primary) = arcs.iter().find_map(|arc| arc.owners.first()) else {
                return Span::raw(".");
            };
            let is_under_way = arcs
                .iter()
                .any(|arc| arc.to.is_some() || arc.is_draining || arc.is_waiting);
            let shown = letter(*primary);
            let shown = if is_under_way {
                shown.to_ascii_lowercase()
            } else {
                shown
            };
            Span::styled(shown.to_string(), node_style(*primary, screen))
        })
        .collect();
    let lines: Vec<Line<'_>> = shown
        .chunks(usize::from(inner.width))
        .map(|spans| Line::from(spans.to_vec()))
        .collect();
    frame.render_widget(Paragraph::new(lines), inner);
}

fn count(number: Option<u64>) -> String {
    number.map_or("-".into(), |number| short(number as f64))
}

/// A number in at most six characters.
fn short(number: f64) -> String {
    match number {
        number if number >= 9_999.5e6 => format!("{:.0}G", number / 1e9),
        number if number >= 9_999.5e3 => format!("{:.1}M", number / 1e6),
        number if number >= 9_999.5 => format!("{:.1}k", number / 1e3),
        number => format!("{number:.0}"),
    }
}

fn bytes_text(bytes: f64) -> String {
    match bytes {
        bytes if bytes >= 1e9 => format!("{:.2}G", bytes / 1e9),
        bytes if bytes >= 1e6 => format!("{:.1}M", bytes / 1e6),
        bytes => format!("{:.0}k", bytes / 1e3),
    }
}

/// Microseconds in at most six characters.
fn time(us: Option<f64>) -> String {
    match us {
        None => "-".into(),
        Some(us) if us >= 1e6 => format!("{:.1}s", us / 1e6),
        Some(us) if us >= 1e3 => format!("{:.1}ms", us / 1e3),
        Some(us) => format!("{us:.0}us"),
    }
}
