//! `BITFIELD key [GET type offset | [OVERFLOW WRAP | SAT | FAIL] SET type offset value | INCRBY type offset increment ...]` and
//! `BITFIELD_RO key [GET type offset ...]`: integers within a string, one answer for each operation.
//!
//! GET answers the integer, SET what it was before, INCRBY what it is then; null if it does not fit and OVERFLOW FAIL was said before. An
//! offset with a `#` counts in integers of its type. The key's time to live stays.

use circlet_resp::{Args, ReplyBuf};

use crate::command::VALUE_BYTES_MAX;
use crate::command::cx::{Expiry, KeyCx};
use crate::command::error::CommandError;
use crate::command::pure::bitfield::{FieldType, Overflow};
use crate::command::pure::number::{integer, parse_integer};

/// Handles BITFIELD.
pub(in crate::command) fn bitfield(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let operations = parse(args.skip(2))?;
    let written = operations.iter().filter(|operation| operation.change != Change::None);
    match written.map(Operation::end).max() {
        Some(end) => write(cx, &operations, end, reply),
        None => read(cx, &operations, reply),
    }
}

/// Handles `BITFIELD_RO`.
pub(in crate::command) fn bitfield_ro(
    cx: &mut KeyCx<'_>,
    args: Args<'_>,
    reply: &mut ReplyBuf,
) -> Result<(), CommandError> {
    let operations = parse(args.skip(2))?;
    if operations.iter().any(|operation| operation.change != Change::None) {
        return Err(CommandError::BitfieldReadOnly);
    }
    read(cx, &operations, reply)
}

fn read(cx: &mut KeyCx<'_>, operations: &[Operation], reply: &mut ReplyBuf) -> Result<(), CommandError> {
    let value = cx.look_up()?.unwrap_or_default();
    reply.array(operations.len());
    for operation in operations {
        reply.integer(operation.field.get(&value, operation.offset));
    }
    Ok(())
}

/// As in Redis the value grows to hold all that is to be written, even if it is not written.
fn write(cx: &mut KeyCx<'_>, operations: &[Operation], end: usize, reply: &mut ReplyBuf) -> Result<(), CommandError> {
    if end.div_ceil(8) > VALUE_BYTES_MAX {
        return Err(CommandError::BitOffset);
    }
    let found = cx.string()?;
    let mut value = found.as_deref().unwrap_or_default().to_vec();
    if value.len() < end.div_ceil(8) {
        value.resize(end.div_ceil(8), 0);
    }
    reply.array(operations.len());
    for operation in operations {
        match operation.run(&mut value) {
            Some(answer) => reply.integer(answer),
            None => reply.null(),
        }
    }
    if found.as_deref() != Some(&value) {
        drop(found);
        cx.set(&value, Expiry::Keep);
    }
    Ok(())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    None,
    Set(i64),
    IncrBy(i64),
}

#[derive(Clone, Copy, Debug)]
struct Operation {
    field: FieldType,
    /// In bits.
    offset: usize,
    change: Change,
    overflow: Overflow,
}

impl Operation {
    /// The bit behind its last one.
    fn end(&self) -> usize {
        self.offset + self.field.bits()
    }

    /// Does it to a value that is long enough; `None` if the result does not fit.
    fn run(&self, value: &mut [u8]) -> Option<i64> {
        let before = self.field.get(value, self.offset);
        let (number, answers_before) = match self.change {
            Change::None => return Some(before),
            Change::Set(number) => (self.field.of_argument(number), true),
            Change::IncrBy(by) => (i128::from(before) + i128::from(by), false),
        };
        let number = self.field.fit(number, self.overflow)?;
        self.field.set(value, self.offset, number);
        Some(if answers_before { before } else { number })
    }
}

fn parse(args: Args<'_>) -> Result<Vec<Operation>, CommandError> {
    let (mut operations, mut overflow) = (Vec::new(), Overflow::Wrap);
    let mut rest = args.iter();
    while let Some(word) = rest.next() {
        if word.eq_ignore_ascii_case(b"overflow") {
            overflow = overflow_of(rest.next().ok_or(CommandError::Syntax)?)?;
            continue;
        }
        let is = |name: &[u8]| word.eq_ignore_ascii_case(name);
        let is_get = is(b"get");
        if !is_get && !is(b"set") && !is(b"incrby") {
            return Err(CommandError::Syntax);
        }
        // That all of them are there is looked at before what they are.
        let (field, offset) = (rest.next(), rest.next());
        let number = if is_get { None } else { Some(rest.next()) };
        let (Some(field), Some(offset)) = (field, offset) else {
            return Err(CommandError::Syntax);
        };
        let number = number.map(|number| number.ok_or(CommandError::Syntax)).transpose()?;
        let field = FieldType::parse(field).ok_or(CommandError::BitfieldType)?;
        let offset = bit_offset(offset, field).ok_or(CommandError::BitOffset)?;
        let change = match number.map(integer).transpose()? {
            None => Change::None,
            Some(number) if is(b"set") => Change::Set(number),
            Some(number) => Change::IncrBy(number),
        };
        operations.push(Operation {
            field,
            offset,
            change,
            overflow,
        });
    }
    Ok(operations)
}

fn overflow_of(word: &[u8]) -> Result<Overflow, CommandError> {
    if word.eq_ignore_ascii_case(b"wrap") {
        Ok(Overflow::Wrap)
    } else if word.eq_ignore_ascii_case(b"sat") {
        Ok(Overflow::Saturate)
    } else if word.eq_ignore_ascii_case(b"fail") {
        Ok(Overflow::Fail)
    } else {
        Err(CommandError::BitfieldOverflow)
    }
}

fn bit_offset(text: &[u8], field: FieldType) -> Option<usize> {
    let (text, unit) = match text {
        [b'#', text @ ..] => (text, field.bits()),
        text => (text, 1),
    };
    let offset = usize::try_from(parse_integer(text)?).ok()?.checked_mul(unit)?;
    (offset / 8 < VALUE_BYTES_MAX).then_some(offset)
}
