//! What can be an argument of a command.

use crate::cmd::Cmd;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// What can be an argument, or several in a row: strings, bytes, numbers; slices, lists and maps of such; pairs; `Option`, which is
/// nothing if there is nothing.
///
/// For a type of one's own:
///
/// ```
/// use circlet_client::{Cmd, ToArg, cmd};
///
/// struct UserId(u64);
///
/// impl ToArg for UserId {
///     fn write_to(&self, cmd: &mut Cmd) {
///         cmd.push(format!("user:{}", self.0).as_bytes());
///     }
/// }
///
/// assert_eq!(cmd("GET").arg(UserId(7)).to_string(), "GET user:7");
/// ```
pub trait ToArg {
    /// Appends the argument or arguments with [`Cmd::push`].
    fn write_to(&self, cmd: &mut Cmd);
}

macro_rules! as_bytes {
    ($($type:ty),*) => {
        $(impl ToArg for $type {
            fn write_to(&self, cmd: &mut Cmd) {
                cmd.push(self.as_bytes());
            }
        })*
    };
}
as_bytes!(str, String, Box<str>);

macro_rules! bytes {
    ($($type:ty),*) => {
        $(impl ToArg for $type {
            fn write_to(&self, cmd: &mut Cmd) {
                cmd.push(self);
            }
        })*
    };
}
bytes!([u8], Vec<u8>, Box<[u8]>);

macro_rules! as_integer {
    ($($type:ty),*) => {
        $(impl ToArg for $type {
            fn write_to(&self, cmd: &mut Cmd) {
                cmd.push(itoa::Buffer::new().format(*self).as_bytes());
            }
        })*
    };
}
// Not u8: a slice of them is a string of bytes.
as_integer!(i8, i16, i32, i64, isize, u16, u32, u64, usize);

macro_rules! as_text {
    ($($type:ty),*) => {
        $(impl ToArg for $type {
            fn write_to(&self, cmd: &mut Cmd) {
                cmd.push(self.to_string().as_bytes());
            }
        })*
    };
}
as_text!(f32, f64, char);

/// As `1` and `0`.
impl ToArg for bool {
    fn write_to(&self, cmd: &mut Cmd) {
        cmd.push(if *self { b"1" } else { b"0" });
    }
}

impl<const N: usize> ToArg for &[u8; N] {
    fn write_to(&self, cmd: &mut Cmd) {
        cmd.push(*self);
    }
}

impl<T: ToArg + ?Sized> ToArg for &T {
    fn write_to(&self, cmd: &mut Cmd) {
        (**self).write_to(cmd);
    }
}

impl<T: ToArg + ToOwned + ?Sized> ToArg for Cow<'_, T> {
    fn write_to(&self, cmd: &mut Cmd) {
        (**self).write_to(cmd);
    }
}

impl<T: ToArg> ToArg for Option<T> {
    fn write_to(&self, cmd: &mut Cmd) {
        if let Some(arg) = self {
            arg.write_to(cmd);
        }
    }
}

impl ToArg for () {
    fn write_to(&self, _: &mut Cmd) {}
}

impl<A: ToArg, B: ToArg> ToArg for (A, B) {
    fn write_to(&self, cmd: &mut Cmd) {
        self.0.write_to(cmd);
        self.1.write_to(cmd);
    }
}

impl<A: ToArg, B: ToArg, C: ToArg> ToArg for (A, B, C) {
    fn write_to(&self, cmd: &mut Cmd) {
        (&self.0, &self.1).write_to(cmd);
        self.2.write_to(cmd);
    }
}

impl<T: ToArg> ToArg for [T] {
    fn write_to(&self, cmd: &mut Cmd) {
        self.iter().for_each(|arg| arg.write_to(cmd));
    }
}

impl<T: ToArg, const N: usize> ToArg for [T; N] {
    fn write_to(&self, cmd: &mut Cmd) {
        self.iter().for_each(|arg| arg.write_to(cmd));
    }
}

impl<T: ToArg> ToArg for Vec<T> {
    fn write_to(&self, cmd: &mut Cmd) {
        self.iter().for_each(|arg| arg.write_to(cmd));
    }
}

impl<T: ToArg> ToArg for BTreeSet<T> {
    fn write_to(&self, cmd: &mut Cmd) {
        self.iter().for_each(|arg| arg.write_to(cmd));
    }
}

impl<T: ToArg, S> ToArg for HashSet<T, S> {
    fn write_to(&self, cmd: &mut Cmd) {
        self.iter().for_each(|arg| arg.write_to(cmd));
    }
}

impl<K: ToArg, V: ToArg> ToArg for BTreeMap<K, V> {
    fn write_to(&self, cmd: &mut Cmd) {
        self.iter().for_each(|entry| entry.write_to(cmd));
    }
}

impl<K: ToArg, V: ToArg, S> ToArg for HashMap<K, V, S> {
    fn write_to(&self, cmd: &mut Cmd) {
        self.iter().for_each(|entry| entry.write_to(cmd));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cmd;

    #[test]
    fn lists_pairs_and_options_are_several_arguments_or_none() {
        let shown = |arg: &dyn Fn(Cmd) -> Cmd| arg(cmd("X")).to_string();
        assert_eq!(
            shown(&|c| c.arg(vec!["a", "b"]).arg(Some(1)).arg(None::<i64>)),
            "X a b 1"
        );
        assert_eq!(shown(&|c| c.arg([("a", 1.5), ("b", -2.0)])), "X a 1.5 b -2");
        assert_eq!(shown(&|c| c.arg(BTreeMap::from([("k", true)]))), "X k 1");
        assert_eq!(shown(&|c| c.arg(b"\x00\xff").arg(&b"ab"[..])), "X \\x00\\xff ab");
    }
}
