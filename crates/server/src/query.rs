//! Query strings, read strictly: each parameter once, its value UTF-8 without control
//! characters. A plus is a plus: partners write addresses and numbers as they are.

use percent_encoding::percent_decode_str;

use crate::error::ApiError;

/// The value of the parameter `name` in a query string; those of other names are ignored, but
/// are there once each as well.
pub(crate) fn parameter(query: &str, name: &str) -> Result<Option<String>, ApiError> {
    let mut names = Vec::new();
    let mut found = None;
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let key = decode(key).ok_or_else(|| malformed("A parameter's name is not UTF-8."))?;
        if names.contains(&key) {
            return Err(twice(&key, name));
        }
        if key == name {
            let value = decode(value).filter(|value| !value.contains(char::is_control));
            let plain = || invalid(name, "is not UTF-8 or has control characters");
            found = Some(value.ok_or_else(plain)?);
        }
        names.push(key);
    }
    Ok(found)
}

/// The same, where it must be there.
pub(crate) fn required(query: &str, name: &str) -> Result<String, ApiError> {
    parameter(query, name)?.ok_or_else(|| invalid(name, "is missing"))
}

fn decode(text: &str) -> Option<String> {
    let decoded = percent_decode_str(text).decode_utf8().ok()?;
    Some(decoded.into_owned())
}

fn twice(key: &str, wanted: &str) -> ApiError {
    if key == wanted {
        return invalid(wanted, "is there twice");
    }
    // What a client calls a parameter that nobody asked for is not repeated.
    malformed("A parameter is there twice.")
}

fn malformed(what: &str) -> ApiError {
    ApiError::Malformed(what.to_owned())
}

fn invalid(name: &str, what: &str) -> ApiError {
    ApiError::InvalidParameter(format!("`{name}` {what}.").into())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("user=a@b.example", "a@b.example")]
    #[case("user=a+b@c.example", "a+b@c.example")]
    #[case("user=a%2Bb%40c.example", "a+b@c.example")]
    #[case("x=1&user=a@b.example&y", "a@b.example")]
    #[case("user=", "")]
    #[case("user", "")]
    #[case("us%65r=a", "a")]
    #[case("user=%C3%A9", "\u{e9}")]
    fn a_parameter_is_read_as_it_is_written(#[case] query: &str, #[case] expected: &str) {
        assert_eq!(required(query, "user"), Ok(expected.to_owned()));
    }

    #[rstest]
    #[case("", "invalid_parameter")]
    #[case("User=a", "invalid_parameter")]
    #[case("user=a&user=a", "invalid_parameter")]
    #[case("user=a&us%65r=b", "invalid_parameter")]
    #[case("user=%ff", "invalid_parameter")]
    #[case("user=a%00", "invalid_parameter")]
    #[case("user=a&x=1&x=1", "malformed")]
    #[case("user=a&%ff=1", "malformed")]
    fn what_is_not_there_once_is_refused(#[case] query: &str, #[case] expected: &str) {
        let found = match required(query, "user") {
            Err(ApiError::InvalidParameter(_)) => "invalid_parameter",
            Err(ApiError::Malformed(_)) => "malformed",
            other => panic!("{other:?}"),
        };
        assert_eq!(found, expected, "{query}");
    }
}
