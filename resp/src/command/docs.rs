//! The replies of COMMAND INFO and COMMAND DOCS.

use super::arg::{ArgKind, ArgSpec};
use super::flags::Flag;
use super::keys::{KeyFind, KeyFlag, KeySpec};
use super::spec::CommandSpec;
use crate::ReplyBuf;

/// Appends what COMMAND and COMMAND INFO tell of a command: ten elements, subcommands included.
pub fn write_info(spec: &CommandSpec, out: &mut ReplyBuf) {
    let (first, last, step) = spec.key_range();
    out.array(10);
    out.bulk(spec.name().as_bytes());
    out.integer(spec.arity());
    let movable = spec.has_movable_keys().then_some(Flag::Movablekeys);
    write_words(spec.flags().chain(movable).map(Flag::name), out);
    out.integer(first);
    out.integer(last);
    out.integer(step);
    write_words(spec.categories().map(|category| category.name()), out);
    out.set(spec.tips().len());
    for tip in spec.tips() {
        out.bulk(tip.as_bytes());
    }
    out.set(spec.key_specs().len());
    for keys in spec.key_specs() {
        write_key_spec(keys, out);
    }
    out.set(spec.subcommands().len());
    for subcommand in spec.subcommands() {
        write_info(subcommand, out);
    }
}

/// Appends one entry of COMMAND DOCS: the name, and a map of what people want to know. The head of the map around the entries is the
/// caller's.
pub fn write_docs(spec: &CommandSpec, out: &mut ReplyBuf) {
    out.bulk(spec.name().as_bytes());
    let optional = [
        spec.deprecated().is_some(),
        !spec.args().is_empty(),
        !spec.subcommands().is_empty(),
    ];
    let deprecated_fields = if spec.deprecated().is_some() { 2 } else { 0 };
    out.map(4 + optional.iter().filter(|&&present| present).count() + deprecated_fields);
    write_field("summary", spec.summary(), out);
    write_field("since", spec.since(), out);
    write_field("group", spec.group().name(), out);
    write_field("complexity", spec.complexity(), out);
    if let Some((since, instead)) = spec.deprecated() {
        out.bulk(b"doc_flags");
        write_words(["deprecated"].into_iter(), out);
        write_field("deprecated_since", since, out);
        write_field("replaced_by", instead, out);
    }
    if !spec.args().is_empty() {
        out.bulk(b"arguments");
        write_args(spec.args(), out);
    }
    if !spec.subcommands().is_empty() {
        out.bulk(b"subcommands");
        out.map(spec.subcommands().len());
        for subcommand in spec.subcommands() {
            write_docs(subcommand, out);
        }
    }
}

fn write_field(name: &str, text: &str, out: &mut ReplyBuf) {
    out.bulk(name.as_bytes());
    out.bulk(text.as_bytes());
}

fn write_words<'a>(words: impl Iterator<Item = &'a str> + Clone, out: &mut ReplyBuf) {
    out.set(words.clone().count());
    for word in words {
        out.simple(word);
    }
}

fn write_key_spec(keys: &KeySpec, out: &mut ReplyBuf) {
    out.map(3);
    out.bulk(b"flags");
    write_words(keys.flags().iter().copied().map(KeyFlag::name), out);
    out.bulk(b"begin_search");
    match keys.find() {
        KeyFind::Range { first: index, .. } | KeyFind::Counted { count: index } => {
            write_search("index", &[("index", index.into())], out);
        }
        KeyFind::Behind { word, from } => {
            write_search_head("keyword", 2, out);
            write_field("keyword", word, out);
            out.bulk(b"startfrom");
            out.integer(from.into());
        }
        KeyFind::AmongOptions(_) | KeyFind::Unknown => write_search("unknown", &[], out),
    }
    out.bulk(b"find_keys");
    let range = |last: i8, step: u8| [("lastkey", last.into()), ("keystep", step.into()), ("limit", 0)];
    match keys.find() {
        KeyFind::Range { last, step, .. } => write_search("range", &range(last, step), out),
        KeyFind::Behind { .. } => write_search("range", &range(0, 1), out),
        KeyFind::Counted { .. } => {
            let counted = [("keynumidx", 0), ("firstkey", 1), ("keystep", 1)];
            write_search("keynum", &counted, out);
        }
        KeyFind::AmongOptions(_) | KeyFind::Unknown => write_search("unknown", &[], out),
    }
}

fn write_search_head(kind: &str, fields: usize, out: &mut ReplyBuf) {
    out.map(2);
    write_field("type", kind, out);
    out.bulk(b"spec");
    out.map(fields);
}

fn write_search(kind: &str, numbers: &[(&str, i64)], out: &mut ReplyBuf) {
    write_search_head(kind, numbers.len(), out);
    for (name, number) in numbers {
        out.bulk(name.as_bytes());
        out.integer(*number);
    }
}

fn write_args(args: &[ArgSpec], out: &mut ReplyBuf) {
    out.array(args.len());
    for arg in args {
        write_arg(arg, out);
    }
}

fn write_arg(arg: &ArgSpec, out: &mut ReplyBuf) {
    let has_parts = matches!(arg.kind, ArgKind::OneOf | ArgKind::Block);
    let flags = [
        (arg.optional, "optional"),
        (arg.multiple, "multiple"),
        (arg.multiple_token, "multiple_token"),
    ];
    let flags = flags.iter().filter(|(present, _)| *present).map(|&(_, name)| name);
    let key_spec = if let ArgKind::Key(place) | ArgKind::KeyPattern(place) = arg.kind {
        Some(place)
    } else {
        None
    };
    let optional = [
        key_spec.is_some(),
        arg.token.is_some(),
        arg.since.is_some(),
        flags.clone().next().is_some(),
    ];
    // Name, kind, and either what to show or the parts.
    out.map(3 + optional.iter().filter(|&&present| present).count());
    let name = arg.name.to_ascii_lowercase();
    write_field("name", &name, out);
    write_field("type", arg.kind.name(), out);
    if !has_parts {
        write_field("display_text", arg.shown_as.unwrap_or(&name), out);
    }
    if let Some(place) = key_spec {
        out.bulk(b"key_spec_index");
        out.integer(i64::from(place));
    }
    if let Some(token) = arg.token {
        write_field("token", token, out);
    }
    if let Some(since) = arg.since {
        write_field("since", since, out);
    }
    if flags.clone().next().is_some() {
        out.bulk(b"flags");
        write_words(flags, out);
    }
    if has_parts {
        out.bulk(b"arguments");
        write_args(arg.args, out);
    }
}
