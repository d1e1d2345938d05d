//! A blocking client of one connection, for what is not load: questions to a server, and probes while nodes die.
//! Every call is bounded by the timeout that the client was opened with.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use circlet_measure::load::{encode, number};

/// Longest reply line and bulk that a server may send here.
const REPLY_BYTES_MAX: u64 = 64 * 1024 * 1024;
const DEPTH_MAX: usize = 8;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Text(String),
    Error(String),
    Integer(i64),
    Nil,
    List(Vec<Value>),
}

impl Value {
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            _ => None,
        }
    }

    pub(crate) fn list(&self) -> Option<&[Value]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }
}

pub(crate) struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    pub(crate) fn open(addr: SocketAddr, timeout: Duration) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&addr, timeout)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(timeout))?;
        stream.set_write_timeout(Some(timeout))?;
        Ok(Self {
            stream: BufReader::new(stream),
        })
    }

    /// Sends a command and reads its reply; an error reply is a value.
    pub(crate) fn call(&mut self, args: &[&str]) -> io::Result<Value> {
        let args: Vec<&[u8]> = args.iter().map(|arg| arg.as_bytes()).collect();
        self.stream.get_mut().write_all(&encode(&args))?;
        self.read_value(DEPTH_MAX)
    }

    /// As `call`, but an error reply is an error.
    pub(crate) fn ask(&mut self, args: &[&str]) -> io::Result<Value> {
        match self.call(args)? {
            Value::Error(text) => Err(io::Error::other(format!("{}: {text}", args.join(" ")))),
            value => Ok(value),
        }
    }

    fn read_value(&mut self, depth_left: usize) -> io::Result<Value> {
        let mut line = String::new();
        (&mut self.stream).take(REPLY_BYTES_MAX).read_line(&mut line)?;
        let line = line.trim_end_matches(['\r', '\n']);
        let Some((mark, rest)) = line.split_at_checked(1) else {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the server closed the connection",
            ));
        };
        match mark {
            "+" | "," | "#" | "(" => Ok(Value::Text(rest.to_owned())),
            "-" => Ok(Value::Error(rest.to_owned())),
            ":" => Ok(Value::Integer(parse(rest)?)),
            "_" => Ok(Value::Nil),
            "$" | "=" => self.read_bulk(parse(rest)?),
            "*" | "~" | ">" => self.read_list(parse(rest)?, depth_left),
            "%" => self.read_list(parse(rest)?.saturating_mul(2), depth_left),
            _ => Err(invalid(line)),
        }
    }

    fn read_bulk(&mut self, length: i64) -> io::Result<Value> {
        let Ok(length) = u64::try_from(length) else {
            return Ok(Value::Nil);
        };
        if length > REPLY_BYTES_MAX {
            return Err(invalid("a bulk of more than 64 MiB"));
        }
        let mut bytes = Vec::new();
        (&mut self.stream).take(length + 2).read_to_end(&mut bytes)?;
        bytes.truncate(length as usize);
        Ok(Value::Text(String::from_utf8_lossy(&bytes).into_owned()))
    }

    fn read_list(&mut self, count: i64, depth_left: usize) -> io::Result<Value> {
        if count < 0 {
            return Ok(Value::Nil);
        }
        let depth_left = depth_left
            .checked_sub(1)
            .ok_or_else(|| invalid("a reply nested too deeply"))?;
        let mut items = Vec::new();
        for _ in 0..count {
            items.push(self.read_value(depth_left)?);
        }
        Ok(Value::List(items))
    }
}

fn parse(digits: &str) -> io::Result<i64> {
    number(digits.as_bytes()).ok_or_else(|| invalid(digits))
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("not a RESP reply: {what}"))
}
