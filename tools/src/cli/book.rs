//! What is known of commands: from `COMMAND DOCS` of the server, or from the program's own table, which is written and read the same way.

use circlet_resp::command::{self, CommandSpec};
use circlet_resp::{Proto, ReplyBuf, ReplyLimits, ReplyParser, Value};

/// Every command and subcommand, by name.
#[derive(Debug, Default)]
pub(crate) struct Book {
    /// Invariant: sorted by name.
    entries: Vec<Entry>,
}

/// One command or subcommand.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Entry {
    /// In capitals, a subcommand's after its container's: `CLIENT KILL`.
    pub(crate) name: String,
    /// What it does, in one sentence.
    pub(crate) summary: String,
    /// The version that brought it.
    pub(crate) since: String,
    /// Its family.
    pub(crate) group: String,
    /// The grammar of its arguments.
    pub(crate) args: Vec<Arg>,
}

/// One argument, or several that belong together.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Arg {
    /// What stands for it in the syntax.
    pub(crate) shown: String,
    /// What it is.
    pub(crate) kind: Kind,
    /// The word that stands before it, or that it is.
    pub(crate) token: Option<String>,
    /// May be left out.
    pub(crate) optional: bool,
    /// May be repeated.
    pub(crate) multiple: bool,
    /// May be repeated, each time with its word.
    pub(crate) multiple_token: bool,
    /// What it consists of.
    pub(crate) args: Vec<Arg>,
}

/// What kind of thing an argument is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Any word.
    #[default]
    Word,
    /// A whole number.
    Integer,
    /// A number with a fraction.
    Double,
    /// A word that stands for itself.
    Token,
    /// One of the arguments within.
    OneOf,
    /// All of the arguments within.
    Block,
}

impl Book {
    /// From a reply to `COMMAND DOCS`; `None` if it is none, or names no command.
    pub(crate) fn read(reply: &Value) -> Option<Self> {
        let mut entries = Vec::new();
        for (name, doc) in pairs(reply) {
            read_entry(&text(name).to_uppercase(), doc, &mut entries);
        }
        entries.sort_by(|a: &Entry, b| a.name.cmp(&b.name));
        (!entries.is_empty()).then_some(Book { entries })
    }

    /// What this program's own server knows: for a server that does not tell.
    pub(crate) fn built_in() -> Self {
        let containers_first = || command::all().iter().filter(|spec| !spec.name().contains('|'));
        let mut docs = ReplyBuf::new(Proto::Resp3);
        docs.map(containers_first().count());
        containers_first().for_each(|spec: &&CommandSpec| command::write_docs(spec, &mut docs));
        let reply = ReplyParser::new(ReplyLimits::default()).parse(&docs.take());
        let reply = reply.ok().and_then(|progress| progress.value);
        reply.and_then(|reply| Book::read(&reply)).unwrap_or_default()
    }

    /// All entries, by name.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry that words begin with, of two the longer one, and how many words its name has.
    pub(crate) fn find(&self, words: &[Vec<u8>]) -> Option<(&Entry, usize)> {
        let matching = self.entries.iter().filter_map(|entry| {
            let count = entry.name_words().count();
            (count <= words.len() && entry.is_called(&words[..count])).then_some((entry, count))
        });
        matching.max_by_key(|&(_, count)| count)
    }

    /// The families, by name.
    pub(crate) fn groups(&self) -> Vec<&str> {
        let mut groups: Vec<&str> = self.entries.iter().map(|entry| entry.group.as_str()).collect();
        groups.sort_unstable();
        groups.dedup();
        groups
    }
}

impl Entry {
    fn name_words(&self) -> impl Iterator<Item = &str> {
        self.name.split(' ')
    }

    /// Whether its name begins with these words.
    pub(crate) fn is_called(&self, words: &[Vec<u8>]) -> bool {
        words.len() <= self.name_words().count()
            && self
                .name_words()
                .zip(words)
                .all(|(name, word)| word.eq_ignore_ascii_case(name.as_bytes()))
    }
}

fn read_entry(name: &str, doc: &Value, entries: &mut Vec<Entry>) {
    let mut entry = Entry {
        name: name.replace('|', " "),
        ..Entry::default()
    };
    for (field, value) in pairs(doc) {
        match text(field).as_str() {
            "summary" => entry.summary = text(value),
            "since" => entry.since = text(value),
            "group" => entry.group = text(value),
            "arguments" => entry.args = read_args(value),
            "subcommands" => {
                for (name, doc) in pairs(value) {
                    read_entry(&text(name).to_uppercase(), doc, entries);
                }
            }
            _ => {}
        }
    }
    entries.push(entry);
}

fn read_args(list: &Value) -> Vec<Arg> {
    let args = list.as_slice().unwrap_or_default();
    args.iter().map(read_arg).collect()
}

fn read_arg(doc: &Value) -> Arg {
    let mut arg = Arg::default();
    for (field, value) in pairs(doc) {
        match text(field).as_str() {
            "name" if arg.shown.is_empty() => arg.shown = text(value),
            "display_text" => arg.shown = text(value),
            "token" => arg.token = Some(text(value)),
            "arguments" => arg.args = read_args(value),
            "type" => {
                arg.kind = match text(value).as_str() {
                    "integer" | "unix-time" => Kind::Integer,
                    "double" => Kind::Double,
                    "pure-token" => Kind::Token,
                    "oneof" => Kind::OneOf,
                    "block" => Kind::Block,
                    _ => Kind::Word,
                }
            }
            "flags" => {
                let has = |name: &str| {
                    value
                        .as_slice()
                        .unwrap_or_default()
                        .iter()
                        .any(|flag| text(flag) == name)
                };
                arg.optional = has("optional");
                arg.multiple = has("multiple");
                arg.multiple_token = has("multiple_token");
            }
            _ => {}
        }
    }
    arg
}

/// Keys and values: RESP2 sends a map as a list.
fn pairs(value: &Value) -> Vec<(&Value, &Value)> {
    match value {
        Value::Map(pairs) => pairs.iter().map(|(key, value)| (key, value)).collect(),
        Value::Array(items) => items.chunks_exact(2).map(|pair| (&pair[0], &pair[1])).collect(),
        _ => Vec::new(),
    }
}

fn text(value: &Value) -> String {
    String::from_utf8_lossy(value.as_bytes().unwrap_or_default()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<Vec<u8>> {
        line.split(' ').map(|word| word.as_bytes().to_vec()).collect()
    }

    #[test]
    fn the_built_in_book_has_every_command_with_its_family() {
        let book = Book::built_in();
        assert_eq!(book.entries().len(), command::all().len());
        let named = |entry: &&Entry| entry.summary.is_empty() || entry.group.is_empty();
        assert_eq!(book.entries().iter().find(named), None);
        assert!(book.groups().contains(&"sorted-set"));
    }

    #[test]
    fn a_subcommand_is_found_before_its_container() {
        let book = Book::built_in();
        let name = |line| {
            book.find(&words(line))
                .map(|(entry, count)| (entry.name.as_str(), count))
        };
        assert_eq!(name("client kill addr"), Some(("CLIENT KILL", 2)));
        assert_eq!(name("Client"), Some(("CLIENT", 1)));
        assert_eq!(name("client nosuch"), Some(("CLIENT", 1)));
        assert_eq!(name("nosuch"), None);
    }

    #[test]
    fn a_reply_of_resp2_says_the_same_as_one_of_resp3() {
        let book = |proto| {
            let mut docs = ReplyBuf::new(proto);
            docs.map(1);
            let spec = command::lookup(b"client").expect("a command");
            command::write_docs(spec, &mut docs);
            let reply = ReplyParser::default().parse(&docs.take()).expect("a reply").value;
            Book::read(&reply.expect("a whole one")).expect("a command").entries
        };
        assert_eq!(book(Proto::Resp2), book(Proto::Resp3));
        assert!(book(Proto::Resp2).len() > 1);
    }

    #[test]
    fn what_is_no_documentation_is_no_book() {
        assert!(Book::read(&Value::Error("ERR unknown command".into())).is_none());
        assert!(Book::read(&Value::Array(Vec::new())).is_none());
    }
}
