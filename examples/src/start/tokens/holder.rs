//! Whose a token is.

use serde_json::Value;

/// Who has a token, and on which device.
#[derive(Clone)]
pub(super) struct Holder {
    pub(super) user: String,
    pub(super) device: String,
    /// Such as `email:ana@northstar.example`.
    pub(super) identities: Vec<String>,
}

impl Holder {
    /// What Countersign answers when it is asked whose a session is.
    pub(super) fn of(session: &Value) -> Option<Self> {
        let identities = session["user"]["identities"].as_array()?;
        let named = identities.iter().filter_map(|identity| {
            let (kind, value) = (identity["type"].as_str()?, identity["value"].as_str()?);
            Some(format!("{kind}:{value}"))
        });
        Some(Self {
            user: session["user"]["id"].as_str()?.to_owned(),
            device: session["device_id"].as_str()?.to_owned(),
            identities: named.collect(),
        })
    }

    pub(super) fn email(&self) -> Option<&str> {
        let mut all = self.identities.iter();
        all.find_map(|identity| identity.strip_prefix("email:"))
    }
}
