//! Small files that a crash leaves as they were or as they are to be, never between.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

/// Replaces the file's content. When this returns, the new content is on disk, under that name.
///
/// One writer at a time: the content goes through a file beside it, with the extension `new`, which a crash may leave behind and the next call overwrites.
///
/// # Errors
/// The disk's. The file has then its old content or the new one.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut file = File::create(&new)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    // The name is the directory's content: without this a power cut may bring the old file back.
    match path.parent() {
        Some(directory) if !directory.as_os_str().is_empty() => File::open(directory)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_as_a_whole_whatever_an_earlier_crash_left() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        replace(&path, b"a long first content").unwrap();
        fs::write(
            path.with_extension("new"),
            b"half of a content that a crash stopped, and longer",
        )
        .unwrap();
        replace(&path, b"second").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        let names = fs::read_dir(directory.path()).unwrap();
        assert_eq!(names.count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_replacement_that_fails_leaves_the_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        replace(&path, b"first").unwrap();
        fs::create_dir(path.with_extension("new")).unwrap();
        assert!(replace(&path, b"second").is_err());
        assert_eq!(fs::read(&path).unwrap(), b"first");
    }
}
