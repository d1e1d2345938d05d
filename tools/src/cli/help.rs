//! `help`, and what Tab offers.

use super::book::{Book, Entry};
use super::hint::{syntax, tokens};

/// What `help` says, with the words behind it; `colours` on a terminal.
pub(crate) fn help(book: &Book, topic: &[Vec<u8>], colours: bool) -> String {
    let Some(first) = topic.first() else {
        return GENERAL.to_owned();
    };
    let mut text = String::new();
    match first.strip_prefix(b"@") {
        Some(group) => {
            let in_group = |entry: &&Entry| group.eq_ignore_ascii_case(entry.group.as_bytes());
            let entries = book.entries().iter().filter(in_group);
            entries.for_each(|entry| text += &describe(entry, false, colours));
        }
        None => {
            let entries = book.entries().iter().filter(|entry| entry.is_called(topic));
            entries.for_each(|entry| text += &describe(entry, true, colours));
        }
    }
    if text.is_empty() {
        return "Nothing is known of that: \"help\" says what may be asked\n".to_owned();
    }
    text.push('\n');
    text
}

const GENERAL: &str = "\
To get help about commands type:
      \"help @<group>\" to get a list of commands in <group>
      \"help <command>\" for help on <command>
      \"help <tab>\" to get a list of possible help topics
      \"quit\" to exit

A number before a command repeats it: \"5 incr counter\"
\"connect <host> <port>\" goes to another node, \"clear\" clears the screen

To set preferences:
      \":set hints\" enable online hints
      \":set nohints\" disable online hints
";

fn describe(entry: &Entry, with_group: bool, colours: bool) -> String {
    let paint = |code: &str, text: &str| {
        if colours {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    };
    let syntax = syntax(&entry.args);
    let syntax = if syntax.is_empty() {
        syntax
    } else {
        format!(" {}", paint("90", &syntax))
    };
    let mut text = format!("\n  {}{syntax}\n", paint("1", &entry.name));
    let mut field = |name: &str, value: &str| text += &format!("  {} {value}\n", paint("33", name));
    field("summary:", &entry.summary);
    field("since:", &entry.since);
    if with_group {
        field("group:", &entry.group);
    }
    text
}

/// Where the words stand that Tab completes, and what may stand there: commands, after `help` also families; behind a command the words of
/// its grammar.
pub(crate) fn completions(book: &Book, line: &str) -> (usize, Vec<String>) {
    let last = line.rfind(char::is_whitespace).map_or(0, |blank| blank + 1);
    if let Some(tokens) = tokens(book, &line[..last], &line[last..]) {
        return (last, tokens);
    }
    let is_help = line.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("help "));
    let start = if is_help {
        line.len() - line[5..].trim_start().len()
    } else {
        0
    };
    let typed = &line[start..];
    let begins = |name: &str| {
        name.get(..typed.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(typed))
    };
    let commands = book.entries().iter().map(|entry| entry.name.clone());
    let groups = book
        .groups()
        .into_iter()
        .filter(|_| is_help)
        .map(|group| format!("@{group}"));
    (start, commands.chain(groups).filter(|name| begins(name)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<Vec<u8>> {
        line.split_whitespace().map(|word| word.as_bytes().to_vec()).collect()
    }

    #[test]
    fn help_tells_of_a_command_of_a_family_and_of_itself() {
        let book = Book::built_in();
        let said = |topic: &str| help(&book, &words(topic), false);
        let get = said("get");
        assert!(get.starts_with("\n  GET key\n  summary: "), "{get}");
        assert!(get.ends_with("  group: string\n\n"), "{get}");
        let client = said("client");
        assert!(
            client.contains("  CLIENT\n") && client.contains("  CLIENT KILL "),
            "{client}"
        );
        assert!(!said("client kill").contains("CLIENT LIST"));
        let family = said("@hyperloglog");
        assert!(family.contains("PFADD key") && !family.contains("group:"), "{family}");
        assert!(said("nosuch").starts_with("Nothing is known"));
        assert!(said("").contains("help @<group>"));
    }

    #[test]
    fn colours_are_only_where_they_are_wanted() {
        let book = Book::built_in();
        assert!(help(&book, &words("get"), true).contains("\x1b[1mGET\x1b[0m \x1b[90mkey\x1b[0m"));
        assert!(!help(&book, &words("get"), false).contains('\x1b'));
    }

    #[test]
    fn tab_offers_commands_and_after_help_families() {
        let book = Book::built_in();
        assert_eq!(completions(&book, "getd"), (0, vec!["GETDEL".to_owned()]));
        assert_eq!(completions(&book, "client ki"), (0, vec!["CLIENT KILL".to_owned()]));
        assert_eq!(completions(&book, "help @hyp"), (5, vec!["@hyperloglog".to_owned()]));
        assert_eq!(completions(&book, "HELP  getd"), (6, vec!["GETDEL".to_owned()]));
        assert_eq!(completions(&book, "@hyp"), (0, Vec::new()));
        assert_eq!(completions(&book, "set k v ke"), (8, vec!["KEEPTTL".to_owned()]));
        assert_eq!(completions(&book, "gé"), (0, Vec::new()));
    }
}
