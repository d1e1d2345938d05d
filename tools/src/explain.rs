//! `circlet explain KEY`

use crate::args::ExplainArgs;
use crate::ask::told_by_any;
use crate::failure::Failure;
use crate::names::{Names, table};
use crate::output::say;
use serde_json::Value;

/// Tells where a key belongs and what its owners hold.
///
/// # Errors
/// When no node answers.
pub(crate) fn run(args: &ExplainArgs) -> Result<(), Failure> {
    let told = told_by_any(&args.cluster, &["CLUSTER", "EXPLAIN", &args.key])?;
    if args.json {
        say(told);
    } else {
        say(text(&told, &Names::of(&args.cluster.dir)).trim_end());
    }
    Ok(())
}

fn text(told: &Value, names: &Names) -> String {
    let name = |id: &Value| id.as_str().map_or("nobody".to_owned(), |id| names.name(id));
    let mut text = format!(
        "key {}: slot {}, arc {}, epoch {}; its commands run on {}\n",
        told["key"],
        told["slot"],
        told["arc"],
        told["epoch"],
        name(&told["coordinator"])
    );
    text += &movement(told, names);
    let empty = Vec::new();
    let nodes = told["nodes"].as_array().unwrap_or(&empty);
    let rows: Vec<Vec<String>> = nodes
        .iter()
        .map(|node| {
            let mut role = cell(&node["role"]);
            if node["node"] == told["coordinator"] {
                role = "coordinator".to_owned();
            }
            row(node, name(&node["node"]), role)
        })
        .collect();
    let head = [
        "node",
        "clients at",
        "role",
        "holds",
        "newest stamp",
        "expires at",
        "bytes",
        "parts",
        "digest",
        "",
    ];
    text += &table(&head, &rows);
    text += match (told["agree"].as_i64(), told["answered"].as_i64()) {
        (Some(1), _) => "all owners hold the same\n",
        (Some(_), _) => {
            "the owners DIFFER: a read at QUORUM repairs that, and so does the next round of anti-entropy\n"
        }
        (None, Some(0)) => "no owner answers\n",
        (None, _) => "those that answer hold the same; not all do\n",
    };
    for hint in told["hints"].as_array().unwrap_or(&empty) {
        text += &format!(
            "{} missed {}: {} will tell it\n",
            name(&hint["for"]),
            missed(hint),
            name(&hint["by"])
        );
    }
    text
}

/// Where the arc is going.
fn movement(told: &Value, names: &Names) -> String {
    let list = |field: &str| names.list(&told[field]);
    let mut text = if told["stage"] == "at rest" {
        format!("owners: {}\n", list("from"))
    } else {
        let stage = cell(&told["stage"]);
        format!("the arc moves ({stage}) from {} to {}\n", list("from"), list("to"))
    };
    if told["draining"].as_array().is_some_and(|draining| !draining.is_empty()) {
        text += &format!("draining: {}\n", list("draining"));
    }
    if told["planned"] != told["to"] {
        text += &format!("its move to {} waits\n", list("planned"));
    }
    text
}

fn row(node: &Value, name: String, role: String) -> Vec<String> {
    let is_answered = !node["holds"].is_null();
    let holds = if is_answered {
        cell(&node["holds"])
    } else {
        format!("no answer ({})", cell(&node["state"]))
    };
    let expires = match node["expires-at-ms"].as_i64() {
        Some(-1) => "never".to_owned(),
        Some(at) => format!("{at} ms"),
        None => String::new(),
    };
    let behind = if node["caught-up"] == 0 { "catching up" } else { "" };
    let is_something = is_answered && node["holds"] != "nothing";
    let if_something = |text: String| if is_something { text } else { String::new() };
    vec![
        name,
        cell(&node["address"]),
        role,
        holds,
        if_something(cell(&node["stamp"])),
        if_something(expires),
        if_something(cell(&node["bytes"])),
        if_something(cell(&node["parts"])),
        if_something(cell(&node["digest"])),
        behind.to_owned(),
    ]
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn missed(hint: &Value) -> String {
    match (
        hint["whole-arc"].as_i64(),
        hint["this-key"].as_i64(),
        hint["keys"].as_i64(),
    ) {
        (Some(1), _, _) => "writes in the arc, too many to name".to_owned(),
        (_, Some(1), Some(1)) => "a write of this key".to_owned(),
        (_, Some(1), keys) => format!(
            "a write of this key, and of {} others of the arc",
            keys.unwrap_or(1) - 1
        ),
        (_, _, keys) => format!("writes of {} other keys of the arc", keys.unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn node(id: &str, role: &str, holds: Option<&str>) -> Value {
        let answered = holds.is_some();
        json!({
            "node": id, "address": "127.0.0.1:7001", "role": role, "state": "down", "holds": holds,
            "stamp": answered.then_some("5.0001"), "expires-at-ms": answered.then_some(-1), "bytes": 14, "parts": 0,
            "digest": "00ab", "caught-up": 1,
        })
    }

    #[test]
    fn the_coordinator_an_owner_without_an_answer_and_what_it_missed_are_told_in_words() {
        let told = json!({
            "key": "k", "slot": 12706, "arc": 794, "epoch": 3, "coordinator": "aa", "stage": "write both, read old",
            "from": ["aa", "bb"], "to": ["aa", "cc"], "planned": ["aa", "cc"], "draining": [], "answered": 1, "agree": null,
            "nodes": [node("aa", "owner", Some("string")), node("bb", "owner", None)],
            "hints": [{ "for": "bb", "by": "aa", "keys": 3, "this-key": 1, "whole-arc": 0 }],
        });
        let text = text(&told, &Names::default());
        assert!(
            text.contains("the arc moves (write both, read old) from aa, bb to aa, cc"),
            "{text}"
        );
        assert!(text.contains("coordinator  string"), "{text}");
        assert!(text.contains("no answer (down)"), "{text}");
        assert!(text.contains("those that answer hold the same; not all do"), "{text}");
        assert!(
            text.contains("bb missed a write of this key, and of 2 others of the arc: aa will tell it"),
            "{text}"
        );
    }
}
