//! What can go wrong while measuring. Every variant says what was being done, because the reader of the message
//! sees one line after minutes of silence.

use std::fmt::Display;
use std::io;

pub(crate) type Result<T> = std::result::Result<T, Error>;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The operating system refused something.
    #[error("{doing}: {source}")]
    Io {
        doing: String,
        #[source]
        source: io::Error,
    },
    /// A server answered something that it should not have.
    #[error("{0}")]
    Answer(String),
    /// A program that a section needs is not on this machine: the section is skipped, the run goes on.
    #[error("{0}")]
    Missing(String),
}

/// Says what was being done when an I/O error came.
pub(crate) trait Doing<T> {
    fn doing(self, what: impl Display) -> Result<T>;
}

impl<T> Doing<T> for io::Result<T> {
    fn doing(self, what: impl Display) -> Result<T> {
        self.map_err(|source| Error::Io {
            doing: what.to_string(),
            source,
        })
    }
}
