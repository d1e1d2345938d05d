//! `--askpass`: a password that is typed, and not shown.

use crate::failure::Failure;
use ratatui::crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use std::io::{self, BufRead, ErrorKind, IsTerminal as _, Read as _, Write};

/// Asks at the terminal, with a star for each letter; what is no terminal gives a line of standard input.
///
/// # Errors
/// It is given up (Ctrl-C, Ctrl-D), or cannot be read.
pub(crate) fn ask() -> Result<String, Failure> {
    let because = |error| Failure::because("no password", error);
    let mut stdin = io::stdin().lock();
    if !stdin.is_terminal() {
        let mut line = String::new();
        stdin.read_line(&mut line).map_err(because)?;
        return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
    }
    // Standard output may be a file.
    let mut shown = io::stderr();
    let _raw = Raw::begin().map_err(because)?;
    let typed = read(&mut stdin, &mut shown);
    // The terminal does nothing by itself now.
    let _ = shown.write_all(b"\r\n");
    typed.map_err(because)
}

/// A terminal that passes each key on at once and shows none, until this goes.
struct Raw;

impl Raw {
    fn begin() -> io::Result<Self> {
        enable_raw_mode().map(|()| Raw)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // Nothing else can be done.
        let _ = disable_raw_mode();
    }
}

/// Reads keys up to the line's end.
fn read(keys: &mut impl BufRead, shown: &mut impl Write) -> io::Result<String> {
    shown.write_all(b"Please input password: ")?;
    shown.flush()?;
    let mut typed: Vec<u8> = Vec::new();
    for key in keys.by_ref().bytes() {
        match key? {
            b'\r' | b'\n' => return String::from_utf8(typed).map_err(|_| ErrorKind::InvalidData.into()),
            // Ctrl-C, Ctrl-D
            3 | 4 => return Err(ErrorKind::Interrupted.into()),
            // Ctrl-H, backspace: one letter, whatever its bytes.
            8 | 127 if typed.is_empty() => {}
            8 | 127 => {
                while typed.pop().is_some_and(is_continuation) {}
                shown.write_all(b"\x08 \x08")?;
            }
            byte => {
                typed.push(byte);
                if !is_continuation(byte) {
                    shown.write_all(b"*")?;
                }
            }
        }
        shown.flush()?;
    }
    Err(ErrorKind::UnexpectedEof.into())
}

/// Whether a byte of UTF-8 goes on with a letter.
fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &str) -> (Option<String>, String) {
        let mut shown = Vec::new();
        let typed = read(&mut keys.as_bytes(), &mut shown).ok();
        (typed, String::from_utf8(shown).expect("stars"))
    }

    #[test]
    fn letters_are_stars_and_backspace_takes_one_back() {
        let (password, shown) = typed("sé\x7fecret\rPING");
        assert_eq!(password.as_deref(), Some("secret"));
        assert_eq!(shown, "Please input password: **\x08 \x08*****");
        let nothing_to_take_back = (Some("a".to_owned()), "Please input password: *".to_owned());
        assert_eq!(typed("\x7fa\n"), nothing_to_take_back);
    }

    #[test]
    fn it_can_be_given_up() {
        for keys in ["sec\x03ret\r", "\x04", "secret"] {
            assert_eq!(typed(keys).0, None, "{keys:?}");
        }
    }
}
