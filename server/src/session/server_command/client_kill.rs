//! `CLIENT KILL addr:port`
//! `CLIENT KILL [ID id] [TYPE normal|master|replica|slave|pubsub] [USER name] [ADDR addr:port] [LADDR addr:port] [SKIPME yes|no] ...`

use super::super::client::{Client, ClientHandle};
use super::After;
use super::client_list::{Kind, id};
use super::connection::DEFAULT_USER;
use crate::command::CommandError;
use crate::node::Node;
use circlet_resp::{Args, ReplyBuf};

/// Which clients are meant: those that pass every filter.
#[derive(Debug, PartialEq, Eq)]
struct Filter<'a> {
    id: Option<u64>,
    kind: Option<Kind>,
    address: Option<&'a [u8]>,
    local: Option<&'a [u8]>,
    skip_me: bool,
}

impl<'a> Filter<'a> {
    const NONE: Self = Filter {
        id: None,
        kind: None,
        address: None,
        local: None,
        skip_me: true,
    };

    fn parse(args: Args<'a>) -> Result<Self, Vec<u8>> {
        let syntax = || CommandError::Syntax.to_string().into_bytes();
        let mut filter = Filter::NONE;
        let mut at = 2;
        while let Some(name) = args.get(at) {
            let value = args.get(at + 1).ok_or_else(syntax)?;
            match name.to_ascii_lowercase().as_slice() {
                b"id" => {
                    let id = id(value).ok_or_else(|| b"ERR client-id should be greater than 0".to_vec())?;
                    filter.id = Some(id);
                }
                b"type" => filter.kind = Some(Kind::parse(value)?),
                b"addr" => filter.address = Some(value),
                b"laddr" => filter.local = Some(value),
                b"user" if value == DEFAULT_USER => {}
                b"user" => return Err([b"ERR No such user '", value, b"'"].concat()),
                b"skipme" if value.eq_ignore_ascii_case(b"yes") => filter.skip_me = true,
                b"skipme" if value.eq_ignore_ascii_case(b"no") => filter.skip_me = false,
                _ => return Err(syntax()),
            }
            at += 2;
        }
        Ok(filter)
    }

    fn takes(&self, client: &ClientHandle) -> bool {
        let is = |wanted: Option<&[u8]>, address: std::net::SocketAddr| {
            wanted.is_none_or(|wanted| wanted == address.to_string().as_bytes())
        };
        self.id.is_none_or(|id| id == client.id)
            && self.kind.is_none_or(|kind| kind == Kind::of(client))
            && is(self.address, client.address)
            && is(self.local, client.local)
    }
}

/// `CLIENT KILL`: a client that kills itself gets the answer first.
pub(super) fn kill(node: &Node, client: &Client, args: Args<'_>, replies: &mut ReplyBuf) -> After {
    let old_form = args.len() == 3;
    let filter = if old_form {
        Ok(Filter {
            address: Some(&args[2]),
            skip_me: false,
            ..Filter::NONE
        })
    } else {
        Filter::parse(args)
    };
    let filter = match filter {
        Ok(filter) => filter,
        Err(text) => {
            replies.error_bytes(&text);
            return After::Continue;
        }
    };
    let (mut killed, mut after) = (0, After::Continue);
    for other in node.clients.all().iter().filter(|other| filter.takes(other)) {
        if other.id != client.handle.id {
            other.kill();
        } else if filter.skip_me {
            continue;
        } else {
            after = After::Close;
        }
        killed += 1;
    }
    match (old_form, killed) {
        (true, 0) => replies.error("ERR No such client"),
        (true, _) => replies.ok(),
        (false, killed) => replies.integer(killed),
    }
    after
}

#[cfg(test)]
mod tests {
    use super::super::test_request::Line;
    use super::*;

    #[test]
    fn filters_add_up() {
        let line = Line::new("CLIENT KILL ID 7 type Normal USER default ADDR 1.2.3.4:5 laddr x SKIPME no");
        let expected = Filter {
            id: Some(7),
            kind: Some(Kind::Normal),
            address: Some(b"1.2.3.4:5"),
            local: Some(b"x"),
            skip_me: false,
        };
        assert_eq!(Filter::parse(line.args()), Ok(expected));
    }

    #[test]
    fn what_is_wrong_is_said_in_the_words_of_redis() {
        for (line, expected) in [
            ("CLIENT KILL ID 0", "ERR client-id should be greater than 0"),
            ("CLIENT KILL TYPE x", "ERR Unknown client type 'x'"),
            ("CLIENT KILL USER x", "ERR No such user 'x'"),
            ("CLIENT KILL SKIPME maybe", "ERR syntax error"),
            ("CLIENT KILL ID 1 ADDR", "ERR syntax error"),
        ] {
            let text = Filter::parse(Line::new(line).args()).unwrap_err();
            assert_eq!(String::from_utf8_lossy(&text), expected, "{line}");
        }
    }
}
