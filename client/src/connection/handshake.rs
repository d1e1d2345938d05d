//! What is said on a new connection before any call: `HELLO 3`, who one is, and the level.

use crate::cmd::{Cmd, cmd};
use crate::error::{Error, ErrorKind};
use crate::options::{Consistency, Options};
use circlet_resp::{ReplyLimits, ReplyParser, Value};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// The commands of a greeting, and which of them may be refused.
#[derive(Debug, Clone)]
pub(crate) struct Greeting {
    required: Vec<Cmd>,
    /// What only adds to `CLIENT LIST`: older servers refuse it.
    optional: Vec<Cmd>,
}

impl Greeting {
    pub(crate) fn new(options: &Options, level: Option<Consistency>) -> Self {
        let mut hello = cmd("HELLO").arg(3);
        if let Some(who) = &options.credentials {
            hello = hello.arg("AUTH").arg(&who.user).arg(&who.password);
        }
        if let Some(name) = &options.name {
            hello = hello.arg("SETNAME").arg(name);
        }
        let mut required = vec![hello];
        if let Some(level) = level {
            let (consistency, word) = (cmd("CLIENT").arg("CONSISTENCY"), level.word());
            required.push(consistency.arg(["READ", word, "WRITE", word]));
        }
        let set_info = || cmd("CLIENT").arg("SETINFO");
        let optional = vec![
            set_info().arg("LIB-NAME").arg("circlet-client"),
            set_info().arg("LIB-VER").arg(env!("CARGO_PKG_VERSION")),
        ];
        Greeting { required, optional }
    }

    /// Says more on each connection, which must not be refused.
    pub(crate) fn and(mut self, more: Cmd) -> Self {
        self.required.push(more);
        self
    }
}

/// What came on a new connection behind the answers to its greeting: a push, perhaps half of one.
#[derive(Default)]
pub(crate) struct Unread {
    pub(super) parser: ReplyParser,
    pub(super) received: Vec<u8>,
}

/// Says the greeting and waits until it is answered. The caller bounds the wait.
///
/// # Errors
/// The socket's, as `Unreachable`; what the node refuses with; `Protocol` if it speaks another language.
pub(crate) async fn greet<S: AsyncRead + AsyncWrite + Unpin>(
    socket: &mut S,
    greeting: &Greeting,
) -> Result<Unread, Error> {
    let lost = |error: std::io::Error| {
        Error::new(
            ErrorKind::Unreachable,
            format!("the node left while it was greeted: {error}"),
        )
    };
    let mut out = Vec::new();
    let commands = greeting.required.iter().chain(&greeting.optional);
    commands.for_each(|cmd| cmd.write(&mut out));
    socket.write_all(&out).await.map_err(lost)?;
    socket.flush().await.map_err(lost)?;
    let (mut parser, mut received) = (ReplyParser::new(ReplyLimits::default()), Vec::new());
    for place in 0..greeting.required.len() + greeting.optional.len() {
        let reply = loop {
            let progress = parser.parse(&received);
            let progress = progress.map_err(|error| Error::new(ErrorKind::Protocol, error.to_string()))?;
            received.drain(..progress.consumed);
            match progress.value {
                Some(Value::Push(_)) => {}
                Some(reply) => break reply,
                None => {
                    if socket.read_buf(&mut received).await.map_err(lost)? == 0 {
                        return Err(lost(std::io::ErrorKind::UnexpectedEof.into()));
                    }
                }
            }
        };
        if let Value::Error(text) = reply
            && place < greeting.required.len()
        {
            return Err(Error::answered(text));
        }
    }
    Ok(Unread { parser, received })
}
