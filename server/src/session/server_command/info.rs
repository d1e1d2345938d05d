//! `INFO [section ...]`
//!
//! Fields have Redis's names and units wherever the figure exists here, since dashboards ask for them by name; what only Circlet
//! has is in the section `circlet`. The cost is that of counting, and of looking at every arc twice: some 100 microseconds.

mod circlet;
mod lines;
mod sections;

use super::super::caller::Door;
use crate::node::Node;
use circlet_resp::{Args, ReplyBuf};
use sections::Section;

/// The version of Redis whose semantics are followed: clients choose what they send by it.
pub(super) const REDIS_VERSION: &str = "7.2.4";

/// Runs INFO.
pub(super) fn info(node: &Node, door: Door, args: Args<'_>, replies: &mut ReplyBuf) {
    let mut text = String::new();
    for section in chosen(args) {
        if !text.is_empty() {
            text.push_str("\r\n");
        }
        section.write(node, door, &mut text);
    }
    replies.verbatim("txt", text.as_bytes());
}

/// The sections asked for, each once, in the order of the full answer.
fn chosen(args: Args<'_>) -> Vec<Section> {
    let names = args.skip(1);
    let named = |name: &str| names.iter().any(|asked| asked.eq_ignore_ascii_case(name.as_bytes()));
    let everything = named("all") || named("everything");
    let default = names.is_empty() || named("default");
    let is_chosen = |section: &Section| everything || (default && section.is_default()) || named(section.name());
    Section::ALL.into_iter().filter(is_chosen).collect()
}

#[cfg(test)]
mod tests {
    use super::super::test_request::Line;
    use super::*;

    fn names(line: &str) -> Vec<&'static str> {
        let line = Line::new(line);
        chosen(line.args()).into_iter().map(Section::name).collect()
    }

    #[test]
    fn sections_are_chosen_by_name_in_any_case_and_each_once() {
        assert_eq!(names("INFO keyspace SERVER server"), ["server", "keyspace"]);
        assert_eq!(names("INFO nonsense"), [""; 0]);
        assert_eq!(names("INFO default"), names("INFO"));
    }

    #[test]
    fn figures_a_command_are_shown_when_all_is_asked_for() {
        assert!(!names("INFO").contains(&"commandstats"));
        assert!(names("INFO all").contains(&"commandstats"));
        assert_eq!(names("INFO everything"), names("INFO all"));
    }
}
