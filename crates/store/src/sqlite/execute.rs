//! One statement, run on one connection.

use rusqlite::Connection;
use rusqlite::types::{ToSqlOutput, Value as SqlValue, ValueRef};

use crate::StoreError;
use crate::batch::Done;
use crate::statement::Statement;
use crate::value::{Cell, Cells, Columns, Row, Value};

use super::unavailable;

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => ToSqlOutput::Owned(SqlValue::Null),
            Self::Int(number) => ToSqlOutput::Owned(SqlValue::Integer(*number)),
            Self::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Self::Bytes(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
        })
    }
}

/// Runs a statement that changes something, and may return rows.
pub(super) fn execute(
    connection: &Connection,
    statement: &'static Statement,
    values: &[Value],
) -> rusqlite::Result<Done> {
    let mut prepared = prepare(connection, statement, values)?;
    let (rows, count) = if prepared.column_count() == 0 {
        (Vec::new(), prepared.raw_execute()?)
    } else {
        let rows = collect(&mut prepared)?;
        let count = rows.len();
        (rows, count)
    };
    Ok(Done {
        statement,
        rows,
        count,
    })
}

/// Runs a statement that only reads, and has each row read where it stands.
pub(super) fn query(
    connection: &Connection,
    statement: &'static Statement,
    values: &[Value],
    mut read: impl FnMut(Columns<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let failed = |error: rusqlite::Error| unavailable(&error);
    let mut prepared = prepare(connection, statement, values).map_err(failed)?;
    let mut rows = prepared.raw_query();
    while let Some(row) = rows.next().map_err(failed)? {
        read(Columns::of(statement, Cells::Sqlite(row)))?;
    }
    Ok(())
}

/// What stands in a column; `None` where there is no such column.
pub(crate) fn cell<'a>(row: &'a rusqlite::Row<'_>, column: usize) -> Option<Cell<'a>> {
    Some(match row.get_ref(column).ok()? {
        // No column has that type; whoever reads it finds that it is no number of ours.
        ValueRef::Null | ValueRef::Real(_) => Cell::Null,
        ValueRef::Integer(number) => Cell::Int(number),
        // Nor is anything written that is not UTF-8; whoever reads it finds that it is no text.
        ValueRef::Text(text) => std::str::from_utf8(text).map_or(Cell::Bytes(text), Cell::Text),
        ValueRef::Blob(bytes) => Cell::Bytes(bytes),
    })
}

fn prepare<'a>(
    connection: &'a Connection,
    statement: &'static Statement,
    values: &[Value],
) -> rusqlite::Result<rusqlite::CachedStatement<'a>> {
    let mut prepared = connection.prepare_cached(statement.sql)?;
    let numbers = statement.order.numbers();
    if numbers.len() != values.len() {
        let (given, wanted) = (values.len(), numbers.len());
        return Err(rusqlite::Error::InvalidParameterCount(given, wanted));
    }
    for (place, number) in numbers.iter().enumerate() {
        prepared.raw_bind_parameter(place + 1, &values[number - 1])?;
    }
    Ok(prepared)
}

fn collect(prepared: &mut rusqlite::Statement<'_>) -> rusqlite::Result<Vec<Row>> {
    let columns = prepared.column_count();
    let mut rows = prepared.raw_query();
    let mut collected = Vec::new();
    while let Some(row) = rows.next()? {
        let values = (0..columns).map(|column| row.get_ref(column).map(value_of));
        collected.push(values.collect::<rusqlite::Result<Row>>()?);
    }
    Ok(collected)
}

fn value_of(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Int(number),
        // No column has this type; whoever reads it finds that it is no number of ours.
        ValueRef::Real(_) => Value::Null,
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
    }
}
