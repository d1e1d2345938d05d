//! A server that says what it is told to, byte for byte: replies that no command of a real one has.

use std::io::{BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;

/// What is said to SUBSCRIBE before the end.
const MESSAGES: &[u8] =
    b"*3\r\n$9\r\nsubscribe\r\n$2\r\nch\r\n:1\r\n*3\r\n$7\r\nmessage\r\n$2\r\nch\r\n$5\r\nhello\r\n";

/// What AUTH has to say.
pub(super) const PASSWORD: &str = "open sésame";

/// Answers `R n` with the n-th of these replies, and HELLO as a server should; `BYE` it does not answer, but hangs up, and after `LAST` it
/// hangs up too; `THERE` is answered behind ASKING only. Returns its port. Ends with the test's process.
pub(super) fn serve(replies: &[&[u8]]) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let replies: Vec<Vec<u8>> = replies.iter().map(|reply| reply.to_vec()).collect();
    thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            let replies = replies.clone();
            thread::spawn(move || answer(socket, &replies, port));
        }
    });
    port
}

/// Until the client goes.
fn answer(socket: TcpStream, replies: &[Vec<u8>], port: u16) -> Option<()> {
    let mut writer = socket.try_clone().ok()?;
    let mut reader = BufReader::new(socket);
    let mut asked = false;
    let elsewhere = format!("-ASK 7 127.0.0.1:{port}\r\n");
    loop {
        let words = request(&mut reader)?;
        let reply: &[u8] = match words.first()?.as_slice() {
            b"HELLO" => b"%1\r\n$7\r\nversion\r\n$5\r\n7.2.0\r\n",
            b"R" => replies.get(std::str::from_utf8(words.get(1)?).ok()?.parse::<usize>().ok()?)?,
            b"BYE" => return None,
            b"AUTH" if words.get(1).is_some_and(|word| word == PASSWORD.as_bytes()) => b"+OK\r\n",
            b"AUTH" => b"-WRONGPASS invalid username-password pair or user is disabled.\r\n",
            b"SUBSCRIBE" => return writer.write_all(MESSAGES).ok(),
            b"LAST" => return writer.write_all(b"+OK\r\n").ok(),
            b"ASKING" => {
                asked = true;
                b"+OK\r\n"
            }
            b"THERE" if asked => b"+OK\r\n",
            b"THERE" => elsewhere.as_bytes(),
            _ => b"-ERR unknown command\r\n",
        };
        writer.write_all(reply).ok()?;
    }
}

fn request(reader: &mut impl std::io::BufRead) -> Option<Vec<Vec<u8>>> {
    let count = number(reader)?;
    let mut words = Vec::new();
    for _ in 0..count {
        let mut word = vec![0; number(reader)? + 2];
        reader.read_exact(&mut word).ok()?;
        word.truncate(word.len() - 2);
        words.push(word);
    }
    Some(words)
}

/// Of a line such as `*3`.
fn number(reader: &mut impl std::io::BufRead) -> Option<usize> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    line.get(1..)?.trim_end().parse().ok()
}
