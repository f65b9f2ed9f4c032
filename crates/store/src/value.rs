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

use crate::statement::Statement;
use crate::{StoreError, sqlite};

/// A value of one of the types that the engines share.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Value {
    Null,
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl Value {
    fn cell(&self) -> Cell<'_> {
        match self {
            Self::Null => Cell::Null,
            Self::Int(number) => Cell::Int(*number),
            Self::Text(text) => Cell::Text(text),
            Self::Bytes(bytes) => Cell::Bytes(bytes),
        }
    }
}

/// A value where it stands, in a row that was kept or in one that an engine is at.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Cell<'a> {
    Null,
    Int(i64),
    Text(&'a str),
    Bytes(&'a [u8]),
}

impl From<Cell<'_>> for Value {
    fn from(cell: Cell<'_>) -> Self {
        match cell {
            Cell::Null => Self::Null,
            Cell::Int(number) => Self::Int(number),
            Cell::Text(text) => text.into(),
            Cell::Bytes(bytes) => bytes.into(),
        }
    }
}

/// One row that a statement found, kept.
pub(crate) type Row = Vec<Value>;

/// Where the values of a row are read from.
#[derive(Clone, Copy)]
pub(crate) enum Cells<'a> {
    Kept(&'a [Value]),
    Sqlite(&'a rusqlite::Row<'a>),
}

/// A row being read, column by column.
pub(crate) struct Columns<'a> {
    statement: &'static Statement,
    column: usize,
    cells: Cells<'a>,
}

impl<'a> Columns<'a> {
    pub(crate) fn new(statement: &'static Statement, row: &'a Row) -> Self {
        Self::at(statement, row, 0)
    }

    /// The columns from number `column` on.
    pub(crate) fn at(statement: &'static Statement, row: &'a Row, column: usize) -> Self {
        Self::of(statement, Cells::Kept(row)).past(column)
    }

    /// The columns of a row, wherever it is.
    pub(crate) fn of(statement: &'static Statement, cells: Cells<'a>) -> Self {
        Self {
            statement,
            column: 0,
            cells,
        }
    }

    /// The same row, past its first `column` columns.
    pub(crate) fn past(self, column: usize) -> Self {
        Self { column, ..self }
    }

    /// All of the row, to be read later.
    pub(crate) fn keep(&mut self) -> Row {
        std::iter::from_fn(|| {
            let cell = self.cell();
            self.column += 1;
            cell.map(Value::from)
        })
        .collect()
    }

    fn cell(&self) -> Option<Cell<'a>> {
        match self.cells {
            Cells::Kept(values) => values.get(self.column).map(Value::cell),
            Cells::Sqlite(row) => sqlite::cell(row, self.column),
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
    pub(crate) fn next<T: FromCell>(&mut self) -> Result<T, StoreError> {
        let cell = self.cell();
        self.column += 1;
        cell.and_then(T::from_cell).ok_or_else(|| self.corrupt())
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

/// What can be read from a cell; `None` where it is not one of these.
pub(crate) trait FromCell: Sized {
    fn from_cell(cell: Cell<'_>) -> Option<Self>;
}

impl FromCell for i64 {
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Int(number) => Some(number),
            _ => None,
        }
    }
}

impl FromCell for String {
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Text(text) => Some(text.to_owned()),
            _ => None,
        }
    }
}

impl FromCell for Vec<u8> {
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Bytes(bytes) => Some(bytes.to_vec()),
            _ => None,
        }
    }
}

impl<T: FromCell> FromCell for Option<T> {
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Null => Some(None),
            cell => T::from_cell(cell).map(Some),
        }
    }
}

impl<const N: usize> FromCell for [u8; N] {
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Bytes(bytes) => bytes.try_into().ok(),
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

impl FromCell for Timestamp {
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        i64::from_cell(cell).map(Self::from_micros)
    }
}

impl From<Epoch> for Value {
    fn from(value: Epoch) -> Self {
        Self::Int(value.0)
    }
}

impl FromCell for Epoch {
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        i64::from_cell(cell).map(Self)
    }
}

impl From<SealingKeyId> for Value {
    fn from(value: SealingKeyId) -> Self {
        Self::Int(value.number().into())
    }
}

impl FromCell for SealingKeyId {
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        let number = u32::try_from(i64::from_cell(cell)?).ok()?;
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

        impl FromCell for $id {
            fn from_cell(cell: Cell<'_>) -> Option<Self> {
                <[u8; 16]>::from_cell(cell).map(Self::from_bytes)
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

        impl FromCell for $word {
            fn from_cell(cell: Cell<'_>) -> Option<Self> {
                match cell {
                    Cell::Text(text) => $read(text),
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

impl FromCell for Locale {
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Text(text) => text.parse().ok(),
            _ => None,
        }
    }
}

impl FromCell for Slug {
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Text(text) => text.parse().ok(),
            _ => None,
        }
    }
}
