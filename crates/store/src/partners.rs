//! Partners and their settings.

use std::collections::BTreeSet;

use countersign_domain::Timestamp;
use countersign_domain::partner::{OwnSettings, Partner, Slug};
use countersign_domain::web::Origin;

use crate::statement::statements;
use crate::value::Columns;
use crate::{Step, Store, StoreError};

statements! {
    PARTNERS expects Any:
        "SELECT slug, settings FROM partners ORDER BY slug";
    PARTNER expects Any:
        "SELECT slug, settings, created_at, updated_at FROM partners WHERE slug = $1";
    INSERT expects One:
        "INSERT INTO partners (slug, settings, created_at, updated_at) VALUES ($1, $2, $3, $3)";
    RELEASE_ORIGINS expects Any:
        "DELETE FROM public_origins WHERE partner = $1";
    CLAIM_ORIGIN expects One:
        "INSERT INTO public_origins (origin, partner) VALUES ($1, $2)";
    OF_ORIGIN expects Any:
        "SELECT partner FROM public_origins WHERE origin = $1";
    SET_SETTINGS expects One:
        "UPDATE partners SET settings = $2, updated_at = $3 WHERE slug = $1 AND settings = $4";
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
            Ok(read(slug, &settings))
        });
        partners.collect()
    }

    /// The partner with this slug.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn partner(&self, slug: &Slug) -> Result<Option<StoredPartner>, StoreError> {
        let rows = self.rows(PARTNER, vec![slug.into()]).await?;
        let partner = rows.first().map(|row| {
            let mut columns = Columns::new(PARTNER, row);
            let slug = columns.next()?;
            let written: String = columns.next()?;
            Ok(StoredPartner {
                partner: read(slug, &written),
                created_at: columns.next()?,
                updated_at: columns.next()?,
                written,
            })
        });
        partner.transpose()
    }
}

impl Store {
    /// The partner whose pages this origin shows.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn partner_of_origin(&self, origin: &Origin) -> Result<Option<Slug>, StoreError> {
        let rows = self.rows(OF_ORIGIN, vec![origin.as_str().into()]).await?;
        let slug = rows.first().map(|row| Columns::new(OF_ORIGIN, row).next());
        slug.transpose()
    }
}

/// A partner as it is kept.
#[derive(Clone, Debug)]
pub struct StoredPartner {
    /// The partner.
    pub partner: Partner,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Its settings as they are written, by which a change is guarded.
    written: String,
}

/// Adds a partner. Conflicts where there is one of this slug, or ([`origin_taken`]) another
/// has one of its origins.
#[must_use]
pub fn insert(slug: &Slug, settings: &OwnSettings, now: Timestamp) -> Vec<Step> {
    let written = written(settings);
    let insert = Step::new(INSERT, [slug.into(), (&written).into(), now.into()]);
    [insert].into_iter().chain(claim(slug, settings)).collect()
}

/// Makes the origins of a partner's public URLs its own.
fn claim(slug: &Slug, settings: &OwnSettings) -> Vec<Step> {
    let urls = settings.public_urls.iter().flatten();
    let origins: BTreeSet<_> = urls.map(|url| url.origin().as_str()).collect();
    let claims = origins
        .into_iter()
        .map(|origin| Step::new(CLAIM_ORIGIN, [origin.into(), slug.into()]));
    let release = Step::new(RELEASE_ORIGINS, [slug.into()]);
    [release].into_iter().chain(claims).collect()
}

/// Whether another partner has an origin that was claimed.
#[must_use]
pub fn origin_taken(error: &StoreError) -> bool {
    matches!(error, StoreError::Conflict { statement } if *statement == CLAIM_ORIGIN.name)
}

/// Replaces what a partner sets itself. Conflicts if that is not what was loaded any more, or
/// ([`origin_taken`]) another has one of its origins.
#[must_use]
pub fn set_settings(loaded: &StoredPartner, settings: &OwnSettings, now: Timestamp) -> Vec<Step> {
    let values = [
        (&loaded.partner.slug).into(),
        (&written(settings)).into(),
        now.into(),
        (&loaded.written).into(),
    ];
    let set = Step::new(SET_SETTINGS, values);
    let claims = claim(&loaded.partner.slug, settings);
    [set].into_iter().chain(claims).collect()
}

fn written(settings: &OwnSettings) -> String {
    serde_json::to_string(settings).expect("plain data always serialises")
}

fn read(slug: Slug, settings: &str) -> Partner {
    let settings = serde_json::from_str(settings);
    if let Err(error) = &settings {
        tracing::error!(partner = %slug, %error, "settings that cannot be read");
    }
    Partner {
        slug,
        settings: settings.ok(),
    }
}
