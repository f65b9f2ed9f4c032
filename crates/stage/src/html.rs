//! Pages of the application and of the partner.

use axum::response::Html;

/// A page with this heading, and HTML below it.
pub(crate) fn page(heading: &str, body: &str) -> Html<String> {
    let heading = escaped(heading);
    Html(format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{heading}</title>\n\
         <link rel=\"icon\" href=\"data:,\">\n<h1>{heading}</h1>\n{body}\n</html>\n"
    ))
}

/// A text as it stands in HTML, in an attribute too.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            other => out.push(other),
        }
    }
    out
}
