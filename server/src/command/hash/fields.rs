//! `FIELDS numfields field [field ...]`: which fields HEXPIRE, HTTL, HPERSIST and their kin are about.

use circlet_resp::Args;

use crate::command::error::CommandError;
use crate::command::pure::number::parse_integer;

/// The fields that `args`, which begin with the word FIELDS, name: one at least. `no_count` is what is answered to a
/// count that is not positive.
///
/// # Errors
///
/// [`CommandError::NoFields`], `no_count`, [`CommandError::FieldCountMismatch`].
pub(super) fn fields(args: Args<'_>, no_count: CommandError) -> Result<Args<'_>, CommandError> {
    let is_announced = args.get(0).is_some_and(|word| word.eq_ignore_ascii_case(b"fields"));
    if !is_announced {
        return Err(CommandError::NoFields);
    }
    let count = args.get(1).and_then(parse_integer).filter(|&count| count > 0);
    let count = count.ok_or(no_count)?;
    let fields = args.skip(2);
    if usize::try_from(count) == Ok(fields.len()) {
        Ok(fields)
    } else {
        Err(CommandError::FieldCountMismatch)
    }
}
