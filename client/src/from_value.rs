//! What replies can be read as.

use crate::error::{Error, ErrorKind};
use circlet_resp::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasher, Hash};

/// What a reply can be read as: strings, bytes, numbers, `bool`; `Option`, for replies that may be nothing; lists, sets, maps and tuples
/// of such; `()` for whoever does not care; [`Value`] for the reply as it is.
///
/// For a type of one's own:
///
/// ```
/// use circlet_client::{Error, FromValue, Value};
///
/// struct UserId(u64);
///
/// impl FromValue for UserId {
///     fn from_value(value: Value) -> Result<Self, Error> {
///         u64::from_value(value).map(UserId)
///     }
/// }
/// ```
pub trait FromValue: Sized {
    /// Reads a reply.
    ///
    /// # Errors
    /// [`ErrorKind::Conversion`] when it is nothing of this type; an error reply among others is that error.
    fn from_value(value: Value) -> Result<Self, Error>;

    /// Reads a reply of several. Only bytes need another answer than this one, which reads each by itself.
    ///
    /// # Errors
    /// As [`from_value`](FromValue::from_value).
    fn many_from_value(value: Value) -> Result<Vec<Self>, Error> {
        elements(value)?.into_iter().map(Self::from_value).collect()
    }
}

/// What a user type may fail with: an error of kind [`ErrorKind::Conversion`].
#[must_use]
pub fn conversion_error(text: impl Into<String>) -> Error {
    Error::new(ErrorKind::Conversion, text)
}

fn elements(value: Value) -> Result<Vec<Value>, Error> {
    match value {
        Value::Array(items) | Value::Set(items) | Value::Push(items) => Ok(items),
        Value::Map(entries) => {
            let pairs = entries.into_iter().map(|(key, value)| Value::Array(vec![key, value]));
            Ok(pairs.collect())
        }
        Value::Null => Ok(Vec::new()),
        Value::Error(text) => Err(Error::answered(text)),
        other => Err(Error::conversion("list", &other)),
    }
}

/// The pairs of a map, or of a list that is one.
fn entries(value: Value) -> Result<Vec<(Value, Value)>, Error> {
    let items = match value {
        Value::Map(entries) => return Ok(entries),
        other => elements(other)?,
    };
    if items
        .iter()
        .all(|item| item.as_slice().is_some_and(|pair| pair.len() == 2))
    {
        return items.into_iter().map(<(Value, Value)>::from_value).collect();
    }
    if !items.len().is_multiple_of(2) {
        return Err(Error::conversion("map", &Value::Array(items)));
    }
    let (mut pairs, mut items) = (Vec::with_capacity(items.len() / 2), items.into_iter());
    while let (Some(key), Some(value)) = (items.next(), items.next()) {
        pairs.push((key, value));
    }
    Ok(pairs)
}

fn text(value: Value) -> Result<Vec<u8>, Error> {
    match value {
        Value::Bulk(bytes) | Value::Verbatim(bytes) => Ok(bytes),
        Value::Simple(text) | Value::BigNumber(text) | Value::Digits(text) => Ok(text.into_bytes()),
        Value::Integer(number) => Ok(number.to_string().into_bytes()),
        Value::Double(number) => Ok(number.to_string().into_bytes()),
        Value::Error(text) => Err(Error::answered(text)),
        other => Err(Error::conversion("string", &other)),
    }
}

impl FromValue for Value {
    fn from_value(value: Value) -> Result<Self, Error> {
        Ok(value)
    }
}

impl FromValue for () {
    fn from_value(value: Value) -> Result<Self, Error> {
        match value {
            Value::Error(text) => Err(Error::answered(text)),
            _ => Ok(()),
        }
    }
}

impl FromValue for String {
    fn from_value(value: Value) -> Result<Self, Error> {
        String::from_utf8(text(value)?)
            .map_err(|error| Error::conversion("text in UTF-8", &Value::Bulk(error.into_bytes())))
    }
}

/// `1`, `OK` and true are true; `0` and nothing are false.
impl FromValue for bool {
    fn from_value(value: Value) -> Result<Self, Error> {
        match value {
            Value::Boolean(yes) => Ok(yes),
            Value::Integer(0) | Value::Null => Ok(false),
            Value::Integer(1) => Ok(true),
            Value::Simple(ok) if ok == "OK" => Ok(true),
            Value::Bulk(digit) if digit == b"0" => Ok(false),
            Value::Bulk(digit) if digit == b"1" => Ok(true),
            Value::Error(text) => Err(Error::answered(text)),
            other => Err(Error::conversion("yes or no", &other)),
        }
    }
}

macro_rules! from_integer {
    ($($type:ty),*) => {
        $(impl FromValue for $type {
            fn from_value(value: Value) -> Result<Self, Error> {
                let number = match &value {
                    Value::Integer(number) => Self::try_from(*number).ok(),
                    Value::Boolean(yes) => Some(Self::from(*yes)),
                    other => other.as_bytes().and_then(|text| std::str::from_utf8(text).ok()?.parse().ok()),
                };
                match (number, value) {
                    (Some(number), _) => Ok(number),
                    (None, Value::Error(text)) => Err(Error::answered(text)),
                    (None, value) => Err(Error::conversion(stringify!($type), &value)),
                }
            }
        })*
    };
}
from_integer!(i8, i16, i32, i64, i128, isize, u16, u32, u64, u128, usize);

/// One byte as a number; many as a string of bytes.
impl FromValue for u8 {
    fn from_value(value: Value) -> Result<Self, Error> {
        u16::from_value(value.clone())
            .ok()
            .and_then(|number| u8::try_from(number).ok())
            .ok_or_else(|| Error::conversion("u8", &value))
    }

    fn many_from_value(value: Value) -> Result<Vec<Self>, Error> {
        text(value)
    }
}

impl FromValue for f64 {
    fn from_value(value: Value) -> Result<Self, Error> {
        match value {
            Value::Double(number) => Ok(number),
            Value::Integer(number) => Ok(number as f64),
            Value::Error(text) => Err(Error::answered(text)),
            other => {
                let text = other.as_bytes().and_then(|text| std::str::from_utf8(text).ok());
                let number = text.and_then(|text| text.parse().ok());
                number.ok_or_else(|| Error::conversion("f64", &other))
            }
        }
    }
}

impl FromValue for f32 {
    fn from_value(value: Value) -> Result<Self, Error> {
        f64::from_value(value).map(|number| number as f32)
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value) -> Result<Self, Error> {
        match value {
            Value::Null => Ok(None),
            value => T::from_value(value).map(Some),
        }
    }
}

impl<T: FromValue> FromValue for Vec<T> {
    fn from_value(value: Value) -> Result<Self, Error> {
        T::many_from_value(value)
    }
}

impl<T: FromValue + Ord> FromValue for BTreeSet<T> {
    fn from_value(value: Value) -> Result<Self, Error> {
        elements(value)?.into_iter().map(T::from_value).collect()
    }
}

impl<T: FromValue + Hash + Eq, S: BuildHasher + Default> FromValue for HashSet<T, S> {
    fn from_value(value: Value) -> Result<Self, Error> {
        elements(value)?.into_iter().map(T::from_value).collect()
    }
}

impl<K: FromValue + Ord, V: FromValue> FromValue for BTreeMap<K, V> {
    fn from_value(value: Value) -> Result<Self, Error> {
        let pairs = entries(value)?.into_iter();
        pairs
            .map(|(key, value)| Ok((K::from_value(key)?, V::from_value(value)?)))
            .collect()
    }
}

impl<K: FromValue + Hash + Eq, V: FromValue, S: BuildHasher + Default> FromValue for HashMap<K, V, S> {
    fn from_value(value: Value) -> Result<Self, Error> {
        let pairs = entries(value)?.into_iter();
        pairs
            .map(|(key, value)| Ok((K::from_value(key)?, V::from_value(value)?)))
            .collect()
    }
}

macro_rules! from_tuple {
    ($count:literal: $($name:ident),*) => {
        impl<$($name: FromValue),*> FromValue for ($($name,)*) {
            fn from_value(value: Value) -> Result<Self, Error> {
                let items = elements(value)?;
                if items.len() != $count {
                    return Err(Error::conversion(concat!("list of ", $count), &Value::Array(items)));
                }
                let mut items = items.into_iter();
                Ok(($($name::from_value(items.next().unwrap_or(Value::Null))?,)*))
            }

            /// Also from a flat list, as RESP2 sends pairs.
            fn many_from_value(value: Value) -> Result<Vec<Self>, Error> {
                let items = elements(value)?;
                let nested = items.iter().all(|item| item.as_slice().is_some());
                if nested || !items.len().is_multiple_of($count) {
                    return items.into_iter().map(Self::from_value).collect();
                }
                items.chunks($count).map(|chunk| Self::from_value(Value::Array(chunk.to_vec()))).collect()
            }
        }
    };
}
from_tuple!(2: A, B);
from_tuple!(3: A, B, C);
from_tuple!(4: A, B, C, D);

#[cfg(test)]
mod tests {
    use super::*;

    fn bulk(text: &str) -> Value {
        Value::Bulk(text.into())
    }

    #[test]
    fn bytes_are_a_string_and_other_lists_are_lists() {
        assert_eq!(Vec::<u8>::from_value(bulk("ab")).unwrap(), b"ab");
        let list = Value::Array(vec![bulk("1"), Value::Integer(2)]);
        assert_eq!(Vec::<i64>::from_value(list).unwrap(), [1, 2]);
        assert_eq!(Option::<String>::from_value(Value::Null).unwrap(), None);
        assert!(String::from_value(Value::Null).is_err(), "nothing is no string");
    }

    #[test]
    fn maps_are_read_from_maps_pairs_and_flat_lists() {
        let expected = BTreeMap::from([("a".to_owned(), 1), ("b".to_owned(), 2)]);
        let pairs = vec![(bulk("a"), Value::Integer(1)), (bulk("b"), Value::Integer(2))];
        let nested = pairs
            .iter()
            .map(|(key, value)| Value::Array(vec![key.clone(), value.clone()]));
        let nested = Value::Array(nested.collect());
        let flat = Value::Array(
            pairs
                .iter()
                .flat_map(|(key, value)| [key.clone(), value.clone()])
                .collect(),
        );
        for value in [Value::Map(pairs), nested, flat] {
            assert_eq!(BTreeMap::<String, i64>::from_value(value.clone()).unwrap(), expected);
            let list = Vec::<(String, i64)>::from_value(value).unwrap();
            assert_eq!(list.into_iter().collect::<BTreeMap<_, _>>(), expected);
        }
    }

    #[test]
    fn what_does_not_fit_is_a_conversion_error_and_an_error_reply_is_itself() {
        let kind = |result: Result<u16, Error>| result.unwrap_err().kind();
        assert_eq!(kind(u16::from_value(Value::Integer(70_000))), ErrorKind::Conversion);
        assert_eq!(
            kind(u16::from_value(Value::Error("WRONGTYPE x".into()))),
            ErrorKind::WrongType
        );
        assert!(<(i64, i64)>::from_value(Value::Array(vec![Value::Integer(1)])).is_err());
    }
}
