//! A terminal of the test's own, and a program that believes it.

use super::{PATIENCE, wait_until};
use rustix::process::Pid;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A new terminal of 24 rows: our end, and the name of the other.
pub(crate) fn terminal(columns: u16) -> (File, PathBuf) {
    let near = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    grantpt(&near).expect("a terminal");
    unlockpt(&near).expect("a terminal");
    let size = Winsize {
        ws_row: 24,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&near, size).expect("a size");
    let name = ptsname(&near, Vec::new()).expect("a name");
    (File::from(near), PathBuf::from(OsStr::from_bytes(name.as_bytes())))
}

/// A terminal with a program at its other end, which is killed if it has not ended before.
pub(crate) struct Terminal {
    child: Child,
    keys: File,
    written: Arc<Mutex<String>>,
}

impl Terminal {
    /// Starts the program.
    pub(crate) fn start(program: &mut Command, columns: u16) -> Self {
        let (keys, far) = terminal(columns);
        let end = || {
            File::options()
                .read(true)
                .write(true)
                .open(&far)
                .expect("the other end")
        };
        let child = program
            .stdin(end())
            .stdout(end())
            .stderr(end())
            .spawn()
            .expect("the program starts");
        let mut reader = keys.try_clone().expect("a descriptor");
        let written = Arc::new(Mutex::new(String::new()));
        let seen = Arc::clone(&written);
        // Ends when the other end is closed: with the program.
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                let text = String::from_utf8_lossy(&bytes[..count]).into_owned();
                seen.lock().unwrap_or_else(PoisonError::into_inner).push_str(&text);
            }
        });
        Terminal { child, keys, written }
    }

    /// Types.
    pub(crate) fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("the terminal takes keys");
    }

    /// What the program has written. Whoever reads on from a place takes out what stands before it.
    pub(crate) fn written(&self) -> MutexGuard<'_, String> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The program's process.
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Waits until the program ends.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let mut status = None;
        wait_until(PATIENCE, || {
            status = self.child.try_wait().expect("a child");
            status.is_some()
        });
        status.expect("the program ends")
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It has ended, unless the test has failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
