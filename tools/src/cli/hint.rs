//! The rest of a command's syntax while it is typed.
//!
//! The words so far are taken by the grammar from left to right, and what is left of each argument is what is shown. Arguments that may be
//! left out come in any order among their neighbours; one that was begun stands first.
//!
//! ```text
//!   SET key value EX             seconds [NX|XX] [GET]
//!   ~~~~~~~~~~~~~~~ typed        ~~~~~~~~~~~~~~~~~~~~~ shown
//! ```

use super::book::{Arg, Book, Kind};
use super::words;

/// What an argument has taken of the words.
///
/// Invariant: what is not whole has taken all words that there were.
struct Taken {
    words: usize,
    /// What may still follow, as syntax.
    rest: String,
    /// Whether nothing that must follow is missing.
    whole: bool,
}

/// What may follow a line, with a blank before it if the line ends without one; `None` if nothing is known, or the line does not fit.
pub(crate) fn hint(book: &Book, line: &str) -> Option<String> {
    let words = words::split(line.as_bytes())?;
    let (_, command) = words::repeated(&words).ok()?;
    let (entry, name_words) = book.find(command)?;
    let typed = &command[name_words..];
    let taken = take_all(&entry.args, typed)?;
    if taken.words < typed.len() || taken.rest.is_empty() {
        return None;
    }
    let blank = if line.ends_with(char::is_whitespace) { "" } else { " " };
    Some(format!("{blank}{}", taken.rest))
}

/// The words of the grammar that may stand next, if the line is at a command's arguments: those that begin with `typed`, which stands behind
/// `line`. None where any word may stand.
pub(crate) fn tokens(book: &Book, line: &str, typed: &str) -> Option<Vec<String>> {
    let words = words::split(line.as_bytes())?;
    let (_, command) = words::repeated(&words).ok()?;
    let (entry, name_words) = book.find(command)?;
    let fits = |word: &str| {
        let words = [&command[name_words..], &[word.as_bytes().to_vec()]].concat();
        take_all(&entry.args, &words).is_some_and(|taken| taken.words == words.len())
    };
    let mut tokens = Vec::new();
    collect_tokens(&entry.args, &mut tokens);
    tokens.retain(|token| {
        token
            .get(..typed.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(typed))
            && fits(token)
    });
    // No word of any grammar.
    (!tokens.is_empty() && !fits("\0")).then_some(tokens)
}

fn collect_tokens(args: &[Arg], tokens: &mut Vec<String>) {
    for arg in args {
        tokens.extend(arg.token.clone().filter(|token| !token.is_empty()));
        collect_tokens(&arg.args, tokens);
    }
}

/// The syntax of arguments.
pub(crate) fn syntax(args: &[Arg]) -> String {
    join(args.iter().map(syntax_of), " ")
}

fn syntax_of(arg: &Arg) -> String {
    let text = join([with_token(arg), again(arg)], " ");
    if arg.optional { format!("[{text}]") } else { text }
}

fn with_token(arg: &Arg) -> String {
    let token = match arg.token.as_deref() {
        // A word of no bytes, as of MIGRATE.
        Some("") => "\"\"",
        token => token.unwrap_or_default(),
    };
    join([token.to_owned(), body(arg)], " ")
}

/// The argument without its token and its repetition.
fn body(arg: &Arg) -> String {
    match arg.kind {
        Kind::Token => String::new(),
        Kind::OneOf => join(arg.args.iter().map(syntax_of), "|"),
        Kind::Block => syntax(&arg.args),
        Kind::Word | Kind::Integer | Kind::Double => arg.shown.clone(),
    }
}

/// The repetition of an argument, if it may be repeated.
fn again(arg: &Arg) -> String {
    match (arg.multiple, arg.multiple_token) {
        (false, _) => String::new(),
        (true, true) => format!("[{} ...]", with_token(arg)),
        (true, false) => format!("[{} ...]", body(arg)),
    }
}

fn join(parts: impl IntoIterator<Item = String>, between: &str) -> String {
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(between)
}

/// Takes words by arguments in a row; `None` if they do not fit. There may be words left.
fn take_all(args: &[Arg], words: &[Vec<u8>]) -> Option<Taken> {
    let mut taken = Taken {
        words: 0,
        rest: String::new(),
        whole: true,
    };
    let mut args = args;
    while let Some(first) = args.first() {
        let here = &words[taken.words..];
        let count = if first.optional {
            args.iter().take_while(|arg| arg.optional).count()
        } else {
            1
        };
        let next = if first.optional {
            take_optional(&args[..count], here)?
        } else if here.is_empty() {
            Taken {
                words: 0,
                rest: syntax_of(first),
                whole: false,
            }
        } else {
            take(first, here)?
        };
        args = &args[count..];
        taken.words += next.words;
        if taken.words == words.len() {
            taken.rest = join([taken.rest, next.rest], " ");
            taken.whole &= next.whole;
        } else {
            debug_assert!(next.whole, "it lacks words, and left some");
        }
    }
    Some(taken)
}

/// Takes words by arguments that may be left out, in any order.
fn take_optional(args: &[Arg], words: &[Vec<u8>]) -> Option<Taken> {
    let mut unused: Vec<&Arg> = args.iter().collect();
    let mut last = Taken {
        words: 0,
        rest: String::new(),
        whole: true,
    };
    let mut count = 0;
    while count < words.len() {
        let fits = |arg: &&Arg| take(arg, &words[count..]).filter(|taken| taken.words > 0);
        let Some((at, taken)) = unused.iter().enumerate().find_map(|(at, arg)| Some((at, fits(arg)?))) else {
            break;
        };
        unused.remove(at);
        count += taken.words;
        last = taken;
    }
    let others = unused.into_iter().map(syntax_of);
    Some(Taken {
        words: count,
        rest: join([last.rest].into_iter().chain(others), " "),
        whole: last.whole,
    })
}

/// Takes words by one argument, as often as it may be repeated; `None` if the first word does not fit.
fn take(arg: &Arg, words: &[Vec<u8>]) -> Option<Taken> {
    let mut taken = take_once(arg, words, true)?;
    if !arg.multiple {
        return Some(taken);
    }
    while taken.whole && taken.words < words.len() {
        match take_once(arg, &words[taken.words..], arg.multiple_token) {
            Some(next) if next.words > 0 => {
                taken.words += next.words;
                taken.whole = next.whole;
                taken.rest = next.rest;
            }
            _ => break,
        }
    }
    taken.rest = join([taken.rest, again(arg)], " ");
    Some(taken)
}

fn take_once(arg: &Arg, words: &[Vec<u8>], with_token: bool) -> Option<Taken> {
    let token = arg.token.as_deref().filter(|_| with_token);
    let tokens = usize::from(token.is_some());
    if let Some(token) = token {
        if !words.first()?.eq_ignore_ascii_case(token.as_bytes()) {
            return None;
        }
        if arg.kind == Kind::Token || words.len() == 1 {
            let rest = body(arg);
            return Some(Taken {
                words: 1,
                whole: rest.is_empty(),
                rest,
            });
        }
    }
    let mut taken = take_body(arg, &words[tokens..])?;
    taken.words += tokens;
    Some(taken)
}

fn take_body(arg: &Arg, words: &[Vec<u8>]) -> Option<Taken> {
    let word = std::str::from_utf8(words.first()?).unwrap_or_default();
    match arg.kind {
        Kind::Block => return take_all(&arg.args, words).filter(|taken| taken.words > 0),
        Kind::OneOf => return arg.args.iter().find_map(|one| take(one, words)),
        Kind::Integer if word.parse::<i128>().is_err() => return None,
        Kind::Double if word.parse::<f64>().is_err() => return None,
        Kind::Word | Kind::Integer | Kind::Double | Kind::Token => {}
    }
    Some(Taken {
        words: 1,
        rest: String::new(),
        whole: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_syntax_is_written_as_redis_writes_it() {
        let book = Book::built_in();
        let of = |name: &str| {
            let entry = book.entries().iter().find(|entry| entry.name == name);
            syntax(&entry.expect("a command").args)
        };
        for (name, expected) in [
            ("GET", "key"),
            ("PING", "[message]"),
            ("MSET", "key value [key value ...]"),
            ("BLPOP", "key [key ...] timeout"),
            (
                "SET",
                "key value [NX|XX] [GET] [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|KEEPTTL]",
            ),
            (
                "ZADD",
                "key [NX|XX] [GT|LT] [CH] [INCR] score member [score member ...]",
            ),
            (
                "SORT",
                "key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC|DESC] [ALPHA] [STORE destination]",
            ),
        ] {
            assert_eq!(of(name), expected, "{name}");
        }
    }

    #[test]
    fn what_may_follow_is_shown_and_what_does_not_fit_is_not() {
        let book = Book::built_in();
        let expire = "[EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|KEEPTTL]";
        for (line, expected) in [
            ("get", Some(" key".to_owned())),
            ("get ", Some("key".into())),
            ("5 get ", Some("key".into())),
            ("get k", None),
            ("get k too-much", None),
            ("nosuch ", None),
            ("client kill", None),
            ("set k v ", Some(format!("[NX|XX] [GET] {expire}"))),
            ("set k v ex ", Some("seconds [NX|XX] [GET]".into())),
            ("set k v ex five", None),
            ("set k v get ex 5 ", Some("[NX|XX]".into())),
            ("set k v keepttl nx get", None),
            ("set \"k", None),
            ("mset a 1 ", Some("[key value ...]".into())),
            ("mset a 1 b ", Some("value [key value ...]".into())),
            ("blpop a b", Some(" [key ...] timeout".into())),
            (
                "zadd k nx ",
                Some("[GT|LT] [CH] [INCR] score member [score member ...]".into()),
            ),
            ("zadd k nx 5 ", Some("member [score member ...]".into())),
            ("zadd k 5 m", Some(" [score member ...]".into())),
            (
                "sort k get a limit 0 ",
                Some("count [BY pattern] [ASC|DESC] [ALPHA] [STORE destination]".into()),
            ),
            ("expire k five", None),
            ("ping ", Some("[message]".into())),
        ] {
            let shown = hint(&book, line);
            if line == "client kill" {
                assert!(shown.is_some_and(|text| text.contains("ADDR")), "{line}");
            } else {
                assert_eq!(shown, expected, "{line}");
            }
        }
    }

    #[test]
    fn words_of_the_grammar_are_offered_where_no_other_may_stand() {
        let book = Book::built_in();
        let offered = |line, typed| tokens(&book, line, typed).unwrap_or_default().join(" ");
        assert_eq!(offered("set k v ", ""), "NX XX GET EX PX EXAT PXAT KEEPTTL");
        assert_eq!(offered("set k v ", "e"), "EX EXAT");
        assert_eq!(offered("set k v nx ", "x"), "");
        assert_eq!(offered("set k v ex ", ""), "", "a number is wanted");
        assert_eq!(offered("set k ", "e"), "", "any value may stand there");
        assert_eq!(offered("bitop ", "x"), "XOR");
        assert_eq!(offered("zadd k ", "c"), "CH");
        assert_eq!(offered("nosuch ", ""), "");
    }

    #[test]
    fn no_line_of_any_command_confuses_it() {
        let book = Book::built_in();
        for entry in book.entries() {
            let mut line = entry.name.clone();
            for word in ["k", "5", "0.5", "LIMIT", "COUNT", "x", "7", "MATCH", "WEIGHTS", "2"] {
                line.push(' ');
                line.push_str(word);
                // Whether it fits or not: it comes to an end, and what it shows is text.
                assert!(hint(&book, &line).is_none_or(|text| !text.trim().is_empty()), "{line}");
            }
        }
    }
}
