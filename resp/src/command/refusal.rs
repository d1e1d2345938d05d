//! Why a command is not even looked at, in Redis's words.

use super::spec::CommandSpec;
use crate::{Args, ReplyBuf};

/// Bytes of a client's words that an error quotes: of a name, and of the arguments together.
const QUOTE_BYTES_MAX: usize = 128;

/// What is wrong with a command before its handler is asked. Nothing was changed.
#[derive(Clone, Copy, Debug)]
pub enum Refusal {
    /// There is no such command.
    UnknownCommand,
    /// The container has no such subcommand.
    UnknownSubcommand(&'static CommandSpec),
    /// The command takes another number of arguments.
    WrongArity(&'static CommandSpec),
}

impl Refusal {
    /// Writes the error reply for the command that `args` asked for.
    #[cold]
    pub fn write(self, args: Args<'_>, out: &mut ReplyBuf) {
        match self {
            Self::UnknownCommand => out.error_bytes(&unknown_command(args)),
            Self::UnknownSubcommand(container) => {
                let mut text = b"ERR unknown subcommand '".to_vec();
                text.extend_from_slice(quotable(args.get(1).unwrap_or_default(), QUOTE_BYTES_MAX));
                text.extend_from_slice(b"'. Try ");
                text.extend_from_slice(container.name().to_ascii_uppercase().as_bytes());
                text.extend_from_slice(b" HELP.");
                out.error_bytes(&text);
            }
            Self::WrongArity(spec) => {
                out.error_display(&format_args!(
                    "ERR wrong number of arguments for '{}' command",
                    spec.name()
                ));
            }
        }
    }
}

fn unknown_command(args: Args<'_>) -> Vec<u8> {
    let mut text = b"ERR unknown command '".to_vec();
    text.extend_from_slice(quotable(args.name(), QUOTE_BYTES_MAX));
    text.extend_from_slice(b"', with args beginning with: ");
    let start = text.len();
    for arg in args.skip(1) {
        let quoted = text.len() - start;
        if quoted >= QUOTE_BYTES_MAX {
            break;
        }
        text.push(b'\'');
        text.extend_from_slice(quotable(arg, QUOTE_BYTES_MAX - quoted));
        text.extend_from_slice(b"' ");
    }
    text
}

/// The front of `bytes`, up to a zero byte, as C prints it.
fn quotable(bytes: &[u8], bytes_max: usize) -> &[u8] {
    let bytes = &bytes[..bytes.len().min(bytes_max)];
    &bytes[..memchr::memchr(0, bytes).unwrap_or(bytes.len())]
}

#[cfg(test)]
mod tests {
    use super::super::lookup::resolve;
    use super::*;
    use crate::{Batch, Limits, RequestParser};

    fn reply(line: &str) -> String {
        let (mut parser, mut batch, mut out) =
            (RequestParser::new(Limits::default()), Batch::new(), ReplyBuf::default());
        let buf = format!("{line}\r\n").into_bytes();
        parser.parse(&buf, &mut batch, 1).expect("good input");
        let args = batch.args(0, &buf);
        match resolve(args) {
            Ok(spec) => format!("fine: {}", spec.name()),
            Err(refusal) => {
                refusal.write(args, &mut out);
                String::from_utf8(out.take()).expect("ASCII")
            }
        }
    }

    /// Each line was sent to redis-server 7.0.15; these are its answers.
    #[test]
    fn refusals_are_in_the_words_of_redis() {
        let (x, y, z) = ("x".repeat(200), "y".repeat(100), "z".repeat(100));
        let table = [
            (
                "get".to_string(),
                "-ERR wrong number of arguments for 'get' command\r\n".to_string(),
            ),
            (
                "CLIENT".to_string(),
                "-ERR wrong number of arguments for 'client' command\r\n".to_string(),
            ),
            (
                "Client Kill".to_string(),
                "-ERR wrong number of arguments for 'client|kill' command\r\n".to_string(),
            ),
            (
                "client foo".to_string(),
                "-ERR unknown subcommand 'foo'. Try CLIENT HELP.\r\n".to_string(),
            ),
            (
                "''".to_string(),
                "-ERR unknown command '', with args beginning with: \r\n".to_string(),
            ),
            (
                "foo \"a\\nb\" \"c\\x00d\"".to_string(),
                "-ERR unknown command 'foo', with args beginning with: 'a b' 'c' \r\n".to_string(),
            ),
            (
                format!("{x} {y} {z} w"),
                format!(
                    "-ERR unknown command '{}', with args beginning with: '{y}' '{}' \r\n",
                    &x[..128],
                    &z[..25]
                ),
            ),
        ];
        for (line, expected) in table {
            assert_eq!(reply(&line), expected);
        }
    }

    #[test]
    fn a_good_command_resolves_to_its_spec_or_its_subcommands() {
        assert_eq!(reply("GET key"), "fine: get");
        assert_eq!(reply("COMMAND"), "fine: command");
        assert_eq!(reply("command COUNT"), "fine: command|count");
        assert_eq!(reply("client no-evict on"), "fine: client|no-evict");
    }
}
