//! What a measurement is told: names, each with a value.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::Error;

/// The values, of each name that there is.
pub(crate) struct Arguments(BTreeMap<&'static str, String>);

impl Arguments {
    /// Reads them. What is not said is as in `defaults`.
    pub(crate) fn read(
        arguments: &[String],
        defaults: impl IntoIterator<Item = (&'static str, &'static str)>,
    ) -> Result<Self, Error> {
        let defaults = [("--binary", "")].into_iter().chain(defaults);
        let mut values: BTreeMap<_, _> = defaults
            .map(|(name, value)| (name, value.to_owned()))
            .collect();
        for pair in arguments.chunks(2) {
            let [name, value] = pair else {
                return Err(format!("{} needs a value", pair[0]).into());
            };
            let known = values.get_mut(name.as_str());
            *known.ok_or_else(|| format!("there is no {name}"))? = value.clone();
        }
        Ok(Self(values))
    }

    /// A whole number.
    pub(crate) fn number(&self, name: &str) -> Result<u32, Error> {
        let number = self.0[name].parse();
        Ok(number.map_err(|_| format!("{name} takes a whole number"))?)
    }

    /// A text.
    pub(crate) fn text(&self, name: &str) -> &str {
        &self.0[name]
    }

    /// The program that is measured.
    pub(crate) fn binary(&self) -> Result<PathBuf, Error> {
        match self.0["--binary"].as_str() {
            "" => Err("say which program to measure: --binary PATH".into()),
            path => Ok(PathBuf::from(path)),
        }
    }
}
