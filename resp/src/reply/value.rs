//! A reply, as a client sees it.

/// One decoded reply, or one message that answers nothing ([`Value::Push`]).
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// No value: `_`, `$-1` or `*-1`.
    Null,
    /// A short status.
    Simple(String),
    /// An error; its first word is its code.
    Error(String),
    /// A whole number.
    Integer(i64),
    /// A string of any bytes.
    Bulk(Vec<u8>),
    /// A number with a fraction.
    Double(f64),
    /// A number with a fraction as it was written: in place of [`Value::Double`], from a parser that
    /// [keeps digits](crate::ReplyParser::keep_digits).
    Digits(String),
    /// Yes or no.
    Boolean(bool),
    /// A whole number of any size, as its digits.
    BigNumber(String),
    /// A text to be shown as it is, without its three letters of format.
    Verbatim(Vec<u8>),
    /// Replies in order.
    Array(Vec<Value>),
    /// Keys, each with its value, in the order sent. RESP2 sends maps as arrays.
    Map(Vec<(Value, Value)>),
    /// Replies of which each should be there once.
    Set(Vec<Value>),
    /// A message that answers nothing, such as an invalidation.
    Push(Vec<Value>),
}

impl Value {
    /// The bytes of anything that is a text: a string, a status, a verbatim text, digits.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Bulk(bytes) | Self::Verbatim(bytes) => Some(bytes),
            Self::Simple(text) | Self::BigNumber(text) | Self::Digits(text) => Some(text.as_bytes()),
            _ => None,
        }
    }

    /// The number of an integer or a boolean.
    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Integer(value) => Some(*value),
            Self::Boolean(value) => Some(i64::from(*value)),
            _ => None,
        }
    }

    /// The text of an error.
    #[must_use]
    pub fn as_error(&self) -> Option<&str> {
        match self {
            Self::Error(text) => Some(text),
            _ => None,
        }
    }

    /// The elements of an array, a set or a push.
    #[must_use]
    pub fn as_slice(&self) -> Option<&[Self]> {
        match self {
            Self::Array(items) | Self::Set(items) | Self::Push(items) => Some(items),
            _ => None,
        }
    }

    /// Whether there is no value.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}
