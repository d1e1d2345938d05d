//! A command, encoded as it is built.

use crate::to_arg::ToArg;
use circlet_resp::command::{CommandSpec, lookup};
use circlet_resp::{ArgRange, Args};
use smallvec::SmallVec;
use std::fmt;

/// A command and its arguments, in the form in which they are sent: one buffer, whatever their number.
///
/// ```
/// use circlet_client::cmd;
///
/// let set = cmd("SET").arg("greeting").arg("hello").arg("EX").arg(60);
/// assert_eq!(set.to_string(), "SET greeting hello EX 60");
/// ```
#[derive(Clone)]
pub struct Cmd {
    /// Each argument as a RESP bulk string, without the head of the array.
    body: Vec<u8>,
    /// Where the arguments are in `body`.
    args: SmallVec<[ArgRange; 6]>,
}

/// Begins a command. A subcommand is an argument: `cmd("CONFIG").arg("GET")`.
#[must_use]
pub fn cmd(name: &str) -> Cmd {
    let mut cmd = Cmd {
        body: Vec::with_capacity(96),
        args: SmallVec::new(),
    };
    cmd.push(name.as_bytes());
    cmd
}

impl Cmd {
    /// Appends what `arg` is written as: one argument for a string or a number, several for a list.
    #[must_use]
    pub fn arg(mut self, arg: impl ToArg) -> Self {
        arg.write_to(&mut self);
        self
    }

    /// Appends one argument. For implementations of [`ToArg`].
    ///
    /// # Panics
    /// When the command becomes longer than 4 GiB, which no server takes.
    pub fn push(&mut self, bytes: &[u8]) {
        let mut digits = itoa::Buffer::new();
        let len = digits.format(bytes.len());
        self.body.reserve(len.len() + bytes.len() + 5);
        self.body.push(b'$');
        self.body.extend_from_slice(len.as_bytes());
        self.body.extend_from_slice(b"\r\n");
        let start = self.body.len();
        self.body.extend_from_slice(bytes);
        let range = u32::try_from(start).ok().zip(u32::try_from(self.body.len()).ok());
        let range = range.and_then(|(start, end)| ArgRange::new(start, end));
        self.args.push(range.expect("a command of at most 4 GiB"));
        self.body.extend_from_slice(b"\r\n");
    }

    /// The arguments, name first.
    #[must_use]
    pub fn args(&self) -> Args<'_> {
        Args::new(&self.body, &self.args).expect("ranges of this body")
    }

    /// What is known of the command; `None` for one that this version of the client does not know, which can be sent all the same.
    #[must_use]
    pub fn spec(&self) -> Option<&'static CommandSpec> {
        let args = self.args();
        let spec = lookup(args.name())?;
        match args.get(1) {
            Some(name) if !spec.subcommands().is_empty() => spec.subcommand(name),
            _ => Some(spec),
        }
    }

    /// Its length on the wire, but for the few bytes of its head.
    pub(crate) fn len_bytes(&self) -> usize {
        self.body.len()
    }

    /// Name and arguments as they are on the wire, but for the head.
    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }

    /// Appends the request.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        self.write_behind(0, b"", out);
    }

    /// Appends the request with `count` arguments, encoded as `before`, in front of its own.
    pub(crate) fn write_behind(&self, count: usize, before: &[u8], out: &mut Vec<u8>) {
        let mut digits = itoa::Buffer::new();
        let count = digits.format(count + self.args.len());
        out.reserve(count.len() + 3 + before.len() + self.body.len());
        out.push(b'*');
        out.extend_from_slice(count.as_bytes());
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(before);
        out.extend_from_slice(&self.body);
    }
}

/// The arguments with blanks between them, each cut after 64 bytes.
impl fmt::Display for Cmd {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, arg) in self.args().iter().enumerate() {
            if place > 0 {
                formatter.write_str(" ")?;
            }
            write!(formatter, "{}", arg[..arg.len().min(64)].escape_ascii())?;
        }
        Ok(())
    }
}

impl fmt::Debug for Cmd {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Cmd({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_sent_as_an_array_of_strings() {
        let mut out = Vec::new();
        cmd("MSET").arg([("a", "1"), ("b", "")]).write(&mut out);
        assert_eq!(out, b"*5\r\n$4\r\nMSET\r\n$1\r\na\r\n$1\r\n1\r\n$1\r\nb\r\n$0\r\n\r\n");
    }

    #[test]
    fn the_spec_is_the_subcommands_where_there_is_one() {
        let name = |cmd: Cmd| cmd.spec().map(CommandSpec::name);
        assert_eq!(name(cmd("get").arg("k")), Some("get"));
        assert_eq!(name(cmd("CONFIG").arg("get").arg("x")), Some("config|get"));
        assert_eq!(name(cmd("FROBNICATE")), None);
    }
}
