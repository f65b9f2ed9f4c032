//! What is wrong with the configuration, said so that the operator can put it right.

use std::fmt;
use std::path::PathBuf;

/// Long enough to recognise a value by, short enough not to bury the message.
const LONGEST_SHOWN: usize = 80;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Default,
    File {
        path: PathBuf,
        line: usize,
    },
    Variable(String),
    /// Somewhere in the environment; the variable is named already.
    Environment,
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("the default"),
            Self::File { path, line } => write!(f, "{}, line {line}", path.display()),
            Self::Variable(name) => write!(f, "environment variable {name}"),
            Self::Environment => f.write_str("environment"),
            Self::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// One thing that is wrong: which key, from where, its value, and what would be right.
#[derive(Debug)]
pub(super) struct Problem {
    /// The key; for a problem with the file itself, the file.
    pub(super) subject: String,
    /// The value, where it may be shown.
    pub(super) value: Option<String>,
    /// Where the value comes from; nothing if the subject says so already.
    pub(super) origin: Option<Origin>,
    /// What would be right.
    pub(super) advice: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.subject)?;
        if let Some(value) = &self.value {
            let shown: String = value.chars().take(LONGEST_SHOWN).collect();
            let more = if shown.len() < value.len() { "…" } else { "" };
            // `Debug` escapes what could play tricks on a terminal.
            write!(f, " = {shown:?}{more}")?;
        }
        if let Some(origin) = &self.origin {
            write!(f, " ({origin})")?;
        }
        write!(f, ": {}", self.advice)
    }
}

/// Everything that is wrong with the configuration. No secret is in it.
#[derive(Debug)]
pub(crate) struct ConfigError(Vec<Problem>);

impl ConfigError {
    /// That `key` has the value `value`, and what would be right.
    pub(crate) fn about(key: &str, value: &str, advice: String) -> Self {
        let (subject, value) = (key.to_owned(), Some(value.to_owned()));
        Self(vec![Problem {
            subject,
            value,
            origin: None,
            advice,
        }])
    }
}

impl From<Vec<Problem>> for ConfigError {
    fn from(problems: Vec<Problem>) -> Self {
        Self(problems)
    }
}

impl From<Problem> for ConfigError {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [problem] = self.0.as_slice() {
            return write!(f, "configuration: {problem}");
        }
        write!(f, "configuration: {} things are wrong", self.0.len())?;
        for problem in &self.0 {
            write!(f, "\n  {problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}
