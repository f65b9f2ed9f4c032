//! Values on their way into and out of a statement.

use countersign_domain::Timestamp;
use countersign_domain::authentication::{Authenticator, Channel};
use countersign_domain::epoch::Epoch;
use countersign_domain::id::{
    AnyId, ApiKeyId, AuthenticationId, DeviceId, EntryId, MessageId, OneTimeTokenId,
    PasswordResetId, RequestId, SessionId, UserId,
};
use countersign_domain::identity::IdentityType;
use countersign_domain::key::{KeyedHash, SealingKeyId, SealingKeyStatus};
use countersign_domain::locale::Locale;
use countersign_domain::partner::Slug;
use countersign_domain::sms::{Country, Money};
use countersign_domain::user::UserStatus;

use crate::StoreError;
use crate::statement::Statement;

/// A value of one of the types that the engines share.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Value {
    Null,
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// One row that a statement found.
pub(crate) type Row = Vec<Value>;

/// A row being read, column by column.
pub(crate) struct Columns<'a> {
    statement: &'static Statement,
    column: usize,
    values: std::slice::Iter<'a, Value>,
}

impl<'a> Columns<'a> {
    pub(crate) fn new(statement: &'static Statement, row: &'a Row) -> Self {
        Self::at(statement, row, 0)
    }

    /// The columns from number `column` on.
    pub(crate) fn at(statement: &'static Statement, row: &'a Row, column: usize) -> Self {
        Self {
            statement,
            column,
            values: row.get(column..).unwrap_or_default().iter(),
        }
    }

    /// A keyed hash in the columns hash and key, both null or neither.
    pub(crate) fn keyed_hash(&mut self) -> Result<Option<KeyedHash>, StoreError> {
        match (self.next()?, self.next()?) {
            (Some(bytes), Some(key)) => Ok(Some(KeyedHash { key, bytes })),
            (None, None) => Ok(None),
            _ => Err(self.corrupt()),
        }
    }

    /// The next column's value.
    pub(crate) fn next<T: FromValue>(&mut self) -> Result<T, StoreError> {
        let corrupt = StoreError::Corrupt {
            statement: self.statement.name,
            column: self.column,
        };
        self.column += 1;
        let value = self.values.next().and_then(T::from_value);
        value.ok_or(corrupt)
    }

    /// What is wrong with the column just read.
    pub(crate) fn corrupt(&self) -> StoreError {
        StoreError::Corrupt {
            statement: self.statement.name,
            column: self.column.saturating_sub(1),
        }
    }
}

/// The values of the columns hash and key.
pub(crate) fn keyed_hash_values(hash: Option<&KeyedHash>) -> [Value; 2] {
    match hash {
        Some(hash) => [hash.bytes.as_slice().into(), hash.key.into()],
        None => [Value::Null, Value::Null],
    }
}

/// What can be read from a value; `None` where it is not one of these.
pub(crate) trait FromValue: Sized {
    fn from_value(value: &Value) -> Option<Self>;
}

impl FromValue for i64 {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Int(number) => Some(*number),
            _ => None,
        }
    }
}

impl FromValue for String {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        }
    }
}

impl FromValue for Vec<u8> {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Bytes(bytes) => Some(bytes.clone()),
            _ => None,
        }
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::from_value(value).map(Some),
        }
    }
}

impl<const N: usize> FromValue for [u8; N] {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Bytes(bytes) => bytes.as_slice().try_into().ok(),
            _ => None,
        }
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Int(value.into())
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<&String> for Value {
    fn from(value: &String) -> Self {
        Self::Text(value.clone())
    }
}

impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Self {
        Self::Bytes(value.to_vec())
    }
}

impl From<Timestamp> for Value {
    fn from(value: Timestamp) -> Self {
        Self::Int(value.as_micros())
    }
}

impl FromValue for Timestamp {
    fn from_value(value: &Value) -> Option<Self> {
        i64::from_value(value).map(Self::from_micros)
    }
}

impl From<Epoch> for Value {
    fn from(value: Epoch) -> Self {
        Self::Int(value.0)
    }
}

impl FromValue for Epoch {
    fn from_value(value: &Value) -> Option<Self> {
        i64::from_value(value).map(Self)
    }
}

impl From<SealingKeyId> for Value {
    fn from(value: SealingKeyId) -> Self {
        Self::Int(value.number().into())
    }
}

impl FromValue for SealingKeyId {
    fn from_value(value: &Value) -> Option<Self> {
        let number = u32::try_from(i64::from_value(value)?).ok()?;
        Some(Self::from_number(number))
    }
}

macro_rules! ids {
    ($($id:ty),*) => {$(
        impl From<$id> for Value {
            fn from(id: $id) -> Self {
                Self::Bytes(id.as_bytes().to_vec())
            }
        }

        impl FromValue for $id {
            fn from_value(value: &Value) -> Option<Self> {
                <[u8; 16]>::from_value(value).map(Self::from_bytes)
            }
        }
    )*};
}

ids!(
    AnyId,
    ApiKeyId,
    AuthenticationId,
    DeviceId,
    EntryId,
    MessageId,
    OneTimeTokenId,
    PasswordResetId,
    RequestId,
    SessionId,
    UserId
);

macro_rules! words {
    ($($word:ty: $read:expr),* $(,)?) => {$(
        impl From<$word> for Value {
            fn from(word: $word) -> Self {
                word.as_str().into()
            }
        }

        impl FromValue for $word {
            fn from_value(value: &Value) -> Option<Self> {
                match value {
                    Value::Text(text) => $read(text),
                    _ => None,
                }
            }
        }
    )*};
}

words! {
    Authenticator: |word: &str| word.parse().ok(),
    Channel: |word: &str| word.parse().ok(),
    IdentityType: |word: &str| word.parse().ok(),
    SealingKeyStatus: SealingKeyStatus::from_word,
    UserStatus: UserStatus::from_word,
}

impl From<&Slug> for Value {
    fn from(slug: &Slug) -> Self {
        slug.as_str().into()
    }
}

impl From<&Country> for Value {
    fn from(country: &Country) -> Self {
        country.as_str().into()
    }
}

impl From<Money> for Value {
    fn from(amount: Money) -> Self {
        Self::Int(amount.as_micros())
    }
}

impl FromValue for Locale {
    fn from_value(value: &Value) -> Option<Self> {
        String::from_value(value)?.parse().ok()
    }
}

impl FromValue for Slug {
    fn from_value(value: &Value) -> Option<Self> {
        String::from_value(value)?.parse().ok()
    }
}
