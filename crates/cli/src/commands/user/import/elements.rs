//! JSON documents with a list of users: read element by element, never as a whole.

use std::cell::RefCell;
use std::fmt;
use std::io::{self, Read};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::capped::{Allowance, Capped};
use super::row::Row;
use super::shape::{self, Trust};
use super::source::{Place, Raw, Record, Sink};
use crate::arguments::ImportFormat;

/// Reads the list, or the member `users` of the document, into `sink`.
pub(super) fn read(
    file: Capped,
    allowance: &Allowance,
    format: ImportFormat,
    trust: &Trust,
    sink: &mut Sink,
) -> io::Result<()> {
    let state = RefCell::new(State {
        number: 0,
        found: false,
        gone: false,
        sink,
    });
    let document = Document {
        allowance,
        format,
        trust,
        state: &state,
        nested: false,
    };
    let mut deserializer = serde_json::Deserializer::from_reader(ByLittle(file));
    let read = document
        .deserialize(&mut deserializer)
        .and_then(|()| deserializer.end());
    let state = state.into_inner();
    match read {
        _ if state.gone => Ok(()),
        Ok(()) if state.found => Ok(()),
        Ok(()) => Err(io::Error::other("there is no list of users in it")),
        Err(error) if error.is_io() => Err(error.into()),
        Err(error) if error.is_data() => Err(io::Error::other("there is no list of users in it")),
        Err(error) => {
            let (line, column) = (error.line(), error.column());
            let what = if error.is_eof() {
                "it ends early"
            } else {
                "it is not JSON"
            };
            Err(io::Error::other(format!(
                "{what}, at line {line}, column {column}"
            )))
        }
    }
}

/// Hides that the file is buffered: it is read through what counts and bounds.
struct ByLittle(Capped);

impl Read for ByLittle {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.read(into)
    }
}

struct State<'a> {
    number: u64,
    found: bool,
    gone: bool,
    sink: &'a mut Sink,
}

#[derive(Clone, Copy)]
struct Document<'a, 'b> {
    allowance: &'a Allowance,
    format: ImportFormat,
    trust: &'a Trust,
    state: &'a RefCell<State<'b>>,
    /// Whether this is the value of `users`.
    nested: bool,
}

impl Document<'_, '_> {
    /// Hands one element on; `false` where nobody takes it any more.
    fn element(&self, element: Value) -> bool {
        let mut state = self.state.borrow_mut();
        let object = match &element {
            Value::Object(object) => object,
            _ => {
                state.number += 1;
                return self.give(&mut state, element, Err("it is no object".to_owned()));
            }
        };
        if !shape::is_user(self.format, object) {
            return true;
        }
        state.number += 1;
        let user = shape::user(self.format, &Row::Json(object), self.trust);
        self.give(&mut state, element, user)
    }

    fn give(
        &self,
        state: &mut State<'_>,
        element: Value,
        user: Result<countersign_service::operator::ImportedUser, String>,
    ) -> bool {
        let record = Record {
            place: Place::User(state.number),
            raw: Raw::Element(element),
            user,
        };
        state.gone = state.sink.add(record).is_err();
        !state.gone
    }
}

impl<'de> DeserializeSeed<'de> for Document<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Document<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of users")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        self.state.borrow_mut().found = true;
        self.allowance.renew();
        while let Some(element) = list.next_element::<Value>()? {
            self.allowance.renew();
            if !self.element(element) {
                return Err(serde::de::Error::custom("nobody reads any more"));
            }
        }
        self.allowance.lift();
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(name) = members.next_key::<String>()? {
            if name == "users" && !self.nested {
                let nested = true;
                members.next_value_seed(Self { nested, ..self })?;
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}
