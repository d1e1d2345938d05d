//! A small file that is replaced as a whole, in place: as durable as a new file under the old name, for one flush of data instead of two of metadata.
//!
//! ```text
//!   head | place 0: block block block ... | place 1: block block block ...        blocks of 512 bytes, which a disk writes whole or not at all
//!
//!   head:  "CgTW" | version u8 | blocks in a place u32 | checksum u64 of these
//!   block: number of the write u64 | checksum u64 of number, content and where it stands | 496 bytes; the first ones begin with the length u32
//! ```
//!
//! Writes are numbered, and go to the two places in turn. A place is *whole* if all blocks of its content carry one number; the whole place with the highest
//! number is what was written last. One that a crash left half-written is not whole, and nobody was told that it had been written. Each block has its own
//! checksum, so that a write that did not end (blocks of two numbers, each as it was written) is told apart from a disk that forgot (a block that is
//! not what was written): a vote must not be guessed at.
//!
//! Refused: an append-only log (it has to be cut some time, by the two flushes of metadata again); a checksum of the whole place only (a damaged newest
//! content would pass for one that was never finished, and the older one be taken).

use super::durable;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

const BLOCK: usize = 512;
const BLOCK_HEAD: usize = 16;
const BLOCK_CONTENT: usize = BLOCK - BLOCK_HEAD;
const LENGTH: usize = 4;
const MAGIC: &[u8; 4] = b"CgTW";
const VERSION: u8 = 1;
const HEAD: usize = 17;

/// Bytes that a place takes at least. One that gets more is made anew, four times as large as what it gets.
const PLACE_BYTES_MIN: usize = 32 << 10;

/// See the module's header.
#[derive(Debug)]
pub(super) struct TwinFile {
    path: PathBuf,
    /// None until something was written or read.
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    file: File,
    place_blocks: usize,
    // Invariant: of the last write that ended; it went to the place `number % 2`.
    number: u64,
}

/// Why nothing is read.
#[derive(Debug, thiserror::Error)]
pub(super) enum LoadError {
    /// The disk refuses.
    #[error(transparent)]
    Disk(#[from] io::Error),
    /// The file is not what was written.
    #[error(transparent)]
    Content(#[from] TwinError),
}

/// Why a file is not what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum TwinError {
    /// It does not begin as such a file does.
    #[error("not a register file")]
    Foreign,
    /// It is shorter than it says.
    #[error("the file is torn: {present} bytes of {expected}")]
    Torn {
        /// Bytes that are there.
        present: usize,
        /// Bytes that must be.
        expected: usize,
    },
    /// What stands there was never written.
    #[error("the file is damaged: block {0} is not what was written")]
    Damaged(usize),
    /// A write that ended is not whole.
    #[error("the file is damaged: what was written last is not there")]
    Lost,
    /// Another program's.
    #[error("the file is of version {0}, this program reads version {VERSION}")]
    Version(u8),
}

impl TwinFile {
    /// The file at `path`, which may not be there yet. Nothing is read.
    pub(super) fn at(path: PathBuf) -> Self {
        Self { path, open: None }
    }

    /// Where it is.
    pub(super) fn path(&self) -> &std::path::Path {
        &self.path
    }

    /// What was written last; none if there is no file.
    ///
    /// # Errors
    /// [`LoadError`].
    pub(super) fn load(&mut self) -> Result<Option<Vec<u8>>, LoadError> {
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let (place_blocks, number, content) = read(&bytes)?;
        let file = File::options().write(true).open(&self.path)?;
        self.open = Some(Open {
            file,
            place_blocks,
            number,
        });
        Ok(Some(content))
    }

    /// Replaces what was written. It is on disk when this returns.
    ///
    /// # Errors
    /// The disk's. The content is then the old one or the new one.
    pub(super) fn save(&mut self, content: &[u8]) -> io::Result<()> {
        match &mut self.open {
            Some(open) if blocks(content.len()) <= open.place_blocks => open.save(content),
            _ => self.make_anew(content),
        }
    }

    /// Makes a file with places that are large enough.
    fn make_anew(&mut self, content: &[u8]) -> io::Result<()> {
        let number = self.open.as_ref().map_or(1, |open| open.number + 1);
        let place_blocks = blocks((4 * content.len()).max(PLACE_BYTES_MIN));
        // All of it is written, so that later writes change no metadata.
        let mut bytes = vec![0; BLOCK * (1 + 2 * place_blocks)];
        put_head(place_blocks, &mut bytes);
        let at = first_block(number, place_blocks);
        let written = encode(content, number, at);
        bytes[BLOCK * at..][..written.len()].copy_from_slice(&written);
        durable::replace(&self.path, &bytes)?;
        self.open = Some(Open {
            file: File::options().write(true).open(&self.path)?,
            place_blocks,
            number,
        });
        Ok(())
    }
}

impl Open {
    fn save(&mut self, content: &[u8]) -> io::Result<()> {
        let number = self.number + 1;
        let at = first_block(number, self.place_blocks);
        self.file
            .write_all_at(&encode(content, number, at), (BLOCK * at) as u64)?;
        self.file.sync_data()?;
        self.number = number;
        Ok(())
    }
}

/// Blocks that so many bytes need.
fn blocks(bytes: usize) -> usize {
    (LENGTH + bytes).div_ceil(BLOCK_CONTENT)
}

/// Where the place of a write begins, in blocks of the file.
fn first_block(number: u64, place_blocks: usize) -> usize {
    1 + (number % 2) as usize * place_blocks
}

fn put_head(place_blocks: usize, out: &mut [u8]) {
    out[..4].copy_from_slice(MAGIC);
    out[4] = VERSION;
    // Less than 4 GiB by far: topologies have some kilobytes.
    out[5..9].copy_from_slice(&(place_blocks as u32).to_le_bytes());
    let checksum = xxh3_64(&out[..9]);
    out[9..HEAD].copy_from_slice(&checksum.to_le_bytes());
}

/// The blocks of a write that begins at block `at` of the file.
fn encode(content: &[u8], number: u64, at: usize) -> Vec<u8> {
    let mut framed = Vec::with_capacity(LENGTH + content.len());
    framed.extend_from_slice(&(content.len() as u32).to_le_bytes());
    framed.extend_from_slice(content);
    let mut out = vec![0; BLOCK * blocks(content.len())];
    for ((index, block), part) in out.chunks_mut(BLOCK).enumerate().zip(framed.chunks(BLOCK_CONTENT)) {
        block[..8].copy_from_slice(&number.to_le_bytes());
        block[BLOCK_HEAD..][..part.len()].copy_from_slice(part);
        let checksum = block_checksum(block, at + index);
        block[8..BLOCK_HEAD].copy_from_slice(&checksum.to_le_bytes());
    }
    out
}

fn block_checksum(block: &[u8], at: usize) -> u64 {
    let number = xxh3_64_with_seed(&block[..8], at as u64);
    xxh3_64_with_seed(&block[BLOCK_HEAD..], number)
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes[at..at + 8]
        .iter()
        .rev()
        .fold(0, |word, &byte| word << 8 | u64::from(byte))
}

/// How many blocks a place has, the number of the last write, and what it wrote.
fn read(bytes: &[u8]) -> Result<(usize, u64, Vec<u8>), TwinError> {
    let torn = |expected| TwinError::Torn {
        present: bytes.len(),
        expected,
    };
    if bytes.len() < HEAD {
        return Err(torn(BLOCK));
    }
    if bytes[..4] != *MAGIC {
        return Err(TwinError::Foreign);
    }
    if xxh3_64(&bytes[..9]) != u64_at(bytes, 9) {
        return Err(TwinError::Damaged(0));
    }
    if bytes[4] != VERSION {
        return Err(TwinError::Version(bytes[4]));
    }
    let place_blocks = u32::from_le_bytes([bytes[5], bytes[6], bytes[7], bytes[8]]) as usize;
    let expected = BLOCK * (1 + 2 * place_blocks);
    if bytes.len() != expected {
        return Err(torn(expected));
    }
    let numbers: Vec<u64> = (0..)
        .zip(bytes.chunks(BLOCK))
        .skip(1)
        .map(number_of)
        .collect::<Result<_, _>>()?;
    let places = numbers
        .chunks(place_blocks.max(1))
        .zip(bytes[BLOCK..].chunks(BLOCK * place_blocks.max(1)));
    let whole = places.filter_map(|(numbers, place)| Some((numbers[0], content_of(numbers, place)?)));
    let (number, content) = whole.max_by_key(|(number, _)| *number).ok_or(TwinError::Lost)?;
    // No write begins before the one before it has ended.
    if numbers.iter().any(|&seen| seen > number + 1) {
        return Err(TwinError::Lost);
    }
    Ok((place_blocks, number, content))
}

/// The number of the write that wrote a block, 0 for none.
fn number_of((at, block): (usize, &[u8])) -> Result<u64, TwinError> {
    if block.iter().all(|&byte| byte == 0) {
        return Ok(0);
    }
    if u64_at(block, 8) == block_checksum(block, at) {
        Ok(u64_at(block, 0))
    } else {
        Err(TwinError::Damaged(at))
    }
}

/// What stands in a place that is whole.
fn content_of(numbers: &[u64], place: &[u8]) -> Option<Vec<u8>> {
    let length = u32::from_le_bytes(place[BLOCK_HEAD..][..LENGTH].try_into().ok()?) as usize;
    let written = numbers.get(..blocks(length)).filter(|_| numbers[0] > 0)?;
    if written.iter().any(|&number| number != numbers[0]) {
        return None;
    }
    let parts = place
        .chunks(BLOCK)
        .take(written.len())
        .map(|block| &block[BLOCK_HEAD..]);
    let mut content = parts.collect::<Vec<_>>().concat();
    content.truncate(LENGTH + length);
    content.drain(..LENGTH);
    Some(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Scene {
        _directory: tempfile::TempDir,
        file: TwinFile,
    }

    impl Scene {
        fn new() -> Self {
            let directory = tempfile::tempdir().unwrap();
            let file = TwinFile::at(directory.path().join("file"));
            Scene {
                _directory: directory,
                file,
            }
        }

        fn bytes(&self) -> Vec<u8> {
            fs::read(&self.file.path).unwrap()
        }

        fn load(&self) -> Result<Vec<u8>, TwinError> {
            read(&self.bytes()).map(|(_, _, content)| content)
        }

        /// What is read when only the blocks of `after` that `is_written` names reached the disk.
        fn half_written(&self, before: &[u8], after: &[u8], is_written: impl Fn(usize) -> bool) -> Vec<u8> {
            let blocks = before.chunks(BLOCK).zip(after.chunks(BLOCK)).enumerate();
            let mixed: Vec<u8> = blocks
                .flat_map(|(at, (old, new))| if is_written(at) { new } else { old })
                .copied()
                .collect();
            read(&mixed).expect("no block is damaged").2
        }
    }

    /// Content of so many bytes, another one for each `tag`.
    fn content(bytes: usize, tag: u8) -> Vec<u8> {
        (0..bytes).map(|at| (at % 251) as u8 ^ tag).collect()
    }

    #[test]
    fn what_was_saved_last_is_there_whatever_its_length() {
        let mut scene = Scene::new();
        assert_eq!(scene.file.load().unwrap(), None);
        for (tag, bytes) in (1..).zip([0, 1, 491, 492, 493, 20_000, 3, 400_000, 7, 399_000, 2_000_000]) {
            scene.file.save(&content(bytes, tag)).unwrap();
            assert_eq!(scene.load(), Ok(content(bytes, tag)));
            let mut again = TwinFile::at(scene.file.path.clone());
            assert_eq!(again.load().unwrap(), Some(content(bytes, tag)));
            // By the one that has read it as well.
            again.save(&content(bytes, tag + 100)).unwrap();
            assert_eq!(scene.file.load().unwrap(), Some(content(bytes, tag + 100)));
        }
    }

    #[test]
    fn a_write_that_did_not_end_leaves_what_was_before() {
        let mut scene = Scene::new();
        let mut last = content(5_000, 1);
        scene.file.save(&last).unwrap();
        for (tag, bytes) in (2..).zip([9_000, 700, 9_000, 20_000, 100]) {
            let before = scene.bytes();
            let next = content(bytes, tag);
            scene.file.save(&next).unwrap();
            let after = scene.bytes();
            let changed: Vec<usize> = (0..before.len() / BLOCK)
                .filter(|at| before[BLOCK * at..][..BLOCK] != after[BLOCK * at..][..BLOCK])
                .collect();
            for missing in &changed {
                assert_eq!(scene.half_written(&before, &after, |at| at != *missing), last);
                assert_eq!(scene.half_written(&before, &after, |at| at < *missing), last);
                assert_eq!(scene.half_written(&before, &after, |at| at > *missing), last);
            }
            assert_eq!(scene.half_written(&before, &after, |_| true), next);
            last = next;
        }
    }

    #[test]
    fn a_disk_that_forgot_is_not_taken_for_a_write_that_did_not_end() {
        let mut scene = Scene::new();
        scene.file.save(&content(2_000, 1)).unwrap();
        scene.file.save(&content(2_000, 2)).unwrap();
        let good = scene.bytes();
        for at in 0..good.len() / BLOCK {
            let mut bytes = good.clone();
            bytes[BLOCK * at + 5] ^= 1;
            assert_eq!(read(&bytes), Err(TwinError::Damaged(at)), "written or empty");
        }
        let mut swapped = good.clone();
        swapped.copy_within(BLOCK * 2..BLOCK * 3, BLOCK);
        assert_eq!(read(&swapped), Err(TwinError::Damaged(1)), "a block in another's place");
        assert_eq!(
            read(&good[..good.len() - 1]).map(drop),
            Err(TwinError::Torn {
                present: good.len() - 1,
                expected: good.len()
            })
        );
        assert_eq!(
            read(b"").map(drop),
            Err(TwinError::Torn {
                present: 0,
                expected: BLOCK
            })
        );
        assert_eq!(read(b"epoch = 7, says somebody").map(drop), Err(TwinError::Foreign));
    }

    #[test]
    fn a_lost_write_is_missed_if_a_later_one_had_begun() {
        let mut scene = Scene::new();
        for tag in 1..=2 {
            scene.file.save(&content(2_000, tag)).unwrap();
        }
        let second = scene.bytes();
        scene.file.save(&content(2_000, 3)).unwrap();
        let before = scene.bytes();
        scene.file.save(&content(2_000, 4)).unwrap();
        let after = scene.bytes();
        // The third write is not there, the fourth is half there.
        let places = before.len() / BLOCK / 2;
        let odd = 1 + places..1 + 2 * places;
        let blocks = second.chunks(BLOCK).zip(after.chunks(BLOCK)).enumerate();
        let mixed: Vec<u8> = blocks
            .flat_map(|(at, (old, new))| if odd.contains(&at) || at > 2 { old } else { new })
            .copied()
            .collect();
        assert_eq!(read(&mixed).map(drop), Err(TwinError::Lost));
    }
}
