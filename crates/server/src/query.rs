//! Query strings, read strictly: each parameter once, its value UTF-8 without control
//! characters. A plus is a plus: partners write addresses and numbers as they are.

use percent_encoding::percent_decode_str;

use crate::error::ApiError;

/// Parameters of a query at most: each is compared with those before it.
const MOST: usize = 32;

/// The values of the parameters `names` in a query string; those of other names are ignored,
/// but are there once each as well.
pub(crate) fn parameters<const N: usize>(
    query: &str,
    names: [&str; N],
) -> Result<[Option<String>; N], ApiError> {
    let mut seen = Vec::new();
    let mut found = [const { None }; N];
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        if seen.len() == MOST {
            return Err(malformed("There are more than 32 parameters."));
        }
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let key = decode(key).ok_or_else(|| malformed("A parameter's name is not UTF-8."))?;
        let wanted = names.iter().position(|name| *name == key);
        if seen.contains(&key) {
            // What a client calls a parameter that nobody asked for is not repeated.
            return Err(wanted.map_or_else(
                || malformed("A parameter is there twice."),
                |wanted| invalid(names[wanted], "is there twice"),
            ));
        }
        if let Some(wanted) = wanted {
            let value = decode(value).filter(|value| !value.contains(char::is_control));
            let plain = || invalid(names[wanted], "is not UTF-8 or has control characters");
            found[wanted] = Some(value.ok_or_else(plain)?);
        }
        seen.push(key);
    }
    Ok(found)
}

/// The value of the one parameter `name`.
pub(crate) fn parameter(query: &str, name: &str) -> Result<Option<String>, ApiError> {
    parameters(query, [name]).map(|[value]| value)
}

/// The same, where it must be there.
pub(crate) fn required(query: &str, name: &str) -> Result<String, ApiError> {
    parameter(query, name)?.ok_or_else(|| missing(name))
}

/// What is said of a parameter that is not there.
pub(crate) fn missing(name: &str) -> ApiError {
    invalid(name, "is missing")
}

fn decode(text: &str) -> Option<String> {
    let decoded = percent_decode_str(text).decode_utf8().ok()?;
    Some(decoded.into_owned())
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

    #[test]
    fn a_query_has_as_many_parameters_as_anybody_needs() {
        let query = |count: usize| (0..count).map(|n| format!("p{n}=&")).collect::<String>();
        assert_eq!(parameter(&query(32), "user"), Ok(None));
        let error = parameter(&query(33), "user");
        assert!(matches!(error, Err(ApiError::Malformed(_))));
    }
}
