//! Random elements of a collection, as SRANDMEMBER, HRANDFIELD and ZRANDMEMBER count them: a negative count asks for
//! repetitions.

use circlet_resp::ReplyBuf;

use super::RANDOM_REPLY_BYTES_MAX;
use super::error::CommandError;
use super::pure::number::integer_within;

/// The shortest reply that an element can be: `$0\r\n\r\n`.
const ELEMENT_BYTES_MIN: usize = 6;

/// The greatest count of elements with two replies each.
const DOUBLED_MAX: usize = (i64::MAX / 2) as usize;

/// A count of random elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sample {
    /// Up to so many different ones.
    Distinct(usize),
    /// Exactly so many, each chosen from all.
    Repeated(usize),
}

/// What elements are chosen from.
pub(super) trait Sampled {
    /// One of them.
    type Element: Clone;

    /// How many there are.
    fn len(&self) -> usize;

    /// One of them, chosen by a random number.
    fn random(&self, random: u64) -> Option<Self::Element>;

    /// Up to `count` different ones.
    fn random_distinct(&self, count: usize, random: fn() -> u64) -> Vec<Self::Element>;

    /// All of them.
    fn all(&self) -> Vec<Self::Element>;
}

impl Sample {
    /// Reads a count.
    ///
    /// # Errors
    ///
    /// [`CommandError::NotAnInteger`], [`CommandError::OutOfRange`].
    pub(super) fn parse(text: &[u8]) -> Result<Self, CommandError> {
        let count = integer_within(text, -i64::MAX, i64::MAX)?;
        let elements = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
        Ok(if count < 0 {
            Self::Repeated(elements)
        } else {
            Self::Distinct(elements)
        })
    }

    /// Refuses a count that could not be doubled, as Redis does where elements come with a second value each.
    ///
    /// # Errors
    ///
    /// [`CommandError::NumberOutOfRange`].
    pub(super) fn check_doubled(self) -> Result<(), CommandError> {
        let (Self::Distinct(count) | Self::Repeated(count)) = self;
        if count > DOUBLED_MAX {
            return Err(CommandError::NumberOutOfRange);
        }
        Ok(())
    }

    /// Answers an array of elements, of which each is written as `width` replies.
    ///
    /// # Errors
    ///
    /// [`CommandError::ReplyTooLong`].
    pub(super) fn write<V: Sampled>(
        self,
        from: &V,
        width: usize,
        reply: &mut ReplyBuf,
        write: impl Fn(&V::Element, &mut ReplyBuf),
    ) -> Result<(), CommandError> {
        let count = match self {
            Self::Distinct(count) => {
                let chosen = from.random_distinct(count, rand::random);
                reply.array(chosen.len() * width);
                chosen.iter().for_each(|element| write(element, reply));
                return Ok(());
            }
            Self::Repeated(_) if from.len() == 0 => 0,
            Self::Repeated(count) => count,
        };
        if count.saturating_mul(width * ELEMENT_BYTES_MIN) > RANDOM_REPLY_BYTES_MAX {
            return Err(CommandError::ReplyTooLong);
        }
        let (start, len) = (reply.len(), from.len());
        reply.array(count * width);
        // Few are looked up one by one, many are taken from a list of all.
        let all = if count < len { Vec::new() } else { from.all() };
        for _ in 0..count {
            let random: u64 = rand::random();
            match all.get((random % len as u64) as usize) {
                Some(element) => write(element, reply),
                None => from.random(random).iter().for_each(|element| write(element, reply)),
            }
            if reply.len() - start > RANDOM_REPLY_BYTES_MAX {
                return Err(CommandError::ReplyTooLong);
            }
        }
        Ok(())
    }
}
