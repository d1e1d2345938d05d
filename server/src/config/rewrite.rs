//! `CONFIG REWRITE`: new values into the text of the file, and the file into its place.
//!
//! The text is edited at the places that the parser names, not written anew: comments, order and layout are the
//! operator's. A value that stands in the file is replaced where it stands; one that does not is added below the last
//! setting, above the first `[[list]]`, since below it would belong to the list.

use super::setting::Kind;
use super::{Setting, normal_name};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;
use toml::de::{DeTable, DeValue};

/// `text` with the values of these settings, or why it cannot be edited.
pub(super) fn rewritten(text: &str, values: &[(&Setting, &str)]) -> Result<String, String> {
    let table = DeTable::parse(text).map_err(|error| error.message().to_string())?;
    let mut places = Vec::new();
    let mut last_value_end = 0;
    for (key, value) in table.get_ref() {
        if !matches!(value.get_ref(), DeValue::Array(_) | DeValue::Table(_)) {
            last_value_end = last_value_end.max(value.span().end);
            places.push((normal_name(key.get_ref()), value.span()));
        }
    }
    let mut edits = Vec::new();
    let mut added = String::new();
    for (setting, value) in values {
        let literal = literal(setting, value);
        match places.iter().find(|(name, _)| name == setting.name) {
            Some((_, span)) => edits.push((span.clone(), literal)),
            None => added.push_str(&format!("{} = {literal}\n", setting.name)),
        }
    }
    let at = end_of_line(text, last_value_end);
    let line_break = if at > 0 && !text[..at].ends_with('\n') {
        "\n"
    } else {
        ""
    };
    edits.push((at..at, format!("{line_break}{added}")));
    // From the end, so that the places before an edit stay where they are.
    edits.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
    let mut text = text.to_string();
    for (span, replacement) in edits {
        text.replace_range(span, &replacement);
    }
    Ok(text)
}

/// The start of the line after the one that holds `at`; with nothing before it, the start of the text.
fn end_of_line(text: &str, at: usize) -> usize {
    if at == 0 {
        0
    } else {
        text[at..].find('\n').map_or(text.len(), |offset| at + offset + 1)
    }
}

/// A value as TOML writes it.
fn literal(setting: &Setting, value: &str) -> String {
    match setting.kind {
        Kind::Number => value.to_string(),
        Kind::Flag => (value == "yes").to_string(),
        Kind::Text => toml::Value::String(value.to_string()).to_string(),
    }
}

/// Puts a file with this text in the place of the one at `path`, in one step that outlives a crash.
///
/// The new file gets the old one's permissions: it may hold what not everybody may read.
pub(super) fn replace(path: &Path, text: &str) -> io::Result<()> {
    // A link stays one: what it leads to is replaced.
    let path = fs::canonicalize(path)?;
    let dir = path.parent().unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = dir.join(format!(".{name}.{}.tmp", std::process::id()));
    let written = write_beside(&path, &beside, text).and_then(|()| fs::rename(&beside, &path));
    if written.is_err() {
        // The first error is the one to tell; what is left behind is only litter.
        let _ = fs::remove_file(&beside);
    }
    written?;
    File::open(dir)?.sync_all()
}

fn write_beside(path: &Path, beside: &Path, text: &str) -> io::Result<()> {
    let mut file = File::create(beside)?;
    file.set_permissions(fs::metadata(path)?.permissions())?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::setting;
    use proptest::prelude::*;

    fn edit(text: &str, values: &[(&str, &str)]) -> String {
        let values: Vec<(&Setting, &str)> = values
            .iter()
            .map(|(name, value)| (setting(name).unwrap(), *value))
            .collect();
        rewritten(text, &values).unwrap()
    }

    #[test]
    fn a_value_is_replaced_where_it_stands_and_nothing_else_changes() {
        let text = "# a\n  maxclients=7# few\nlog_level = 'info'\n# z\n";
        let edited = edit(text, &[("log-level", "warn"), ("maxclients", "10000")]);
        assert_eq!(edited, "# a\n  maxclients=10000# few\nlog_level = \"warn\"\n# z\n");
    }

    #[test]
    fn a_new_value_is_added_above_the_lists() {
        let text = "port = 1 # one\n\n# the prefixes\n[[levels]]\nprefix = \"a\"\n";
        let edited = edit(text, &[("timeout", "5")]);
        assert_eq!(
            edited,
            "port = 1 # one\ntimeout = 5\n\n# the prefixes\n[[levels]]\nprefix = \"a\"\n"
        );
    }

    #[test]
    fn a_file_of_lists_only_an_empty_one_and_one_without_a_last_line_break_take_a_value() {
        assert_eq!(
            edit("[[levels]]\nprefix = \"a\"\n", &[("timeout", "5")]),
            "timeout = 5\n[[levels]]\nprefix = \"a\"\n"
        );
        assert_eq!(edit("", &[("timeout", "5")]), "timeout = 5\n");
        assert_eq!(edit("port = 1", &[("timeout", "5")]), "port = 1\ntimeout = 5\n");
    }

    #[test]
    fn texts_are_quoted_so_that_they_are_read_back() {
        let value = "normal 1 2 3 slave 4 5 6 pubsub 7 8 9";
        let edited = edit("", &[("client-output-buffer-limit", value)]);
        assert_eq!(edited, format!("client-output-buffer-limit = \"{value}\"\n"));
    }

    #[test]
    fn a_value_over_several_lines_is_replaced_as_a_whole() {
        let edited = edit(
            "log-level = \"\"\"\\\n  info\"\"\"\nport = 1\n",
            &[("log-level", "debug")],
        );
        assert_eq!(edited, "log-level = \"debug\"\nport = 1\n");
    }

    #[test]
    fn replacing_keeps_the_permissions_and_follows_a_link() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let dir = tempfile::tempdir().unwrap();
        let (path, link) = (dir.path().join("a.toml"), dir.path().join("b.toml"));
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        symlink(&path, &link).unwrap();
        replace(&link, "new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }

    /// Lines that a file may hold, of a setting at most one each.
    const LINES: [&str; 8] = [
        "maxclients = 7 # few",
        "  timeout= 3",
        "log_level = 'warn'",
        "client-output-buffer-limit = \"\"\"\\\n  normal 1 1 1\"\"\" # of a line",
        "maxmemory = \"1gb\"",
        "# tcp-keepalive = 9",
        "",
        "port = 0",
    ];
    const LISTS: [&str; 3] = [
        "",
        "[[levels]]\nprefix = \"timeout = 5\"",
        "\n# z\n[[levels]] # y\nprefix = \"a\"\n",
    ];
    const VALUES: [(&str, &str); 6] = [
        ("maxclients", "9"),
        ("timeout", "0"),
        ("log-level", "debug"),
        ("client-output-buffer-limit", "normal 1 2 3 slave 4 5 6 pubsub 7 8 9"),
        ("maxmemory", "123456789012"),
        ("tcp-keepalive", "60"),
    ];

    proptest! {
        #[test]
        fn what_is_written_is_read_back_and_everything_else_is_as_it_was(
            lines in prop::sample::subsequence(&LINES[..], 0..=LINES.len()).prop_shuffle(),
            list in prop::sample::select(&LISTS[..]),
            values in prop::sample::subsequence(&VALUES[..], 0..=VALUES.len()),
            ends in any::<bool>(),
        ) {
            let line_break = if ends || !list.is_empty() { "\n" } else { "" };
            let text = format!("{}{line_break}{list}", lines.join("\n"));
            let edited = edit(&text, &values);
            let read = |text: &str| {
                let mut problems = Vec::new();
                let layer = crate::config::file::parse(Path::new("node.toml"), text, &mut problems);
                assert_eq!(problems, [], "{text}");
                layer.values.into_iter().map(|(name, given)| (name, given.text)).collect::<Vec<_>>()
            };
            let mut wanted: std::collections::BTreeMap<_, _> = read(&text).into_iter().collect();
            wanted.extend(values.iter().map(|(name, value)| (*name, (*value).to_string())));
            prop_assert_eq!(read(&edited), wanted.into_iter().collect::<Vec<_>>());
            prop_assert_eq!(edited.matches('#').count(), text.matches('#').count(), "no comment is lost");
        }
    }
}
