//! The URLs of flows, with placeholders for what a link leads to.

use std::collections::BTreeSet;
use std::str::FromStr;

use url::Url;

use super::address::{self, InvalidUrl};
use super::origin::Origin;
use super::spelling::{encodes_control, is_sound_path, names};
use super::{LOCALE, ONE_TIME_TOKEN};
use crate::text::as_text;

/// The longest template, in bytes.
const LONGEST: usize = 1_000;
/// How many placeholders a template has at most.
const PLACEHOLDERS: usize = 16;

/// The URL of a flow, such as `https://market.example/sell/{event_id}?tickets={count}`. A
/// placeholder stands in a segment of the path or in a value of the query, so that no value
/// can lead elsewhere. `{locale}` is filled in by us.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct FlowTemplate {
    text: Box<str>,
    origin: Origin,
    /// The segments of the path, each of the pieces that it is put together from.
    pub(super) path: Vec<Vec<Piece>>,
    pub(super) query: Vec<Piece>,
    /// Whether the query says the locale, or the placeholder is somewhere.
    pub(super) says_locale: bool,
}

/// A piece of a template.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Piece {
    /// As it is.
    Text(Box<str>),
    /// What the parameter of this name holds.
    Parameter(Box<str>),
}

impl FlowTemplate {
    /// The template as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The origin that every link of the flow leads to.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The names of the parameters that a link must give; not `locale`.
    #[must_use]
    pub fn parameters(&self) -> BTreeSet<&str> {
        let pieces = self.path.iter().flatten().chain(&self.query);
        let names = pieces.filter_map(|piece| match piece {
            Piece::Parameter(name) => Some(&**name),
            Piece::Text(_) => None,
        });
        names.filter(|name| *name != LOCALE).collect()
    }
}

impl FromStr for FlowTemplate {
    type Err = InvalidUrl;

    fn from_str(text: &str) -> Result<Self, InvalidUrl> {
        if text.len() > LONGEST {
            return Err(InvalidUrl::TooLong);
        }
        if text.contains('#') {
            return Err(InvalidUrl::Fragment);
        }
        let (scheme, authority, rest) = address::split(text)?;
        if [scheme, authority].iter().any(|part| part.contains(BRACES)) {
            return Err(InvalidUrl::PlaceholderPlace);
        }
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let segments = path.split('/').skip(1);
        let path = segments.map(pieces).collect::<Result<Vec<_>, _>>()?;
        for pair in query.split('&') {
            let name = pair.split('=').next().unwrap_or_default();
            if name.contains(BRACES) {
                return Err(InvalidUrl::PlaceholderPlace);
            }
        }
        let query = pieces(query)?;
        let origin = Origin::of(&sample(scheme, authority, &path, &query)?);
        if !path.iter().all(|segment| can_be_filled(segment)) {
            return Err(InvalidUrl::Path);
        }
        let all = || path.iter().flatten().chain(&query);
        let parameters = all().filter(|piece| matches!(piece, Piece::Parameter(_)));
        if parameters.count() > PLACEHOLDERS {
            return Err(InvalidUrl::Placeholders);
        }
        let given = |piece: &Piece| matches!(piece, Piece::Parameter(name) if &**name == LOCALE);
        let says_locale = all().any(given) || names(&written(&query), LOCALE);
        Ok(Self {
            text: text.into(),
            origin,
            path,
            query,
            says_locale,
        })
    }
}

as_text!(FlowTemplate);

const BRACES: [char; 2] = ['{', '}'];

/// Takes a text apart at its placeholders.
fn pieces(mut text: &str) -> Result<Vec<Piece>, InvalidUrl> {
    let mut pieces = Vec::new();
    while let Some(brace) = text.find(BRACES) {
        let (before, after) = text.split_at(brace);
        let inside = after.strip_prefix('{').and_then(|it| it.split_once('}'));
        let (name, rest) = inside.ok_or(InvalidUrl::Placeholder)?;
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if !(1..=32).contains(&name.len()) || !name.chars().all(plain) {
            return Err(InvalidUrl::Placeholder);
        }
        pieces.extend((!before.is_empty()).then(|| Piece::Text(before.into())));
        pieces.push(Piece::Parameter(name.into()));
        text = rest;
    }
    pieces.extend((!text.is_empty()).then(|| Piece::Text(text.into())));
    Ok(pieces)
}

/// Pieces with a harmless value in each placeholder.
fn written(pieces: &[Piece]) -> String {
    let texts = pieces.iter().map(|piece| match piece {
        Piece::Text(text) => text,
        Piece::Parameter(_) => "x",
    });
    texts.collect()
}

/// Whether there are values for the segment: none fits beside an encoded slash.
fn can_be_filled(segment: &[Piece]) -> bool {
    let is_text = |piece: &Piece| matches!(piece, Piece::Text(_));
    segment.iter().all(is_text) || is_sound_path(&format!("/{}/x", written(segment)))
}

/// Checks what the template makes of harmless values.
fn sample(
    scheme: &str,
    authority: &str,
    path: &[Vec<Piece>],
    query: &[Piece],
) -> Result<Url, InvalidUrl> {
    let segments = path.iter().map(|segment| format!("/{}", written(segment)));
    let path = segments.collect::<String>();
    let query = written(query);
    let mark = if query.is_empty() { "" } else { "?" };
    let url = address::parse(&format!("{scheme}://{authority}{path}{mark}{query}"))?;
    if encodes_control(&query) {
        return Err(InvalidUrl::Characters);
    }
    if names(&query, ONE_TIME_TOKEN) {
        return Err(InvalidUrl::Appended);
    }
    Ok(url)
}
