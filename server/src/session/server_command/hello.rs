//! `HELLO [protover [AUTH username password] [SETNAME clientname]]`
//!
//! Everything is checked before anything is changed, as in Redis.

use super::super::caller::Door;
use super::super::client::Client;
use super::client::{BAD_NAME, is_fit_for_a_name};
use super::connection::{DEFAULT_USER, WRONG_PASSWORD};
use super::info::REDIS_VERSION;
use crate::command::pure::number::integer;
use circlet_resp::{Args, Proto, ReplyBuf};

/// What a HELLO asks for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Hello<'a> {
    proto: Option<Proto>,
    user: Option<&'a [u8]>,
    name: Option<&'a [u8]>,
}

impl<'a> Hello<'a> {
    fn parse(args: Args<'a>) -> Result<Self, String> {
        let mut hello = Hello::default();
        let Some(version) = args.get(1) else { return Ok(hello) };
        hello.proto = Some(match integer(version) {
            Err(_) => return Err("ERR Protocol version is not an integer or out of range".into()),
            Ok(2) => Proto::Resp2,
            Ok(3) => Proto::Resp3,
            Ok(_) => return Err("NOPROTO unsupported protocol version".into()),
        });
        let mut at = 2;
        while let Some(option) = args.get(at) {
            match (args.get(at + 1), args.get(at + 2)) {
                (Some(user), Some(_)) if option.eq_ignore_ascii_case(b"auth") => {
                    hello.user = Some(user);
                    at += 3;
                }
                (Some(name), _) if option.eq_ignore_ascii_case(b"setname") => {
                    if !is_fit_for_a_name(name) {
                        return Err(BAD_NAME.into());
                    }
                    hello.name = Some(name);
                    at += 2;
                }
                _ => {
                    let option = String::from_utf8_lossy(option);
                    return Err(format!("ERR Syntax error in HELLO option '{option}'"));
                }
            }
        }
        Ok(hello)
    }
}

/// Runs HELLO.
pub(super) fn hello(client: &mut Client, args: Args<'_>, replies: &mut ReplyBuf) {
    let hello = match Hello::parse(args) {
        Ok(hello) => hello,
        Err(text) => return replies.error(&text),
    };
    if hello.user.is_some_and(|user| user != DEFAULT_USER) {
        return replies.error(WRONG_PASSWORD);
    }
    if let Some(name) = hello.name {
        client.handle.said.lock().name = name.to_vec();
    }
    if let Some(proto) = hello.proto {
        client.speak(proto);
        replies.set_proto(proto);
    }
    write_greeting(client, replies);
}

fn write_greeting(client: &Client, replies: &mut ReplyBuf) {
    let mode = match client.caller.door {
        Door::Cluster => "cluster",
        Door::Big | Door::Peer => "standalone",
    };
    let text = |name: &str, value: &str, replies: &mut ReplyBuf| {
        replies.bulk(name.as_bytes());
        replies.bulk(value.as_bytes());
    };
    replies.map(7);
    text("server", "redis", replies);
    text("version", REDIS_VERSION, replies);
    replies.bulk(b"proto");
    replies.integer(if client.caller.proto == Proto::Resp3 { 3 } else { 2 });
    replies.bulk(b"id");
    replies.integer(client.handle.id as i64);
    text("mode", mode, replies);
    text("role", "master", replies);
    replies.bulk(b"modules");
    replies.array(0);
}

#[cfg(test)]
mod tests {
    use super::super::test_request::Line;
    use super::*;

    #[test]
    fn everything_may_come_at_once() {
        let line = Line::new("HELLO 3 AUTH default x SETNAME me");
        let expected = Hello {
            proto: Some(Proto::Resp3),
            user: Some(b"default"),
            name: Some(b"me"),
        };
        assert_eq!(Hello::parse(line.args()), Ok(expected));
        assert_eq!(Hello::parse(Line::new("HELLO").args()), Ok(Hello::default()));
    }

    #[test]
    fn what_is_wrong_is_said_in_the_words_of_redis() {
        for (line, expected) in [
            ("HELLO x", "ERR Protocol version is not an integer or out of range"),
            ("HELLO 4", "NOPROTO unsupported protocol version"),
            ("HELLO 2 AUTH a", "ERR Syntax error in HELLO option 'AUTH'"),
            ("HELLO 2 setname", "ERR Syntax error in HELLO option 'setname'"),
            ("HELLO 2 setname a\u{7f}", BAD_NAME),
        ] {
            assert_eq!(Hello::parse(Line::new(line).args()), Err(expected.to_owned()), "{line}");
        }
    }
}
