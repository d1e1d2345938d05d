//! Who this node is, for ever, and in which life.
//!
//! Two small files in the data directory: `id`, written once, and `life`, rewritten at every start *before* anything is said to
//! anybody. Both are replaced atomically and synced, so that a crash leaves the old or the new one.

use super::durable;
use circlet_core::life::Life;
use circlet_core::mutate::Author;
use circlet_core::stamp::Stamp;
use circlet_core::time::WallMs;
use circlet_ring::NodeId;
use std::fs;
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::xxh3_64;

/// A node in one of its lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// The node's id, never reused.
    pub id: NodeId,
    /// This life: greater than every earlier one.
    pub life: Life,
    /// The wall clock at the start.
    started: WallMs,
}

/// The data directory cannot be used. Nothing was changed but perhaps the directory made.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct IdentityError {
    path: PathBuf,
    problem: String,
}

impl IdentityError {
    fn new(path: &Path, problem: impl std::fmt::Display) -> Self {
        IdentityError {
            path: path.to_owned(),
            problem: problem.to_string(),
        }
    }
}

impl Identity {
    /// Reads the node's id from its data directory, or writes `wanted` (or a random one) there; and begins a new life.
    ///
    /// # Errors
    /// [`IdentityError`] when a file cannot be read or written, holds something else, or `wanted` is another id than the one
    /// that is there.
    pub fn begin_life(directory: &Path, wanted: Option<NodeId>, now: WallMs) -> Result<Self, IdentityError> {
        fs::create_dir_all(directory).map_err(|error| IdentityError::new(directory, error))?;
        let id = Self::id(&directory.join("id"), wanted)?;
        let life_path = directory.join("life");
        let before = read(&life_path)?.map_or(Ok(0), |text| {
            text.parse()
                .map_err(|_| IdentityError::new(&life_path, "is no number of a life"))
        })?;
        let life = Life::next(Life::new(before), now.get());
        replace(&life_path, &life.get().to_string())?;
        Ok(Identity { id, life, started: now })
    }

    fn id(path: &Path, wanted: Option<NodeId>) -> Result<NodeId, IdentityError> {
        let Some(text) = read(path)? else {
            let id = wanted.unwrap_or_else(|| NodeId::from_bytes(rand::random()));
            replace(path, &id.to_string())?;
            return Ok(id);
        };
        let id: NodeId = text.parse().map_err(|error| IdentityError::new(path, error))?;
        match wanted {
            Some(wanted) if wanted != id => Err(IdentityError::new(
                path,
                format!("this is the directory of node {id}, not of {wanted}"),
            )),
            _ => Ok(id),
        }
    }

    /// Names this node in this life among the authors of counters' runs.
    pub(crate) fn author(&self) -> Author {
        let mut bytes = self.id.as_bytes().to_vec();
        bytes.extend_from_slice(&self.life.get().to_le_bytes());
        Author {
            node: xxh3_64(&bytes),
            run_epoch: Stamp::new(self.started, 0),
        }
    }
}

fn read(path: &Path) -> Result<Option<String>, IdentityError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text.trim().to_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(IdentityError::new(path, error)),
    }
}

fn replace(path: &Path, text: &str) -> Result<(), IdentityError> {
    durable::replace(path, format!("{text}\n").as_bytes()).map_err(|error| IdentityError::new(path, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_stays_and_a_life_is_new_at_every_start() {
        let directory = tempfile::tempdir().unwrap();
        let first = Identity::begin_life(directory.path(), None, WallMs::new(1_000)).unwrap();
        let second = Identity::begin_life(directory.path(), None, WallMs::new(1_000)).unwrap();
        assert_eq!(first.id, second.id);
        assert!(second.life > first.life, "also when the clock has not moved");
        let back = Identity::begin_life(directory.path(), None, WallMs::new(5)).unwrap();
        assert!(back.life > second.life, "also when the clock went back");
        assert_ne!(first.author(), second.author(), "runs are not shared between lives");
    }

    #[test]
    fn a_directory_of_another_node_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let one = NodeId::from_bytes([1; 20]);
        Identity::begin_life(directory.path(), Some(one), WallMs::new(1)).unwrap();
        let other = Identity::begin_life(directory.path(), Some(NodeId::from_bytes([2; 20])), WallMs::new(1));
        assert!(other.unwrap_err().to_string().contains("not of"));
    }

    #[test]
    fn a_damaged_life_is_an_error_and_not_a_new_beginning() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("life"), "what?").unwrap();
        assert!(Identity::begin_life(directory.path(), None, WallMs::new(1)).is_err());
    }
}
