//! Partners and their settings.

use countersign_domain::Timestamp;
use countersign_domain::partner::{OwnSettings, Partner, Slug};

use crate::statement::statements;
use crate::value::Columns;
use crate::{Step, Store, StoreError};

statements! {
    PARTNERS expects Any:
        "SELECT slug, settings FROM partners ORDER BY slug";
    SET_SETTINGS expects One:
        "UPDATE partners SET settings = $2, updated_at = $3 WHERE slug = $1";
}

impl Store {
    /// Every partner.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn partners(&self) -> Result<Vec<Partner>, StoreError> {
        let rows = self.rows(PARTNERS, vec![]).await?;
        let partners = rows.iter().map(|row| {
            let mut columns = Columns::new(PARTNERS, row);
            let slug: Slug = columns.next()?;
            let settings: String = columns.next()?;
            let settings = serde_json::from_str(&settings);
            if let Err(error) = &settings {
                tracing::error!(partner = %slug, %error, "settings that cannot be read");
            }
            let settings = settings.ok();
            Ok(Partner { slug, settings })
        });
        partners.collect()
    }
}

/// Replaces what a partner sets itself. The partner exists.
#[must_use]
pub fn set_settings(slug: &Slug, settings: &OwnSettings, now: Timestamp) -> Step {
    let settings = serde_json::to_string(settings).expect("plain data always serialises");
    Step::new(SET_SETTINGS, [slug.into(), (&settings).into(), now.into()])
}
