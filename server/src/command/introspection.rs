//! What can be answered from the command table alone:
//!
//! - `COMMAND`, `COMMAND INFO [name ...]`, `COMMAND DOCS [name ...]`, `COMMAND COUNT`
//! - `COMMAND LIST [FILTERBY MODULE name | ACLCAT category | PATTERN glob]`
//! - `COMMAND GETKEYS command [arg ...]`, `COMMAND GETKEYSANDFLAGS command [arg ...]`
//! - `COMMAND HELP`, `OBJECT HELP` and every other container's HELP
//!
//! Names of subcommands are full ones, as `config|get`.

use circlet_resp::command::{CommandId, CommandSpec, KeyFlag, Refusal};
use circlet_resp::command::{all, by_full_name, lookup, resolve, write_docs, write_info};
use circlet_resp::{Args, ReplyBuf};

use super::error::CommandError;
use super::help::write_help;
use super::pure::glob::{Case, matches};

/// Answers a command that needs no key, no connection and no node.
pub type TableHandler = fn(Args<'_>, &mut ReplyBuf) -> Result<(), CommandError>;

/// The handler of a command that the table alone can answer.
#[must_use]
pub fn introspection(id: CommandId) -> Option<TableHandler> {
    use CommandId as Id;
    Some(match id {
        Id::Command => command,
        Id::CommandInfo => info,
        Id::CommandDocs => docs,
        Id::CommandCount => count,
        Id::CommandList => list,
        Id::CommandGetkeys => getkeys,
        Id::CommandGetkeysandflags => getkeysandflags,
        Id::CommandHelp | Id::ObjectHelp | Id::MemoryHelp | Id::ClientHelp | Id::ConfigHelp => help,
        Id::SlowlogHelp | Id::LatencyHelp | Id::ClusterHelp => help,
        _ => return None,
    })
}

/// The commands that are not subcommands, which are listed within theirs.
fn top_level() -> impl Iterator<Item = &'static CommandSpec> {
    all().iter().copied().filter(|spec| spec.name() == spec.short_name())
}

fn command(_args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    reply.array(top_level().count());
    top_level().for_each(|spec| write_info(spec, reply));
    Ok(())
}

fn info(args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    if args.len() == 2 {
        return command(args, reply);
    }
    reply.array(args.len() - 2);
    for name in args.skip(2) {
        match by_full_name(name) {
            Some(spec) => write_info(spec, reply),
            None => reply.null_array(),
        }
    }
    Ok(())
}

fn docs(args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let asked: Vec<_> = if args.len() == 2 {
        top_level().collect()
    } else {
        args.skip(2).iter().filter_map(by_full_name).collect()
    };
    reply.map(asked.len());
    asked.into_iter().for_each(|spec| write_docs(spec, reply));
    Ok(())
}

fn count(_args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    reply.integer(i64::try_from(top_level().count()).unwrap_or(i64::MAX));
    Ok(())
}

fn list(args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let names: Vec<&str> = match (args.len(), args.get(2), args.get(3)) {
        (2, ..) => all().iter().map(|spec| spec.name()).collect(),
        (5, Some(filterby), Some(filter)) if filterby.eq_ignore_ascii_case(b"filterby") => {
            filtered(filter, &args[4]).ok_or(CommandError::Syntax)?
        }
        _ => return Err(CommandError::Syntax),
    };
    reply.array(names.len());
    names.into_iter().for_each(|name| reply.bulk(name.as_bytes()));
    Ok(())
}

/// The names, subcommands among them, that pass a filter; `None` if there is no such filter. There are no modules.
fn filtered(filter: &[u8], by: &[u8]) -> Option<Vec<&'static str>> {
    let names = |wanted: &dyn Fn(&CommandSpec) -> bool| {
        all()
            .iter()
            .filter(|spec| wanted(spec))
            .map(|spec| spec.name())
            .collect()
    };
    if filter.eq_ignore_ascii_case(b"module") {
        Some(Vec::new())
    } else if filter.eq_ignore_ascii_case(b"aclcat") {
        let is_wanted = |name: &str| name.trim_start_matches('@').as_bytes().eq_ignore_ascii_case(by);
        Some(names(&|spec| {
            spec.categories().any(|category| is_wanted(category.name()))
        }))
    } else if filter.eq_ignore_ascii_case(b"pattern") {
        Some(names(&|spec| matches(by, spec.name().as_bytes(), Case::Ignored)))
    } else {
        None
    }
}

fn getkeys(args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let (inner, keys) = keys_of(args.skip(2))?;
    reply.array(keys.len());
    keys.into_iter().for_each(|(at, _)| reply.bulk(&inner[at]));
    Ok(())
}

fn getkeysandflags(args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let (inner, keys) = keys_of(args.skip(2))?;
    reply.array(keys.len());
    for (at, flags) in keys {
        reply.array(2);
        reply.bulk(&inner[at]);
        reply.set(flags.len());
        flags.iter().for_each(|flag| reply.simple(flag.name()));
    }
    Ok(())
}

/// Where a key stands among its command's arguments, and what happens to it.
type KeyAt = (usize, &'static [KeyFlag]);

/// The command that COMMAND GETKEYS is asked about, and its keys, of which there is at least one.
fn keys_of(inner: Args<'_>) -> Result<(Args<'_>, Vec<KeyAt>), CommandError> {
    let no_keys = |spec: &CommandSpec| {
        if spec.has_keys() {
            None
        } else {
            Some(CommandError::NoKeyArguments)
        }
    };
    let spec = resolve(inner).map_err(|refusal| match refusal {
        Refusal::UnknownCommand | Refusal::UnknownSubcommand(_) => CommandError::InvalidCommand,
        Refusal::WrongArity(spec) => no_keys(spec).unwrap_or(CommandError::InvalidArity),
    })?;
    no_keys(spec).map_or(Ok(()), Err)?;
    if !spec.counts_its_keys(inner) {
        return Err(CommandError::InvalidArguments);
    }
    Ok((inner, spec.keys(inner).collect()))
}

fn help(args: Args<'_>, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    if let Some(container) = lookup(args.name()) {
        write_help(container, reply);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::test_args::with_args;

    /// The reply to a line as a client would type it, line ends shown as spaces.
    fn answer(line: &str) -> String {
        with_args(line, |args| {
            let mut reply = ReplyBuf::default();
            let spec = resolve(args).expect("a command");
            match introspection(spec.id()).expect("answered from the table")(args, &mut reply) {
                Ok(()) => String::from_utf8_lossy(reply.as_bytes()).replace("\r\n", " "),
                Err(error) => error.to_string(),
            }
        })
    }

    /// Each line was sent to redis-server 7.0.15; these are its answers.
    #[test]
    fn keys_are_found_as_in_redis() {
        let cases = [
            ("command getkeys get k", "*1 $1 k "),
            ("command getkeys mset a 1 b 2", "*2 $1 a $1 b "),
            ("command getkeys mset a 1 b", "*2 $1 a $1 b "),
            ("command getkeys object encoding k", "*1 $1 k "),
            ("command getkeys zunionstore d 2 a b", "*3 $1 d $1 a $1 b "),
            (
                "command getkeys zunionstore d 3 a b",
                "ERR Invalid arguments specified for command",
            ),
            (
                "command getkeys zmpop 0 a min",
                "ERR Invalid arguments specified for command",
            ),
            ("command getkeys ping x", "ERR The command has no key arguments"),
            ("command getkeys client id", "ERR The command has no key arguments"),
            ("command getkeys nope x", "ERR Invalid command specified"),
            ("command getkeys client foo", "ERR Invalid command specified"),
            (
                "command getkeys get k k",
                "ERR Invalid number of arguments specified for command",
            ),
            (
                "command getkeysandflags copy a b",
                "*2 *2 $1 a *2 +RO +access *2 $1 b *2 +OW +update ",
            ),
        ];
        for (line, expected) in cases {
            assert_eq!(answer(line), expected, "{line}");
        }
    }

    #[test]
    fn filters_list_subcommands_too() {
        assert_eq!(
            answer("command list filterby pattern object|enc*"),
            "*1 $15 object|encoding "
        );
        assert_eq!(answer("command list filterby module any"), "*0 ");
        assert!(answer("command list filterby aclcat bitmap").contains("$6 setbit "));
        assert_eq!(answer("command list filterby aclcat nosuch"), "*0 ");
        for line in [
            "command list foo",
            "command list filterby",
            "command list filterby foo x",
        ] {
            assert_eq!(answer(line), "ERR syntax error", "{line}");
        }
    }

    #[test]
    fn the_count_is_that_of_the_list() {
        let count = answer("command count");
        let number = count.trim_start_matches(':');
        for listing in ["command", "command info", "command docs"] {
            let entries = answer(listing);
            // A map of documents shows as twice as many elements in RESP2.
            let doubled = format!("*{} ", 2 * number.trim().parse::<usize>().expect("a number"));
            assert!(
                entries.starts_with(&format!("*{number}")) || entries.starts_with(&doubled),
                "{listing}"
            );
        }
    }

    #[test]
    fn a_command_that_does_not_exist_has_no_information() {
        assert!(answer("command info nope get").starts_with("*2 *-1 *10 $3 get "));
        assert_eq!(answer("command docs nope"), "*0 ");
    }

    #[test]
    fn every_container_can_help() {
        for spec in all().iter().filter(|spec| spec.short_name() == "help") {
            let line = spec.name().replace('|', " ");
            let text = answer(&line);
            let container = spec.name().trim_end_matches("|help").to_ascii_uppercase();
            assert!(text.contains(&format!("+{container} <subcommand>")), "{text}");
        }
    }
}
