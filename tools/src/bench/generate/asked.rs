//! What is asked: the commands of the command line as templates.

use circlet_measure::load::{Part, Template, Word};
use clap::ValueEnum;

/// Digits of a key's number, and of `__rand__`.
pub(super) const KEY_DIGITS: u8 = 12;
const FIELD_DIGITS: u8 = 6;
/// Keys of one MSET or MGET, as redis-benchmark has them.
const KEYS_OF_MANY: usize = 10;

/// What fills a hole of a template.
pub(super) mod hole {
    pub(in super::super) const KEY: u8 = 0;
    pub(in super::super) const DATA: u8 = 1;
    pub(in super::super) const FIELD: u8 = 2;
    pub(in super::super) const RAND: u8 = 3;
    pub(in super::super) const TTL: u8 = 4;
}

/// Commands that have a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Preset {
    Ping,
    Get,
    Set,
    Incr,
    Lpush,
    Rpush,
    Lpop,
    Rpop,
    Lrange,
    Sadd,
    Spop,
    Hset,
    Hget,
    Zadd,
    Zrange,
    Zpopmin,
    Mset,
    Mget,
    Del,
}

impl Preset {
    /// Its words, and what its keys begin with: each type has keys of its own.
    fn words(self) -> (String, &'static str) {
        let many = |name: &str, each: &str| name.to_owned() + &each.repeat(KEYS_OF_MANY);
        let (words, prefix) = match self {
            Self::Ping => ("PING", ""),
            Self::Get => ("GET __key__", "key:"),
            Self::Set => ("SET __key__ __data__", "key:"),
            Self::Incr => ("INCR __key__", "counter:"),
            Self::Lpush => ("LPUSH __key__ __data__", "list:"),
            Self::Rpush => ("RPUSH __key__ __data__", "list:"),
            Self::Lpop => ("LPOP __key__", "list:"),
            Self::Rpop => ("RPOP __key__", "list:"),
            Self::Lrange => ("LRANGE __key__ 0 99", "list:"),
            Self::Sadd => ("SADD __key__ __field__", "set:"),
            Self::Spop => ("SPOP __key__", "set:"),
            Self::Hset => ("HSET __key__ __field__ __data__", "hash:"),
            Self::Hget => ("HGET __key__ __field__", "hash:"),
            Self::Zadd => ("ZADD __key__ __rand__ __field__", "zset:"),
            Self::Zrange => ("ZRANGE __key__ 0 9", "zset:"),
            Self::Zpopmin => ("ZPOPMIN __key__", "zset:"),
            Self::Mset => return (many("MSET", " __key__ __data__"), "key:"),
            Self::Mget => return (many("MGET", " __key__"), "key:"),
            Self::Del => ("DEL __key__", "key:"),
        };
        (words.to_owned(), prefix)
    }
}

/// How commands are written out.
#[derive(Debug, Clone)]
pub(crate) struct Style {
    /// What keys begin with, if not as each type's do.
    pub(crate) key_prefix: Option<String>,
    /// Keys have texts of their own: those of a trace.
    pub(crate) keys_are_texts: bool,
    /// Bytes of every value, if all have the same.
    pub(crate) value_bytes: Option<u32>,
    /// Seconds to live of what SET writes.
    pub(crate) ttl: Option<Ttl>,
    /// The keys of one command must lie in one slot.
    pub(crate) one_slot: bool,
}

/// `--ttl`, in seconds, from the first to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ttl {
    pub(crate) first_s: u32,
    pub(crate) last_s: u32,
}

impl std::str::FromStr for Ttl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (first, last) = text.split_once("..").unwrap_or((text, text));
        match (first.parse(), last.parse()) {
            (Ok(first_s), Ok(last_s)) if 0 < first_s && first_s <= last_s => Ok(Ttl { first_s, last_s }),
            _ => Err("expected SECONDS or FIRST..LAST, from 1 on".into()),
        }
    }
}

/// A command, ready to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) name: String,
    pub(crate) template: Template,
    /// What stands around the digits of its first key, if it has one: its slot goes by the whole.
    pub(crate) key: Option<(Vec<u8>, Vec<u8>)>,
    /// Whether all of its keys have the number of the first.
    pub(crate) one_number: bool,
}

impl Asked {
    /// A command by its name.
    ///
    /// # Errors
    /// When `style` does not go with it.
    pub(crate) fn preset(preset: Preset, style: &Style) -> Result<Self, String> {
        let (mut words, prefix) = preset.words();
        if style.ttl.is_some() && preset == Preset::Set {
            words += " EX __ttl__";
        }
        let name = preset.to_possible_value().map(|value| value.get_name().to_uppercase());
        Self::new(name.unwrap_or_default(), &split(&words)?, prefix, style)
    }

    /// Any command; see the placeholders in the help.
    ///
    /// # Errors
    /// When it has none of the words, or a placeholder that does not exist.
    pub(crate) fn custom(command: &str, style: &Style) -> Result<Self, String> {
        let words = split(command)?;
        if words.is_empty() {
            return Err("a command has at least one word".into());
        }
        Self::new(command.to_owned(), &words, "key:", style)
    }

    fn new(name: String, words: &[String], prefix: &str, style: &Style) -> Result<Self, String> {
        let prefix = style.key_prefix.as_deref().unwrap_or(prefix);
        let keys = words.iter().filter(|word| word.contains("__key__")).count();
        let one_number = style.one_slot && keys > 1;
        let mut compiler = Compiler {
            style,
            prefix,
            tags: one_number,
            keys_seen: 0,
            first_key: None,
        };
        let compiled = words
            .iter()
            .map(|word| compiler.word(word))
            .collect::<Result<Vec<_>, _>>();
        let compiled = compiled.map_err(|why| format!("`{name}`: {why}"))?;
        Ok(Asked {
            name,
            template: Template::new(&compiled),
            key: compiler.first_key,
            one_number,
        })
    }
}

/// Words between blanks; quotes keep blanks together.
fn split(command: &str) -> Result<Vec<String>, String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in command.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            None if c == '"' || c == '\'' => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            None if c.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    match quote {
        None => Ok(words),
        Some(open) => Err(format!("a {open} is missing in `{command}`")),
    }
}

/// A piece of a word: text, or a placeholder.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Text(&'a str),
    Hole(u8),
}

/// Cuts a word at its placeholders.
fn pieces(word: &str) -> Result<Vec<Piece<'_>>, String> {
    const NAMES: [(&str, u8); 5] = [
        ("key", hole::KEY),
        ("data", hole::DATA),
        ("field", hole::FIELD),
        ("rand", hole::RAND),
        ("ttl", hole::TTL),
    ];
    let mut pieces = Vec::new();
    let mut rest = word;
    while let Some((before, after)) = rest.split_once("__") {
        let Some((name, behind)) = after.split_once("__") else {
            break;
        };
        let Some((_, hole)) = NAMES.iter().find(|(known, _)| *known == name) else {
            return Err(format!(
                "there is no placeholder __{name}__: there are __key__, __data__, __field__, __rand__ and __ttl__"
            ));
        };
        if !before.is_empty() {
            pieces.push(Piece::Text(before));
        }
        pieces.push(Piece::Hole(*hole));
        rest = behind;
    }
    if !rest.is_empty() || pieces.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    Ok(pieces)
}

struct Compiler<'a> {
    style: &'a Style,
    prefix: &'a str,
    /// Keys are `{KEY}:0`, `{KEY}:1` ...: all in the slot of KEY.
    tags: bool,
    keys_seen: usize,
    first_key: Option<(Vec<u8>, Vec<u8>)>,
}

impl Compiler<'_> {
    fn word(&mut self, word: &str) -> Result<Word, String> {
        let pieces = pieces(word)?;
        let is_alone = pieces.len() == 1;
        let mut parts = Vec::new();
        // A hole of any length, and how many parts stand before it.
        let mut varying = None;
        for piece in &pieces {
            match piece {
                Piece::Text(text) => parts.push(Part::Text(text.as_bytes().to_vec())),
                Piece::Hole(hole) => match self.hole(*hole, is_alone)? {
                    (before, Some(part), after) => parts.extend(before.into_iter().chain([part]).chain(after)),
                    (before, None, after) => {
                        parts.extend(before);
                        if varying.replace((*hole, parts.len())).is_some() {
                            return Err(format!("`{word}` has two placeholders of any length"));
                        }
                        parts.extend(after);
                    }
                },
            }
        }
        let is_first = self.first_key.is_none() && pieces.contains(&Piece::Hole(hole::KEY));
        let Some((hole, at)) = varying else {
            if is_first {
                self.first_key = around_key(&parts);
            }
            return Ok(Word::Fixed(parts));
        };
        let (before, after) = parts.split_at(at);
        let (Some(before), Some(after)) = (text_of(before), text_of(after)) else {
            return Err(format!("`{word}` has a placeholder of any length beside another one"));
        };
        if is_first {
            self.first_key = Some((before.clone(), after.clone()));
        }
        Ok(Word::Varying { before, hole, after })
    }

    /// What stands for a hole: texts around it, and its part unless it has any length.
    #[expect(
        clippy::type_complexity,
        reason = "before, itself, after: taken apart at once by the one caller"
    )]
    fn hole(&mut self, hole: u8, is_alone: bool) -> Result<(Option<Part>, Option<Part>, Option<Part>), String> {
        let text = |text: String| (!text.is_empty()).then(|| Part::Text(text.into_bytes()));
        let digits = |width| Some(Part::Digits { hole, width });
        Ok(match hole {
            hole::KEY => {
                // The text around a placeholder is prefix enough.
                let prefix = if is_alone && !self.style.keys_are_texts {
                    self.prefix
                } else {
                    ""
                };
                let (open, close) = match self.tags {
                    true => ("{", format!("}}:{}", self.keys_seen)),
                    false => ("", String::new()),
                };
                self.keys_seen += 1;
                let part = if self.style.keys_are_texts {
                    None
                } else {
                    digits(KEY_DIGITS)
                };
                (text(format!("{open}{prefix}")), part, text(close))
            }
            hole::DATA => match self.style.value_bytes {
                Some(bytes) => (None, Some(Part::Text(vec![b'x'; bytes as usize])), None),
                None => (None, None, None),
            },
            hole::FIELD => (text("field:".into()), digits(FIELD_DIGITS), None),
            hole::RAND => (None, digits(KEY_DIGITS), None),
            _ => match self.style.ttl {
                None => return Err("__ttl__ needs --ttl".into()),
                // A number with zeros in front is none to Redis.
                Some(ttl) if ttl.first_s == ttl.last_s => {
                    (None, Some(Part::Text(ttl.first_s.to_string().into_bytes())), None)
                }
                Some(_) => (None, None, None),
            },
        })
    }
}

/// The text of parts that have no hole.
fn text_of(parts: &[Part]) -> Option<Vec<u8>> {
    let texts = parts.iter().map(|part| match part {
        Part::Text(text) => Some(&text[..]),
        Part::Digits { .. } => None,
    });
    texts.collect::<Option<Vec<_>>>().map(|texts| texts.concat())
}

/// The text around a key's digits; `None` when other digits are in the word too.
fn around_key(parts: &[Part]) -> Option<(Vec<u8>, Vec<u8>)> {
    let at = parts
        .iter()
        .position(|part| matches!(part, Part::Digits { hole: hole::KEY, .. }))?;
    Some((text_of(&parts[..at])?, text_of(&parts[at + 1..])?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use circlet_measure::load::Fill;

    /// Keys count from 7, fields are 3, data is `d`.
    struct Some7(u64);

    impl Fill for Some7 {
        fn number(&mut self, hole: u8) -> u64 {
            self.0 += u64::from(hole == hole::KEY);
            if hole == hole::KEY { self.0 + 6 } else { 3 }
        }

        fn bytes(&mut self, hole: u8) -> &[u8] {
            [&b"named"[..], b"ddd", b"", b"", b"60"][usize::from(hole)]
        }
    }

    fn style() -> Style {
        Style {
            key_prefix: None,
            keys_are_texts: false,
            value_bytes: Some(2),
            ttl: None,
            one_slot: false,
        }
    }

    /// The words that are sent.
    fn sent(asked: &Asked) -> String {
        let mut out = Vec::new();
        asked.template.append(&mut out, &mut Some7(0));
        let text = String::from_utf8(out).expect("text");
        text.split("\r\n")
            .skip(2)
            .step_by(2)
            .collect::<Vec<_>>()
            .join(" ")
            .trim_end()
            .to_owned()
    }

    fn preset(preset: Preset, style: &Style) -> String {
        sent(&Asked::preset(preset, style).expect("a preset"))
    }

    #[test]
    fn every_preset_is_a_request_with_keys_of_its_type() {
        assert_eq!(preset(Preset::Set, &style()), "SET key:000000000007 xx");
        assert_eq!(preset(Preset::Lpush, &style()), "LPUSH list:000000000007 xx");
        assert_eq!(
            preset(Preset::Zadd, &style()),
            "ZADD zset:000000000007 000000000003 field:000003"
        );
        for each in Preset::value_variants() {
            let asked = Asked::preset(*each, &style()).expect("a preset");
            assert_eq!(asked.key.is_some(), *each != Preset::Ping, "{}", asked.name);
        }
    }

    #[test]
    fn a_time_to_live_is_written_without_zeros_in_front() {
        let ttl = |first_s, last_s| Style {
            ttl: Some(Ttl { first_s, last_s }),
            ..style()
        };
        assert_eq!(preset(Preset::Set, &ttl(9, 9)), "SET key:000000000007 xx EX 9");
        assert_eq!(preset(Preset::Set, &ttl(9, 99)), "SET key:000000000007 xx EX 60");
    }

    #[test]
    fn many_keys_are_drawn_each_or_share_a_slot_by_their_tag() {
        let keys = preset(Preset::Mget, &style());
        assert!(
            keys.starts_with("MGET key:000000000007 key:000000000008 key:"),
            "{keys}"
        );
        let shared = Style {
            one_slot: true,
            ..style()
        };
        let asked = Asked::preset(Preset::Mset, &shared).expect("a preset");
        assert!(asked.one_number);
        assert_eq!(asked.key, Some((b"{key:".to_vec(), b"}:0".to_vec())));
        assert!(
            sent(&asked).starts_with("MSET {key:000000000007}:0 xx {key:"),
            "{}",
            sent(&asked)
        );
        assert_eq!(
            preset(Preset::Get, &shared),
            "GET key:000000000007",
            "one key needs no tag"
        );
    }

    #[test]
    fn a_command_of_ones_own_is_read_with_quotes_and_placeholders() {
        let custom = |command: &str, style: &Style| Asked::custom(command, style).map(|asked| sent(&asked));
        assert_eq!(
            custom("SET user:__key__:x 'a b' ", &style()),
            Ok("SET user:000000000007:x a b".into())
        );
        assert_eq!(custom("ECHO \"\"", &style()), Ok("ECHO".into()));
        let longer = Style {
            value_bytes: None,
            key_prefix: Some("k".into()),
            ..style()
        };
        assert_eq!(
            custom("SET __key__ <__data__>", &longer),
            Ok("SET k000000000007 <ddd>".into())
        );
        let named = Style {
            keys_are_texts: true,
            ..style()
        };
        assert_eq!(
            custom("GET __key__", &named),
            Ok("GET named".into()),
            "a trace's keys are as they are"
        );
    }

    #[test]
    fn a_wrong_command_is_told_why() {
        let wrong = |command: &str, why: &str| {
            let error = Asked::custom(
                command,
                &Style {
                    value_bytes: None,
                    ..style()
                },
            )
            .expect_err(command);
            assert!(error.contains(why), "{command}: {error}");
        };
        wrong("", "at least one word");
        wrong("GET 'a", "a ' is missing");
        wrong("GET __kye__", "there is no placeholder __kye__: there are __key__");
        wrong("SET a __ttl__", "needs --ttl");
        wrong("SET a __data____data__", "two placeholders of any length");
        wrong("SET a __data____rand__", "beside another");
    }
}
