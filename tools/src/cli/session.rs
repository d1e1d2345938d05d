//! A connection that is opened again when it is lost, and commands on it.
//!
//! A command is sent once: when the connection is lost before its answer, nobody knows whether it was done, and it is for people to say
//! whether to repeat it. That the node has closed an idle connection is seen before a command is sent, and the new connection takes it.

use super::interrupt::Interrupts;
use super::render::{self, Style};
use super::target::Target;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::output::{emit, say, warn};
use crate::redirection::Redirection;
use circlet_resp::{ReplyLimits, ReplyParser, Value, encode_request};
use socket2::{SockRef, TcpKeepalive};
use std::io::{self, ErrorKind};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::thread;
use std::time::Duration;

/// How often one command is redirected before the cluster is taken to be at odds with itself.
const REDIRECTS_MAX: u32 = 16;

/// After so long without traffic the system asks whether the other side is still there.
const KEEPALIVE: Duration = Duration::from_secs(15);

/// How long a pause goes on after Ctrl-C, at most.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// How a session goes about it.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) style: Style,
    /// Whether to speak RESP3 from the start.
    pub(crate) resp3: bool,
    /// Whether to show messages that answer nothing.
    pub(crate) show_pushes: bool,
    /// Whether to follow MOVED and ASK.
    pub(crate) follow: bool,
    /// How long connecting may take.
    pub(crate) timeout: Option<Duration>,
    /// Between two runs of a command.
    pub(crate) interval: Duration,
    /// Whether an error as the answer ends the program.
    pub(crate) error_code: bool,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ran {
    /// The answer was shown.
    Shown,
    /// The answer was an error, which went to standard error.
    Refused,
}

/// A server, and perhaps a connection to it.
pub(crate) struct Session {
    target: Target,
    options: Options,
    connection: Option<Connection>,
    in_transaction: bool,
    /// Whether commands come line by line: then nothing but a line ends the program, and a redirection is told.
    in_lines: bool,
    /// At a terminal.
    interrupts: Option<Interrupts>,
}

impl Session {
    /// Not connected yet.
    pub(crate) fn new(target: Target, options: Options) -> Self {
        Session {
            target,
            options,
            connection: None,
            in_transaction: false,
            in_lines: false,
            interrupts: None,
        }
    }

    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    /// Commands are going to come line by line.
    pub(crate) fn expect_lines(&mut self) {
        self.in_lines = true;
    }

    /// Has Ctrl-C give up commands, and no longer the program.
    pub(crate) fn interrupted_by(&mut self, interrupts: Interrupts) {
        self.interrupts = Some(interrupts);
    }

    /// What stands before the next command.
    pub(crate) fn prompt(&self) -> String {
        if self.connection.is_none() {
            return "not connected> ".to_owned();
        }
        let db = match self.target.db {
            0 => String::new(),
            db => format!("[{db}]"),
        };
        let transaction = if self.in_transaction { "(TX)" } else { "" };
        format!("{}{db}{transaction}> ", self.target.address())
    }

    /// Goes to another server.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub(crate) fn go_to(&mut self, host: &str, port: u16) -> Result<(), Failure> {
        host.clone_into(&mut self.target.host);
        self.target.port = port;
        self.connection = None;
        self.ready()
    }

    /// Connects, unless the connection that there is lives; shows what has come on it.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub(crate) fn ready(&mut self) -> Result<(), Failure> {
        while let Some(connection) = &mut self.connection {
            match connection.reply_at_hand() {
                Ok(Some(message)) => self.show_push(&message),
                Ok(None) => return Ok(()),
                Err(_) => self.connection = None,
            }
        }
        self.in_transaction = false;
        self.connect()
    }

    fn connect(&mut self) -> Result<(), Failure> {
        let connection = open(&self.target, self.options.timeout);
        let failed = |error| Failure::because(format!("could not connect to {}", self.target.address()), error);
        self.connection = Some(connection.map_err(failed)?);
        // A server that refuses one of these may still answer the command, and says so if not.
        if let Some(password) = self.target.password.clone() {
            let user = self.target.user.clone();
            let words: Vec<&str> = ["AUTH"]
                .into_iter()
                .chain(user.as_deref())
                .chain([password.as_str()])
                .collect();
            self.introduce(&words, "AUTH")?;
        }
        if self.target.db != 0 {
            let db = self.target.db.to_string();
            self.introduce(&["SELECT", &db], &format!("SELECT {db}"))?;
        }
        if self.options.resp3 {
            self.introduce(&["HELLO", "3"], "HELLO 3")?;
        }
        Ok(())
    }

    fn introduce(&mut self, words: &[&str], name: &str) -> Result<(), Failure> {
        if let Value::Error(text) = self.call(words)? {
            warn(format_args!("{name} failed: {text}"));
        }
        Ok(())
    }

    /// One command, whose answer is not shown; an error is a failure.
    ///
    /// # Errors
    /// The connection is lost, or what the server says.
    pub(crate) fn ask<A: AsRef<[u8]>>(&mut self, words: &[A]) -> Result<Value, Failure> {
        self.ready()?;
        match self.call(words)? {
            Value::Error(text) => Err(Failure::new(text)),
            reply => Ok(reply),
        }
    }

    /// Several commands at once, and their answers, which may be errors.
    ///
    /// # Errors
    /// The connection is lost.
    pub(crate) fn ask_all(&mut self, commands: &[Vec<&[u8]>]) -> Result<Vec<Value>, Failure> {
        self.ready()?;
        let mut requests = Vec::new();
        commands.iter().for_each(|words| encode_request(words, &mut requests));
        self.send(&requests)?;
        commands.iter().map(|_| self.answer()).collect()
    }

    /// The connection, for who wants to drive it alone.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub(crate) fn into_connection(mut self) -> Result<Connection, Failure> {
        self.ready()?;
        self.connection.ok_or_else(|| Failure::new("not connected"))
    }

    /// Runs a command `times` times, or until Ctrl-C, and shows the answers.
    ///
    /// # Errors
    /// The server cannot be reached, or the connection is lost before the answer.
    pub(crate) fn run(&mut self, command: &[Vec<u8>], times: Option<u64>) -> Result<Ran, Failure> {
        let mut left = times;
        while left != Some(0) {
            left = left.map(|left| left - 1);
            self.begin();
            let ran = self.ready().and_then(|()| self.run_once(command));
            if self.interrupts.as_ref().is_some_and(Interrupts::has_come) {
                self.connection = None;
                say("");
                // Better now than with the next command: the prompt says where it is.
                let connected = self.ready();
                self.begin();
                return connected.map(|()| Ran::Shown);
            }
            if ran? == Ran::Refused {
                return Ok(Ran::Refused);
            }
            if self.pause(self.options.interval) {
                self.begin();
                break;
            }
        }
        Ok(Ran::Shown)
    }

    fn begin(&self) {
        if let Some(interrupts) = &self.interrupts {
            interrupts.begin();
        }
    }

    /// Sleeps; returns whether Ctrl-C has come.
    fn pause(&self, time: Duration) -> bool {
        let Some(interrupts) = &self.interrupts else {
            thread::sleep(time);
            return false;
        };
        let mut left = time;
        while !left.is_zero() && !interrupts.has_come() {
            let step = left.min(LOOK_AGAIN);
            thread::sleep(step);
            left -= step;
        }
        interrupts.has_come()
    }

    fn run_once(&mut self, command: &[Vec<u8>]) -> Result<Ran, Failure> {
        let mut request = Vec::new();
        encode_request(command, &mut request);
        let streams = is_one_of(command, &["monitor", "subscribe", "psubscribe", "ssubscribe"]);
        let mut redirects = 0;
        loop {
            if let (Some(interrupts), Some(connection)) = (&self.interrupts, &self.connection) {
                interrupts.watch(connection.socket().ok());
            }
            self.send(&request)?;
            let reply = if streams { self.receive()? } else { self.answer()? };
            if let Some(text) = reply
                .as_error()
                .filter(|_| self.options.follow && redirects < REDIRECTS_MAX)
            {
                redirects += 1;
                if self.follow(text)? {
                    continue;
                }
            }
            let Some(text) = reply.as_error() else {
                if streams && self.is_marked() && !is_one_of(command, &["monitor"]) {
                    say("Reading messages... (press Ctrl-C to quit)");
                }
                self.show(command, &reply);
                self.note(command);
                return if streams { self.show_messages() } else { Ok(Ran::Shown) };
            };
            if self.options.error_code && !self.in_lines {
                warn(text);
                return Ok(Ran::Refused);
            }
            self.show(command, &reply);
            return Ok(Ran::Shown);
        }
    }

    fn show(&self, command: &[Vec<u8>], reply: &Value) {
        emit(if render::is_plain(command) {
            render::plain(reply)
        } else {
            render::render(reply, &self.options.style)
        });
    }

    /// Whether more than the bytes of replies is written.
    fn is_marked(&self) -> bool {
        !matches!(self.options.style, Style::Raw { .. })
    }

    /// Whatever comes now answers nothing, until Ctrl-C or the server ends it.
    fn show_messages(&mut self) -> Result<Ran, Failure> {
        loop {
            let message = self.receive()?;
            emit(render::render(&message, &self.options.style));
        }
    }

    /// Goes where an error says that the slot is, if it says so.
    fn follow(&mut self, error: &str) -> Result<bool, Failure> {
        let Some(redirection) = Redirection::read(error) else {
            return Ok(false);
        };
        self.target.follow(&redirection);
        if self.in_lines {
            let (slot, address) = (redirection.slot, self.target.address());
            say(format_args!("-> Redirected to slot [{slot}] located at {address}"));
        }
        self.connection = None;
        self.ready()?;
        if redirection.is_ask {
            self.introduce(&["ASKING"], "ASKING")?;
        }
        Ok(true)
    }

    /// What a command that went well changes for the prompt.
    fn note(&mut self, command: &[Vec<u8>]) {
        if is_one_of(command, &["select"]) {
            let db = command.get(1).and_then(|db| std::str::from_utf8(db).ok()?.parse().ok());
            self.target.db = db.unwrap_or(self.target.db);
        } else if is_one_of(command, &["reset"]) {
            self.target.db = 0;
            self.in_transaction = false;
        } else if is_one_of(command, &["multi"]) {
            self.in_transaction = true;
        } else if is_one_of(command, &["exec", "discard"]) {
            self.in_transaction = false;
        }
    }

    fn call<A: AsRef<[u8]>>(&mut self, words: &[A]) -> Result<Value, Failure> {
        let mut request = Vec::new();
        encode_request(words, &mut request);
        self.send(&request)?;
        self.answer()
    }

    fn send(&mut self, requests: &[u8]) -> Result<(), Failure> {
        self.on_connection(|connection| connection.send(requests))
    }

    fn receive(&mut self) -> Result<Value, Failure> {
        self.on_connection(Connection::reply)
    }

    /// The next reply that answers something.
    fn answer(&mut self) -> Result<Value, Failure> {
        loop {
            match self.receive()? {
                message @ Value::Push(_) => self.show_push(&message),
                reply => return Ok(reply),
            }
        }
    }

    fn show_push(&self, message: &Value) {
        if self.options.show_pushes {
            emit(render::push(message, &self.options.style));
        }
    }

    fn on_connection<T>(&mut self, act: impl FnOnce(&mut Connection) -> io::Result<T>) -> Result<T, Failure> {
        let done = self
            .connection
            .as_mut()
            .ok_or_else(|| ErrorKind::NotConnected.into())
            .and_then(act);
        done.map_err(|error| {
            self.connection = None;
            self.in_transaction = false;
            match error.kind() {
                ErrorKind::UnexpectedEof => Failure::new("the server closed the connection"),
                _ => Failure::because("the connection is lost", error),
            }
        })
    }
}

fn is_one_of(command: &[Vec<u8>], names: &[&str]) -> bool {
    let name = command.first().map(Vec::as_slice).unwrap_or_default();
    names.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
}

/// Connects to the first address of the host that takes it.
fn open(target: &Target, timeout: Option<Duration>) -> io::Result<Connection> {
    let mut last = ErrorKind::NotFound.into();
    for at in (target.host.as_str(), target.port).to_socket_addrs()? {
        let connected = match timeout {
            Some(timeout) => TcpStream::connect_timeout(&at, timeout),
            None => TcpStream::connect(at),
        };
        match connected {
            Ok(socket) => {
                socket.set_nodelay(true)?;
                SockRef::from(&socket).set_tcp_keepalive(&TcpKeepalive::new().with_time(KEEPALIVE))?;
                // Digits are shown as the server writes them.
                return Ok(Connection::new(
                    socket,
                    ReplyParser::new(ReplyLimits::default()).keep_digits(),
                ));
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}
