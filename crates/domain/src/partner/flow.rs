//! Flows: named destinations in the application.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::text::as_text;
use crate::web::FlowTemplate;

/// What a flow is called by who asks for a link: `buy`, `sell`. 1 to 32 lower-case letters,
/// digits, hyphens and underscores.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FlowName(Box<str>);

/// The text is no flow's name.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a flow's name has 1 to 32 lower-case letters, digits, hyphens and underscores")]
pub struct InvalidFlowName;

impl FlowName {
    /// The name's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for FlowName {
    type Err = InvalidFlowName;

    fn from_str(text: &str) -> Result<Self, InvalidFlowName> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
        let good = (1..=32).contains(&text.len()) && text.chars().all(plain);
        good.then(|| Self(text.into())).ok_or(InvalidFlowName)
    }
}

as_text!(FlowName);

/// Where a flow leads, and how users come to it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    /// Its URL.
    pub url: FlowTemplate,
    /// Whether users who are not signed in must come through the partner's login; `None` as
    /// for the partner's other flows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub force: Option<bool>,
}
