//! Which browser a `User-Agent` is of, as far as it helps a person to recognise it.
//!
//! Browsers name one another there for the sake of old servers, so that the order of the table
//! is what tells: whoever takes another's name adds its own. What is in no row has no name.

/// What a browser's `User-Agent` has in it, and what people call it.
const BROWSERS: [(&str, &str); 11] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("OPT/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("YaBrowser/", "Yandex Browser"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

/// The same of the system below it.
const SYSTEMS: [(&str, &str); 7] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
];

/// `Chrome (Linux)`: the browser and its system, or the one of them that can be told.
pub(super) fn browser(user_agent: &str) -> Option<String> {
    let said = |table: &[(&str, &'static str)]| {
        let mut rows = table.iter();
        let row = rows.find(|(part, _)| user_agent.contains(part));
        row.map(|(_, name)| *name)
    };
    match (said(&BROWSERS), said(&SYSTEMS)) {
        (Some(browser), Some(system)) => Some(format!("{browser} ({system})")),
        (one, other) => one.or(other).map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
        Some("Chrome (Linux)")
    )]
    #[case(
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
        Some("Edge (Windows)")
    )]
    #[case(
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
        Some("Safari (iPhone)")
    )]
    #[case(
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
        Some("Safari (macOS)")
    )]
    #[case(
        "Mozilla/5.0 (Android 15; Mobile; rv:144.0) Gecko/144.0 Firefox/144.0",
        Some("Firefox (Android)")
    )]
    #[case(
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
        Some("Samsung Internet (Android)")
    )]
    #[case("Mozilla/5.0 (X11; Linux x86_64)", Some("Linux"))]
    #[case("Mozilla/5.0", None)]
    fn a_browser_is_called_what_people_call_it(
        #[case] user_agent: &str,
        #[case] name: Option<&str>,
    ) {
        assert_eq!(browser(user_agent).as_deref(), name, "{user_agent}");
    }
}
