//! The acceptor on disk, and with it the newest topology document that this node knows to be chosen.
//!
//! One file, `register`: what was promised and accepted is about the epoch after the chosen document, so the two must change together. It is replaced
//! as a whole (`twin_file.rs`) before any answer that depends on it leaves. A lock beside it keeps a second process on the same directory from voting with the same id.

use super::twin_file::{LoadError, TwinError, TwinFile};
use circlet_core::register::record::{self, RecordError};
use circlet_core::register::{Acceptor, Document};
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// The file of this node's register, held by this process alone.
#[derive(Debug)]
pub(crate) struct RegisterFile {
    file: TwinFile,
    // Held until this is dropped, or the process is gone, however it went. Not empty once there was a register.
    lock: File,
}

/// The register cannot be read or kept. The node must not vote.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub(crate) struct RegisterFileError {
    path: PathBuf,
    problem: Problem,
}

#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error("{0}")]
    Disk(#[from] io::Error),
    #[error("{0}. {NOT_TO_VOTE}")]
    Content(#[from] TwinError),
    #[error("{0}. {NOT_TO_VOTE}")]
    Record(#[from] RecordError),
    #[error("another process uses this directory")]
    InUse,
    #[error(
        "the file is gone. Without its votes this node must not vote: give it back, or replace the node by a new one"
    )]
    Gone,
}

const NOT_TO_VOTE: &str = "Without its votes this node must not vote: replace it by a new one";

impl From<LoadError> for Problem {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Disk(error) => Self::Disk(error),
            LoadError::Content(error) => Self::Content(error),
        }
    }
}

impl RegisterFile {
    /// The register's file in a data directory, which exists. It may not be there yet.
    ///
    /// # Errors
    /// [`RegisterFileError`] when another process holds it, or the directory cannot be written.
    pub(crate) fn open(directory: &Path) -> Result<Self, RegisterFileError> {
        let path = directory.join("register");
        let mut options = File::options();
        options.create(true).truncate(false).write(true);
        let lock = options.open(path.with_extension("lock")).map_err(Problem::Disk);
        let lock = lock.and_then(|lock| match lock.try_lock() {
            Ok(()) => Ok(lock),
            Err(TryLockError::WouldBlock) => Err(Problem::InUse),
            Err(TryLockError::Error(error)) => Err(Problem::Disk(error)),
        });
        match lock {
            Ok(lock) => Ok(Self {
                file: TwinFile::at(path),
                lock,
            }),
            Err(problem) => Err(RegisterFileError { path, problem }),
        }
    }

    /// The acceptor that was saved last, or `None` if none ever was: right for a node that starts for the first time, and the loss of its votes for
    /// any other.
    ///
    /// # Errors
    /// [`RegisterFileError`] when the file cannot be read, or is not what was written.
    pub(crate) fn load<D: Document>(&mut self) -> Result<Option<Acceptor<D>>, RegisterFileError> {
        if let Some(record) = self.file.load().map_err(|error| self.error(error))? {
            return record::decode(&record).map(Some).map_err(|error| self.error(error));
        }
        let was_kept = self.lock.metadata().map_err(|error| self.error(error))?.len() > 0;
        if was_kept {
            Err(self.error(Problem::Gone))
        } else {
            Ok(None)
        }
    }

    /// Saves a [record](circlet_core::register::Register::record). It is on disk when this returns.
    ///
    /// # Errors
    /// [`RegisterFileError`] when the disk refuses: this node must not answer, and must stop.
    pub(crate) fn save(&mut self, record: &[u8]) -> Result<(), RegisterFileError> {
        self.file.save(record).map_err(|error| self.error(error))?;
        // Twice the same length changes nothing, and is not waited for.
        self.lock.set_len(1).map_err(|error| self.error(error))
    }

    fn error(&self, problem: impl Into<Problem>) -> RegisterFileError {
        RegisterFileError {
            path: self.file.path().to_owned(),
            problem: problem.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use circlet_core::life::Life;
    use circlet_core::register::{Ballot, ShortId, Voters};
    use circlet_core::topology::Epoch;
    use std::fs;
    use xxhash_rust::xxh3::xxh3_64;

    /// A document of nothing but its epoch, which one voter decides.
    #[derive(Debug, Clone, Copy, PartialEq)]
    struct Page(u64);

    impl Document for Page {
        fn epoch(&self) -> Epoch {
            Epoch::new(self.0)
        }

        fn voters(&self) -> Voters {
            Voters::new([ShortId::new(1)]).expect("a voter")
        }

        fn put(&self, out: &mut Vec<u8>) {
            out.extend_from_slice(&self.0.to_le_bytes());
        }

        fn read(bytes: &[u8]) -> Result<Self, &'static str> {
            let bytes = bytes.try_into().map_err(|_| "no page")?;
            Ok(Page(u64::from_le_bytes(bytes)))
        }
    }

    fn voted() -> Acceptor<Page> {
        let ballot = Ballot {
            round: 3,
            proposer: ShortId::new(1),
            life: Life::new(2),
        };
        let mut acceptor = Acceptor::formed(Page(1));
        assert!(acceptor.on_accept(ballot, Page(2)).save);
        acceptor
    }

    /// What is said of a file with these bytes.
    fn complaint(bytes: &[u8]) -> String {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("register"), bytes).unwrap();
        let mut file = RegisterFile::open(directory.path()).unwrap();
        file.load::<Page>().unwrap_err().to_string()
    }

    #[test]
    fn what_was_saved_last_is_there_after_a_restart() {
        let directory = tempfile::tempdir().unwrap();
        let mut file = RegisterFile::open(directory.path()).unwrap();
        assert_eq!(file.load::<Page>().unwrap(), None, "nothing was saved yet");
        file.save(&record::encode(&Acceptor::formed(Page(1)))).unwrap();
        file.save(&record::encode(&voted())).unwrap();
        drop(file);
        // A crash in the midst of the next save.
        fs::write(directory.path().join("register.new"), b"CgTW").unwrap();
        let mut file = RegisterFile::open(directory.path()).unwrap();
        assert_eq!(file.load().unwrap(), Some(voted()));
    }

    #[test]
    fn a_register_is_held_by_one_process() {
        let directory = tempfile::tempdir().unwrap();
        let first = RegisterFile::open(directory.path()).unwrap();
        let second = RegisterFile::open(directory.path()).unwrap_err();
        assert!(second.to_string().contains("another process"), "{second}");
        drop(first);
        RegisterFile::open(directory.path()).unwrap();
    }

    /// The bytes of a register that was saved.
    fn saved(record: &[u8]) -> Vec<u8> {
        let directory = tempfile::tempdir().unwrap();
        let mut file = RegisterFile::open(directory.path()).unwrap();
        file.save(record).unwrap();
        fs::read(directory.path().join("register")).unwrap()
    }

    #[test]
    fn a_file_that_is_not_what_was_written_is_refused_and_says_why() {
        let record = record::encode(&voted());
        let bytes = saved(&record);
        assert!(complaint(&bytes[..bytes.len() - 1]).contains("torn"));
        assert!(complaint(b"").contains("torn"), "an empty file is not a missing one");
        assert!(complaint(b"epoch = 7, says somebody").contains("not a register file"));
        let mut damaged = bytes;
        let end = damaged.len() - 1;
        damaged[end] ^= 1;
        let said = complaint(&damaged);
        assert!(said.contains("damaged") && said.contains("must not vote"), "{said}");
        let mut older = record;
        older[4] = 0;
        let (content, checksum) = older.split_last_chunk_mut::<8>().unwrap();
        *checksum = xxh3_64(content).to_le_bytes();
        let said = complaint(&saved(&older));
        assert!(
            said.contains("of version 0") && said.contains("must not vote"),
            "{said}"
        );
    }

    #[test]
    fn a_disk_that_refuses_is_an_error_and_keeps_what_was_saved() {
        let directory = tempfile::tempdir().unwrap();
        let mut file = RegisterFile::open(directory.path()).unwrap();
        file.save(&record::encode(&voted())).unwrap();
        fs::create_dir(directory.path().join("register.new")).unwrap();
        let large = vec![0; 1 << 20];
        assert!(file.save(&large).is_err(), "it takes a new file");
        assert_eq!(file.load().unwrap(), Some(voted()));
        // One that is as small as the first goes where there is place for it.
        file.save(&record::encode(&Acceptor::formed(Page(9)))).unwrap();
        assert_eq!(file.load().unwrap(), Some(Acceptor::formed(Page(9))));
    }

    #[test]
    fn a_register_that_is_gone_is_no_first_start() {
        let directory = tempfile::tempdir().expect("a directory");
        let mut file = RegisterFile::open(directory.path()).expect("it is ours");
        assert!(file.load::<Page>().expect("a first start").is_none());
        file.save(&record::encode(&Acceptor::formed(Page(1)))).expect("a disk");
        drop(file);
        fs::remove_file(directory.path().join("register")).expect("it is there");
        let mut file = RegisterFile::open(directory.path()).expect("it is ours");
        let error = file.load::<Page>().expect_err("it voted before");
        assert!(error.to_string().contains("gone"), "{error}");
    }
}
