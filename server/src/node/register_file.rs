//! The register on disk: what this node has voted for, and the topology that it holds.
//!
//! One file, replaced as a whole: written beside it, synced, renamed, and the directory synced, so that a crash leaves the old record or the
//! new one. Its bytes are the core's ([`record`]), with a checksum: a file that does not match is an error, since a node that forgets what it
//! voted for may vote twice.

use circlet_core::register::{Acceptor, record};
use circlet_core::topology::Topology;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The file's name in the data directory.
const NAME: &str = "register";

/// See the module's header.
#[derive(Debug)]
pub(crate) struct RegisterFile {
    path: PathBuf,
}

/// The file cannot be used. Nothing was changed.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct RegisterFileError {
    path: PathBuf,
    problem: String,
}

impl RegisterFile {
    /// The file in a node's data directory.
    pub(crate) fn in_directory(directory: &Path) -> Self {
        RegisterFile {
            path: directory.join(NAME),
        }
    }

    /// What it holds; `None` if there is none, as of a node that starts for the first time.
    ///
    /// # Errors
    /// [`RegisterFileError`] when it cannot be read, or is torn, damaged or of another version.
    pub(crate) fn load(&self) -> Result<Option<Acceptor<Arc<Topology>>>, RegisterFileError> {
        let problem = |problem: String| RegisterFileError {
            path: self.path.clone(),
            problem,
        };
        match fs::read(&self.path) {
            Ok(bytes) => record::decode(&bytes)
                .map(Some)
                .map_err(|error| problem(error.to_string())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(problem(error.to_string())),
        }
    }

    /// Puts these bytes in its place. When this returns they are on disk.
    ///
    /// # Errors
    /// What the system says; then the file is the old one.
    pub(crate) async fn save(&self, bytes: Vec<u8>) -> io::Result<()> {
        let path = self.path.clone();
        let saved = tokio::task::spawn_blocking(move || replace(&path, &bytes)).await;
        saved.map_err(io::Error::other)?
    }
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut file = File::create(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    match path.parent() {
        Some(directory) => File::open(directory)?.sync_all(),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use circlet_core::register::Register;
    use circlet_core::topology::ClusterSettings;

    fn formed() -> Arc<Topology> {
        let addresses = {
            let at = ([127, 0, 0, 1], 1).into();
            circlet_core::topology::Addresses {
                client: at,
                cluster: at,
                peer: at,
                gossip: at,
                http: at,
            }
        };
        let id = circlet_ring::NodeId::from_bytes([1; 20]);
        let member =
            circlet_core::topology::MemberEntry::founding(id, Default::default(), Default::default(), addresses);
        Arc::new(Topology::form(ClusterSettings::default(), vec![member]).expect("one node is a cluster"))
    }

    #[tokio::test]
    async fn what_was_saved_is_loaded_and_what_is_torn_is_an_error() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = RegisterFile::in_directory(directory.path());
        assert!(file.load().expect("nothing is no error").is_none());
        let topology = formed();
        let me = (&topology.members()[0].id).into();
        let life = circlet_core::life::Life::ZERO;
        let register = Register::new(me, life, Acceptor::formed(Arc::clone(&topology)));
        file.save(register.record()).await.expect("a disk");
        let loaded = file.load().expect("it is whole").expect("it is there");
        assert_eq!(loaded.chosen(), Some(&topology));

        let bytes = fs::read(directory.path().join(NAME)).expect("a file");
        fs::write(directory.path().join(NAME), &bytes[..bytes.len() - 3]).expect("a file");
        assert!(file.load().expect_err("it is torn").to_string().contains("torn"));
    }
}
