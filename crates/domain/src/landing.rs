//! How somebody lands who comes with a one-time token: whether they need not be asked.

use url::Url;

use crate::partner::PartnerSettings;

/// What a browser says of how it came to a page.
#[derive(Clone, Copy, Default, Debug)]
pub struct Arriving<'a> {
    /// `Sec-Fetch-Mode`.
    pub mode: Option<&'a str>,
    /// `Sec-Fetch-Dest`.
    pub dest: Option<&'a str>,
    /// Whether it fetches ahead of the person (`Sec-Purpose` or `Purpose`).
    pub prefetch: bool,
    /// `Referer`.
    pub referer: Option<&'a str>,
}

impl Arriving<'_> {
    /// Whether a person goes there, in a window of its own: no frame, no image, no script, and
    /// nobody who fetches ahead. Older browsers say nothing of it, and are believed.
    #[must_use]
    pub fn visits(&self) -> bool {
        !self.prefetch
            && self.mode.is_none_or(|mode| mode == "navigate")
            && self.dest.is_none_or(|dest| dest == "document")
    }

    /// The same, where the browser has to say so.
    fn surely_visits(&self) -> bool {
        self.visits() && self.mode.is_some() && self.dest.is_some()
    }
}

/// Whether somebody with a link's token goes on without pressing the button: nobody is signed in
/// here who would be moved to another account, and the browser says that the person came from
/// where such links come from. A link that the partner's app opens comes from no page; one that
/// comes from a page of somebody else's was planted there.
#[must_use]
pub fn unasked(
    arriving: &Arriving<'_>,
    signed_in: bool,
    from_app: bool,
    settings: &PartnerSettings,
) -> bool {
    let page = arriving.referer.and_then(|text| Url::parse(text).ok());
    let page = page.filter(|url| matches!(url.scheme(), "http" | "https"));
    let from = match page {
        None => from_app,
        Some(url) => {
            let origin = url.origin().ascii_serialization();
            let login = settings.login_url.iter().map(|login| login.origin());
            let mut known = settings.return_origins.iter().chain(login);
            known.any(|known| known.as_str() == origin)
        }
    };
    !signed_in && arriving.surely_visits() && from
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const GOOD: Arriving<'_> = Arriving {
        mode: Some("navigate"),
        dest: Some("document"),
        prefetch: false,
        referer: Some("https://tickets.example/my?x=1"),
    };

    fn settings() -> PartnerSettings {
        PartnerSettings {
            return_origins: vec!["https://tickets.example".parse().unwrap()],
            login_url: Some("https://login.example/in".parse().unwrap()),
            ..PartnerSettings::default()
        }
    }

    fn from(referer: Option<&'static str>) -> Arriving<'static> {
        Arriving { referer, ..GOOD }
    }

    #[rstest]
    #[case::from_the_partner(GOOD, false, false, true)]
    #[case::from_its_login(from(Some("https://login.example/")), false, false, true)]
    #[case::from_the_app(from(None), false, true, true)]
    #[case::from_an_android_app(from(Some("android-app://tickets.example/")), false, true, true)]
    #[case::signed_in(GOOD, true, false, false)]
    #[case::signed_in_in_the_app(from(None), true, true, false)]
    #[case::ahead(Arriving { prefetch: true, ..GOOD }, false, false, false)]
    #[case::no_mode(Arriving { mode: None, ..GOOD }, false, false, false)]
    #[case::fetched(Arriving { mode: Some("no-cors"), ..GOOD }, false, false, false)]
    #[case::no_dest(Arriving { dest: None, ..GOOD }, false, false, false)]
    #[case::framed(Arriving { dest: Some("iframe"), ..GOOD }, false, false, false)]
    #[case::from_nowhere(from(None), false, false, false)]
    #[case::an_android_app(from(Some("android-app://tickets.example/")), false, false, false)]
    #[case::elsewhere(from(Some("https://evil.example/")), false, false, false)]
    #[case::planted_for_the_app(from(Some("https://evil.example/")), false, true, false)]
    #[case::another_scheme(from(Some("http://tickets.example/")), false, false, false)]
    #[case::another_port(from(Some("https://tickets.example:8443/")), false, false, false)]
    #[case::longer(
        from(Some("https://tickets.example.evil.example/")),
        false,
        false,
        false
    )]
    #[case::user(
        from(Some("https://tickets.example@evil.example/")),
        false,
        false,
        false
    )]
    #[case::nonsense(from(Some("tickets.example")), false, false, false)]
    fn asks_unless_everything_speaks_for_the_partner(
        #[case] arriving: Arriving<'_>,
        #[case] signed_in: bool,
        #[case] from_app: bool,
        #[case] expected: bool,
    ) {
        assert_eq!(
            unasked(&arriving, signed_in, from_app, &settings()),
            expected
        );
    }

    #[rstest]
    #[case(GOOD, true)]
    #[case(Arriving::default(), true)]
    #[case(Arriving { prefetch: true, ..Arriving::default() }, false)]
    #[case(Arriving { mode: Some("cors"), ..GOOD }, false)]
    #[case(Arriving { dest: Some("iframe"), ..GOOD }, false)]
    #[case(Arriving { dest: Some("image"), ..GOOD }, false)]
    fn a_person_visits_in_a_window(#[case] arriving: Arriving<'_>, #[case] expected: bool) {
        assert_eq!(arriving.visits(), expected);
    }
}
