//! `OBJECT HELP` and its like: made from the command table, so that it lists what there is and nothing else.

use circlet_resp::ReplyBuf;
use circlet_resp::command::{ArgKind, ArgSpec, CommandSpec};

/// Writes the answer of a container's HELP, laid out as Redis's: each subcommand with its grammar, what it does below.
pub(super) fn write_help(container: &CommandSpec, reply: &mut ReplyBuf) {
    let name = container.name().to_ascii_uppercase();
    let subcommands = container.subcommands();
    reply.array(1 + 2 * subcommands.len());
    reply.simple(&format!(
        "{name} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"
    ));
    for spec in subcommands {
        reply.simple(&format!(
            "{}{}",
            spec.short_name().to_ascii_uppercase(),
            grammar(spec.args())
        ));
        reply.simple(&format!("    {}", spec.summary()));
    }
}

/// The grammar of arguments, each with a space before it.
fn grammar(args: &[ArgSpec]) -> String {
    args.iter().map(|arg| format!(" {}", with_multiplicity(arg))).collect()
}

fn with_multiplicity(arg: &ArgSpec) -> String {
    let once = once(arg);
    let repeated = if arg.multiple {
        format!("{once} [{once} ...]")
    } else {
        once
    };
    if arg.optional {
        format!("[{repeated}]")
    } else {
        repeated
    }
}

fn once(arg: &ArgSpec) -> String {
    let token = arg.token.unwrap_or_default();
    let inner = match arg.kind {
        ArgKind::Token => return token.to_owned(),
        ArgKind::OneOf => arg.args.iter().map(with_multiplicity).collect::<Vec<_>>().join("|"),
        ArgKind::Block => grammar(arg.args).trim_start().to_owned(),
        _ => format!("<{}>", arg.shown_as.unwrap_or(arg.name)),
    };
    if token.is_empty() {
        inner
    } else {
        format!("{token} {inner}")
    }
}

#[cfg(test)]
mod tests {
    use circlet_resp::command::lookup;

    use super::*;

    fn lines(container: &str) -> Vec<String> {
        let mut reply = ReplyBuf::default();
        write_help(lookup(container.as_bytes()).expect("a container"), &mut reply);
        let text = String::from_utf8(reply.take()).expect("ASCII");
        text.split("\r\n")
            .filter_map(|line| line.strip_prefix('+'))
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn help_shows_each_subcommand_with_its_grammar() {
        let object = lines("object");
        assert_eq!(
            object[0],
            "OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"
        );
        assert!(object.contains(&"ENCODING <key>".to_owned()), "{object:?}");
        assert!(lines("memory").contains(&"USAGE <key> [SAMPLES <count>]".to_owned()));
    }

    #[test]
    fn the_announced_number_of_lines_is_written() {
        let mut reply = ReplyBuf::default();
        write_help(lookup(b"client").expect("a container"), &mut reply);
        let text = String::from_utf8(reply.take()).expect("ASCII");
        assert!(text.starts_with(&format!("*{}\r\n", lines("client").len())));
    }
}
