//! Partners, as an operator adds, shows and sets them.

use std::sync::Arc;

use countersign_domain::Timestamp;
use countersign_domain::partner::{OwnSettings, PartnerSettings, Slug};

use super::Operator;

/// A partner, as an operator sees it.
#[derive(Clone, Debug)]
pub struct ShownPartner {
    /// Its name and key.
    pub slug: Slug,
    /// What it sets itself; `None` where a newer version wrote what this one cannot read.
    pub own: Option<OwnSettings>,
    /// What holds for it in all.
    pub settings: Option<Arc<PartnerSettings>>,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// Why no partner was added or set.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PartnerRefusal {
    /// There is no such partner.
    #[error("there is no partner {0}")]
    Unknown(Slug),
    /// There is one already.
    #[error("there is a partner {0} already")]
    Taken(Slug),
}

impl Operator {}
