//! One user as it stands in a file: fields with names, whatever the file's form.

use std::borrow::Cow;
use std::fmt;

use csv::ByteRecord;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::{Map, Value};

/// Fields with names. What is wrong with one is told by its name alone, never by its value.
pub(super) enum Row<'a> {
    Table(&'a [String], &'a ByteRecord),
    Json(&'a Map<String, Value>),
}

impl Row<'_> {
    /// A text; `None` where there is none, or an empty one.
    pub(super) fn text(&self, name: &str) -> Result<Option<Cow<'_, str>>, String> {
        let text = match self {
            Self::Table(names, record) => {
                let index = names.iter().position(|known| known == name);
                let Some(bytes) = index.and_then(|index| record.get(index)) else {
                    return Ok(None);
                };
                let text = std::str::from_utf8(bytes);
                Cow::Borrowed(text.map_err(|_| format!("`{name}` is not UTF-8"))?)
            }
            Self::Json(object) => match object.get(name) {
                None | Some(Value::Null) => return Ok(None),
                Some(Value::String(text)) => Cow::Borrowed(text.as_str()),
                // Ids are numbers in many systems.
                Some(Value::Number(number)) if number.is_u64() => Cow::Owned(number.to_string()),
                Some(_) => return Err(format!("`{name}` must be a text")),
            },
        };
        Ok((!text.is_empty()).then_some(text))
    }

    /// A yes or no; no where nothing is said.
    pub(super) fn flag(&self, name: &str) -> Result<bool, String> {
        if let Self::Json(object) = self
            && let Some(Value::Bool(flag)) = object.get(name)
        {
            return Ok(*flag);
        }
        let text = self.text(name)?;
        let text = text.map(|text| text.to_ascii_lowercase());
        match text.as_deref() {
            None | Some("false" | "f" | "0" | "no") => Ok(false),
            Some("true" | "t" | "1" | "yes") => Ok(true),
            Some(_) => Err(format!("`{name}` must be true or false")),
        }
    }

    /// The same, where it is yes when nothing is said.
    pub(super) fn flag_or_yes(&self, name: &str) -> Result<bool, String> {
        Ok(!self.has(name) || self.flag(name)?)
    }

    /// Whether there is anything under this name.
    pub(super) fn has(&self, name: &str) -> bool {
        match self {
            Self::Table(..) => self.text(name).is_ok_and(|text| text.is_some()),
            Self::Json(object) => object.get(name).is_some_and(|value| !value.is_null()),
        }
    }

    /// The names there are.
    pub(super) fn names(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        match self {
            Self::Table(names, _) => Box::new(names.iter().map(String::as_str)),
            Self::Json(object) => Box::new(object.keys().map(String::as_str)),
        }
    }

    /// What stands under this name, in a file of JSON.
    pub(super) fn value(&self, name: &str) -> Option<&Value> {
        match self {
            Self::Table(..) => None,
            Self::Json(object) => object.get(name),
        }
    }
}

/// A JSON object in which no member stands twice.
pub(super) struct Object(pub(super) Map<String, Value>);

impl Object {
    /// Reads one.
    pub(super) fn parse(line: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(line).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => {
                "it must be one JSON object in which no member stands twice".to_owned()
            }
            _ => format!("it is not JSON, at column {}", error.column()),
        })
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Object, A::Error> {
                let mut object = Map::new();
                while let Some((name, value)) = members.next_entry::<String, Value>()? {
                    if object.insert(name, value).is_some() {
                        return Err(A::Error::custom("a member stands twice"));
                    }
                }
                Ok(Object(object))
            }
        }
        deserializer.deserialize_map(Members)
    }
}
