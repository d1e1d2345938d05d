//! Two looks, the view of them, and its picture in terminals of several sizes.

use super::draw::draw;
use super::look::{Look, NodeLook, Steps};
use super::view::{Column, Order, View};
use super::{KeyCode, KeyModifiers, Screen};
use crate::hot_keys::HotKey;
use crate::names::Names;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::Color;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const IDS: [&str; 3] = ["11111111aa", "22222222bb", "33333333cc"];

fn ring(stages: [&str; 3]) -> Value {
    let member = |(id, stage): (&str, &str)| {
        let at = format!("127.0.0.1:700{}", &id[..1]);
        json!({ "node": id, "address": at, "stage": stage, "state": "alive", "zone": "a", "weight": "1", "voter": 1 })
    };
    json!({
        "epoch": 9, "forced-recoveries": 0, "replicas": 2,
        "members": IDS.into_iter().zip(stages).map(member).collect::<Vec<_>>(),
        "owners": (0..256).map(|arc| json!([arc % 3, (arc + 1) % 3])).collect::<Vec<_>>(),
        "moves": [{ "arc": 3, "stage": "write both, read old", "to": [1, 2] }], "draining": [], "waiting": [],
    })
}

fn hot(key: &[u8], per_second: f64, share: f64) -> HotKey {
    HotKey {
        key: key.to_vec(),
        per_second,
        share,
    }
}

fn node(keys: u64, commands: &[(&str, u64, Steps)]) -> NodeLook {
    let lines = [
        ("used_memory", "1500000".to_owned()),
        ("connected_clients", "12".to_owned()),
        ("hint_keys", "0".to_owned()),
        ("db0", format!("keys={keys},expires=0,avg_ttl=0")),
        ("epoch", "9".to_owned()),
        ("arcs_moving", "1".to_owned()),
        ("move_entries_left", "77".to_owned()),
    ];
    NodeLook {
        info: lines
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        commands: commands
            .iter()
            .map(|(name, calls, steps)| ((*name).to_owned(), (*calls, steps.clone())))
            .collect(),
    }
}

/// Two looks two seconds apart: 1,000 GETs of about 100 us and 20 SETs of 3 ms on the first node, one GET on the second, the third is silent.
fn looks() -> [Look; 2] {
    let begin = Instant::now();
    let look = |at, nodes: Vec<NodeLook>| Look {
        at,
        ring: ring(["active"; 3]),
        nodes: IDS.iter().map(|id| (*id).to_owned()).zip(nodes).collect(),
        hot_keys: vec![
            hot(b"user:17", 12_345.0, 0.61),
            hot(b"a:key:that:is:much:too:long:for:it:end", 4.4, 0.05),
            hot(b"\x00\xff", 0.2, 0.001),
        ],
    };
    let get = |calls: u64| ("get", 500 + calls, vec![(131, 500 + calls), (262, 500 + calls)]);
    let before = vec![node(10, &[get(0), ("info", 5, vec![(131, 5)])]), node(20, &[get(0)])];
    let set = ("set", 20, vec![(2_097, 0), (4_194, 20)]);
    let after = vec![
        node(10, &[get(1_000), set, ("info", 9, vec![(131, 9)])]),
        node(20, &[get(1)]),
    ];
    [look(begin, before), look(begin + Duration::from_secs(2), after)]
}

fn view() -> View {
    let [before, now] = looks();
    View::of(Some(&before), &now, &Names::default())
}

/// What a terminal of so many columns and rows shows.
fn shown(view: &View, screen: &Screen, columns: u16, rows: u16) -> Vec<String> {
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).expect("a terminal");
    terminal.draw(|frame| draw(frame, view, screen)).expect("drawn");
    let buffer = terminal.backend().buffer();
    let cell = |row, column| buffer[(column, row)].symbol().to_owned();
    (0..rows)
        .map(|row| (0..columns).map(|column| cell(row, column)).collect())
        .collect()
}

#[test]
fn rates_and_latencies_are_of_the_time_between_two_looks() {
    let view = view();
    let rates: Vec<Option<f64>> = view.rows.iter().map(|row| row.ops_per_s).collect();
    assert_eq!(rates, [Some(510.0), Some(0.5), None], "INFO is ours, and not counted");
    assert!((view.ops_per_s - 510.5).abs() < 1e-9);
    let [p50, p99] = [view.rows[0].p50_us, view.rows[0].p99_us].map(Option::unwrap_or_default);
    assert!((65.0..=131.0).contains(&p50), "{p50}: of GETs");
    assert!((2_097.0..=4_194.0).contains(&p99), "{p99}: of SETs");
    let commands: Vec<(&str, f64)> = view
        .commands
        .iter()
        .map(|busy| (busy.name.as_str(), busy.per_s))
        .collect();
    assert_eq!(commands, [("get", 500.5), ("set", 10.0)]);
    assert_eq!(view.busiest, "11111111");
}

#[test]
fn a_node_that_began_anew_is_counted_from_its_begin() {
    let [before, mut now] = looks();
    now.nodes
        .insert(IDS[0].to_owned(), node(0, &[("get", 40, vec![(131, 40)])]));
    let view = View::of(Some(&before), &now, &Names::default());
    assert_eq!(view.rows[0].ops_per_s, Some(20.0));
}

#[test]
fn who_does_not_answer_is_not_well_and_the_first_look_has_no_rates() {
    let [first, _] = looks();
    let view = View::of(None, &first, &Names::default());
    let states: Vec<&str> = view.rows.iter().map(|row| row.state.as_str()).collect();
    assert_eq!(states, ["ready", "ready", "no answer"]);
    assert!(view.rows.iter().all(|row| row.ops_per_s.is_none()) && view.commands.is_empty());
    let mut left = first;
    left.ring = ring(["active", "left", "joining"]);
    let view = View::of(None, &left, &Names::default());
    assert_eq!(view.rows.len(), 2, "who has left is not shown");
}

#[test]
fn eighty_columns_and_24_rows_have_room_for_all_of_it() {
    let screen = Screen::default();
    let rows = shown(&view(), &screen, 80, 24);
    let text = rows.join("\n");
    for part in [
        "2 of 3 nodes well",
        "510 ops/s",
        "epoch 9",
        "1 arcs move, 0 drain, 0 wait; 154 entries left",
        "no answer",
        "1.5M",
        "p99",
        "hints",
        "commands of all nodes",
        "hottest keys",
        "A user:17                12.3k   61.0%",
        "B a:key:tha..or:it:end       4    5.0%",
        "get             500",
        "ring: primaries by slot",
        "ABCaBCABC",
        "q quit",
        "sort: node",
    ] {
        assert!(text.contains(part), "`{part}` is not in\n{text}");
    }
}

#[test]
fn no_size_of_terminal_is_too_small_or_too_large() {
    let view = view();
    for (columns, rows) in [
        (40, 10),
        (200, 50),
        (1, 1),
        (3, 2),
        (20, 5),
        (59, 12),
        (80, 4),
        (500, 200),
    ] {
        let picture = shown(&view, &Screen::default(), columns, rows);
        assert_eq!(picture.len(), usize::from(rows));
    }
    let small = shown(&view, &Screen::default(), 40, 10).join("\n");
    assert!(
        small.contains("11111111") && small.contains("ready") && small.contains("ops/s"),
        "{small}"
    );
    let large = shown(&view, &Screen::default(), 200, 50).join("\n");
    assert!(large.contains("127.0.0.1:7001, 12"), "{large}");
    shown(&View::default(), &Screen::default(), 80, 24);
}

#[test]
fn more_nodes_than_rows_are_said_to_be_more() {
    let mut view = view();
    let row = view.rows[0].clone();
    view.rows = vec![row; 60];
    let text = shown(&view, &Screen::default(), 80, 24).join("\n");
    assert!(text.contains("more"), "{text}");
}

#[test]
fn nodes_are_sorted_by_the_column_that_was_chosen() {
    let view = view();
    let order = |column, is_reversed| {
        let sorted = Order { column, is_reversed }.sort(&view.rows);
        sorted.iter().map(|row| row.place).collect::<Vec<_>>()
    };
    assert_eq!(order(Column::Node, false), [0, 1, 2]);
    assert_eq!(order(Column::Keys, false), [1, 0, 2], "who does not answer is last");
    assert_eq!(order(Column::Rate, true), [2, 1, 0]);
}

#[test]
fn keys_do_what_the_last_line_says() {
    let mut screen = Screen::default();
    let press = |screen: &mut Screen, key| screen.on_key(key, KeyModifiers::NONE);
    assert!(press(&mut screen, KeyCode::Char('s')) && screen.order.column == Column::Rate);
    assert!(press(&mut screen, KeyCode::Char('r')) && screen.order.is_reversed);
    assert!(press(&mut screen, KeyCode::Char('p')) && screen.is_paused);
    assert!(shown(&view(), &screen, 80, 24)[0].contains("PAUSED"));
    assert!(press(&mut screen, KeyCode::Char('c')) && screen.of_busiest);
    assert!(
        shown(&view(), &screen, 80, 24)
            .join("")
            .contains("commands of 11111111")
    );
    assert!(!press(&mut screen, KeyCode::Char('q')));
    assert!(press(&mut screen, KeyCode::Char('k')));
    let keys = shown(&view(), &screen, 80, 24).join("\n");
    assert!(keys.contains("hottest keys") && !keys.contains("commands of"), "{keys}");
    assert!(keys.contains("\\x00\\xff"), "{keys}");
    assert!(
        !screen.on_key(KeyCode::Char('c'), KeyModifiers::CONTROL),
        "Ctrl-C ends it"
    );
}

#[test]
fn without_colours_there_are_none_and_with_them_letters_tell_nodes_apart_still() {
    let colours = |has_colours| {
        let screen = Screen {
            has_colours,
            ..Screen::default()
        };
        let mut terminal = Terminal::new(TestBackend::new(80, 24)).expect("a terminal");
        terminal.draw(|frame| draw(frame, &view(), &screen)).expect("drawn");
        let cells = terminal.backend().buffer().content().to_vec();
        cells
            .iter()
            .filter(|cell| cell.fg != Color::Reset || cell.bg != Color::Reset)
            .count()
    };
    assert_eq!(colours(false), 0);
    assert!(colours(true) > 100);
}
