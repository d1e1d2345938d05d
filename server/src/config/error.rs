//! Why a configuration is refused.

use super::Source;
use std::fmt;
use std::path::PathBuf;

/// One thing that is wrong, and where it was said. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The file cannot be read.
    #[error("{}: {why}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// The file is not TOML, or something in it has another shape than it needs.
    #[error("{place}: {why}")]
    Syntax {
        /// Where.
        place: Source,
        /// What is wrong there.
        why: String,
    },
    /// No setting has this name.
    #[error("{place}: unknown setting `{name}`{}", hint(*nearest))]
    Unknown {
        /// Where it was said.
        place: Source,
        /// The name, as written.
        name: String,
        /// The known name that resembles it.
        nearest: Option<&'static str>,
    },
    /// The setting does not accept this value.
    #[error("{place}: {name} = {text:?}: {why}")]
    Refused {
        /// Where it was said.
        place: Source,
        /// The setting.
        name: String,
        /// The value, as written.
        text: String,
        /// What it would accept.
        why: String,
    },
    /// Values that are each right do not go together.
    #[error("{0}")]
    Contradiction(String),
}

fn hint(nearest: Option<&'static str>) -> String {
    nearest
        .map(|name| format!(", did you mean `{name}`?"))
        .unwrap_or_default()
}

/// Everything that is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// At least one.
    pub problems: Vec<Problem>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, problem) in self.problems.iter().enumerate() {
            let line_break = if number == 0 { "" } else { "\n" };
            write!(f, "{line_break}{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

/// Why `CONFIG SET` changed nothing, in Redis's words after `ERR `.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetError {
    /// No setting has this name.
    #[error("Unknown option or number of arguments for CONFIG SET - '{name}'")]
    Unknown {
        /// The name, as written.
        name: String,
    },
    /// The setting is there twice, cannot change now, or does not accept the value.
    #[error("CONFIG SET failed (possibly related to argument '{name}') - {why}")]
    Refused {
        /// The setting, as written.
        name: String,
        /// What is wrong.
        why: String,
    },
}

/// Why `CONFIG REWRITE` left the file as it was, in Redis's words after `ERR ` where it has them.
#[derive(Debug, thiserror::Error)]
pub enum RewriteError {
    /// There is no file to rewrite.
    #[error("The server is running without a config file")]
    NoFile,
    /// The file has become something that is not understood, or would have by rewriting it.
    #[error("Rewriting config file: {0}")]
    Unclear(String),
    /// Reading or replacing it failed.
    #[error("Rewriting config file: {0}")]
    Io(#[from] std::io::Error),
}
