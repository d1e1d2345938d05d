//! From a name to a command.
//!
//! A name of up to 16 letters fits into two machine words: its first and its last eight bytes, which overlap in the middle. Bit
//! 0x20 set in every byte makes large letters small, and nothing else that is no letter into one. The words and the length are hashed
//! into a table made at compile time; a hit costs a multiplication, two loads and one comparison. (A general map would hash and compare
//! the bytes one by one after copying them to small letters.) The few names that are longer or contain an underscore are compared byte
//! by byte besides.
//!
//! Invariant: other names of the table consist of up to 16 letters, so that the folded words are equal exactly if the names are.

use super::refusal::Refusal;
use super::spec::CommandSpec;
use super::table::SPECS;
use crate::Args;

/// Longest name that can be packed.
const NAME_BYTES_MAX: usize = 32;

/// Longest name that the packing can tell from others by itself.
const TOLD_BYTES_MAX: usize = 16;

/// A power of two, large enough that most names have a place to themselves.
const PLACES: usize = 2048;

/// Odd, and of some thousand random numbers the one that gives the most names of Redis a place to themselves.
const MULTIPLIER: u64 = 0xa62d_6e8f_9adc_7681;

const FREE: u16 = u16::MAX;

/// A name folded to small letters: its length, and eight bytes from its front and from its back.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Packed {
    front: u64,
    back: u64,
    len: usize,
}

const EMPTY: Packed = Packed {
    front: 0,
    back: 0,
    len: 0,
};

/// Names by id; empty for subcommands.
static NAMES: [Packed; SPECS.len()] = names();

/// By id: whether the packed name does not tell the name from all others.
static IN_FULL: [bool; SPECS.len()] = in_full();

/// Ids by hash of their name, with linear probing.
static INDEX: [u16; PLACES] = index();

const _: () = assert!(SPECS.len() < FREE as usize, "ids in the index are two bytes wide");

/// The command called `name`, in large or small letters; for a container (`CLIENT`), the container.
#[inline]
#[must_use]
pub fn lookup(name: &[u8]) -> Option<&'static CommandSpec> {
    let packed = pack(name)?;
    let mut place = place_of(packed);
    loop {
        let id = INDEX[place];
        if id == FREE {
            return None;
        }
        if NAMES[id as usize] == packed {
            let spec = SPECS[id as usize];
            if !IN_FULL[id as usize] || spec.name().as_bytes().eq_ignore_ascii_case(name) {
                return Some(spec);
            }
        }
        place = (place + 1) % PLACES;
    }
}

/// The command or subcommand called `name`, such as `client|kill`: as COMMAND INFO and COMMAND DOCS name them.
#[must_use]
pub fn by_full_name(name: &[u8]) -> Option<&'static CommandSpec> {
    match memchr::memchr(b'|', name) {
        Some(bar) => lookup(&name[..bar])?.subcommand(&name[bar + 1..]),
        None => lookup(name),
    }
}

/// The command that `args` ask for: the subcommand, if the name is a container's and one is named.
///
/// # Errors
/// [`Refusal`], which writes Redis's reply: no such command, no such subcommand, or the wrong number of arguments.
#[inline]
pub fn resolve(args: Args<'_>) -> Result<&'static CommandSpec, Refusal> {
    let spec = lookup(args.name()).ok_or(Refusal::UnknownCommand)?;
    let spec = match args.get(1) {
        Some(name) if !spec.subcommands().is_empty() => {
            spec.subcommand(name).ok_or(Refusal::UnknownSubcommand(spec))?
        }
        _ => spec,
    };
    if spec.check_arity(args.len()) {
        Ok(spec)
    } else {
        Err(Refusal::WrongArity(spec))
    }
}

/// All commands, each container before its subcommands; [`CommandId`](super::CommandId) `as usize` is a spec's place.
#[must_use]
pub fn all() -> &'static [&'static CommandSpec] {
    SPECS
}

/// `None` if no name is so long, or empty.
#[inline]
const fn pack(name: &[u8]) -> Option<Packed> {
    const FOLD: u64 = 0x2020_2020_2020_2020;
    let len = name.len();
    let (front, back) = match len {
        1..4 => (name[0] as u64 | (name[len / 2] as u64) << 8, name[len - 1] as u64),
        4..8 => (word32(name, 0), word32(name, len - 4)),
        8..=NAME_BYTES_MAX => (word64(name, 0), word64(name, len - 8)),
        _ => return None,
    };
    Some(Packed {
        front: front | FOLD,
        back: back | FOLD,
        len,
    })
}

#[inline]
const fn word32(bytes: &[u8], at: usize) -> u64 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]) as u64
}

#[inline]
const fn word64(bytes: &[u8], at: usize) -> u64 {
    word32(bytes, at) | word32(bytes, at + 4) << 32
}

#[inline]
const fn place_of(packed: Packed) -> usize {
    // The top bits of the product depend on all bytes.
    let mixed = (packed.front ^ packed.back.rotate_left(23)).wrapping_add(packed.len as u64);
    (mixed.wrapping_mul(MULTIPLIER) >> (64 - PLACES.trailing_zeros())) as usize
}

const fn names() -> [Packed; SPECS.len()] {
    let mut names = [EMPTY; SPECS.len()];
    let mut id = 0;
    while id < SPECS.len() {
        let name = SPECS[id].name().as_bytes();
        if !is_subcommand(name) {
            names[id] = match pack(name) {
                Some(packed) => packed,
                None => panic!("a command's name is too long for the index"),
            };
        }
        id += 1;
    }
    names
}

/// A subcommand's name has a bar; it is found through its container.
const fn is_subcommand(name: &[u8]) -> bool {
    let mut i = 0;
    while i < name.len() {
        if name[i] == b'|' {
            return true;
        }
        assert!(
            name[i].is_ascii_lowercase() || name[i] == b'_',
            "names are of letters and underscores"
        );
        i += 1;
    }
    false
}

const fn in_full() -> [bool; SPECS.len()] {
    let mut in_full = [false; SPECS.len()];
    let mut id = 0;
    while id < SPECS.len() {
        let name = SPECS[id].name().as_bytes();
        in_full[id] = name.len() > TOLD_BYTES_MAX;
        let mut i = 0;
        while i < name.len() {
            in_full[id] |= name[i] == b'_';
            i += 1;
        }
        id += 1;
    }
    in_full
}

const fn index() -> [u16; PLACES] {
    let names = names();
    let mut index = [FREE; PLACES];
    let mut id = 0;
    while id < names.len() {
        if names[id].len > 0 {
            let mut place = place_of(names[id]);
            while index[place] != FREE {
                place = (place + 1) % PLACES;
            }
            index[place] = id as u16;
        }
        id += 1;
    }
    index
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::CommandId;
    use proptest::prelude::*;

    fn naive(name: &[u8]) -> Option<CommandId> {
        let folded = name.to_ascii_lowercase();
        SPECS
            .iter()
            .find(|spec| !folded.contains(&b'|') && spec.name().as_bytes() == folded)
            .map(|spec| spec.id())
    }

    #[test]
    fn every_command_is_found_by_its_name_in_any_letters() {
        for spec in all() {
            let name = spec.name();
            assert_eq!(
                by_full_name(name.as_bytes()).map(CommandSpec::id),
                Some(spec.id()),
                "{name}"
            );
            assert_eq!(
                by_full_name(name.to_uppercase().as_bytes()).map(CommandSpec::id),
                Some(spec.id()),
                "{name}"
            );
            assert_eq!(
                lookup(name.as_bytes()).map(CommandSpec::id),
                naive(name.as_bytes()),
                "{name}"
            );
        }
    }

    #[test]
    fn near_misses_are_not_found() {
        for name in [
            &b""[..],
            b"GE",
            b"GETT",
            b"GET ",
            b" GET",
            b"GE\x54\0",
            b"G\x05T",
            b"SE\x14",
            b"client|id",
            b"INCRBYFLOATINCRBYFLOAT",
            b"georadiusXmember",
            b"georadiusXYmember",
            b"georadius\x7fro",
        ] {
            assert_eq!(lookup(name).map(CommandSpec::id), None, "{name:?} is no command");
        }
    }

    #[test]
    fn ids_are_places() {
        for (place, spec) in all().iter().enumerate() {
            assert_eq!(
                spec.id() as usize,
                place,
                "{} must stand at the place of its id",
                spec.name()
            );
        }
    }

    #[test]
    fn most_names_are_found_at_the_first_place() {
        let displaced =
            (0..PLACES).filter(|&place| INDEX[place] != FREE && place_of(NAMES[INDEX[place] as usize]) != place);
        assert!(
            displaced.count() <= 8,
            "the hash should spread the names; choose another multiplier"
        );
        for hot in ["get", "set"] {
            let packed = pack(hot.as_bytes()).expect("short");
            assert_eq!(
                NAMES[INDEX[place_of(packed)] as usize].len,
                3,
                "{hot} is asked for most: it stands at its place"
            );
        }
    }

    #[test]
    fn a_changed_byte_is_another_name() {
        for spec in all().iter().filter(|spec| !spec.name().contains('|')) {
            let name = spec.name().as_bytes();
            for at in 0..name.len() {
                let mut changed = name.to_vec();
                for byte in 0..=u8::MAX {
                    changed[at] = byte;
                    assert_eq!(
                        lookup(&changed).map(CommandSpec::id),
                        naive(&changed),
                        "{}",
                        changed.escape_ascii()
                    );
                }
            }
        }
    }

    proptest! {
        #[test]
        fn lookup_agrees_with_a_search_through_the_table(name in prop::collection::vec(any::<u8>(), 0..20)) {
            prop_assert_eq!(lookup(&name).map(CommandSpec::id), naive(&name));
        }
    }
}
