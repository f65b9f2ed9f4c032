//! What a database is for.

use crate::statement::statements;
use crate::value::Columns;
use crate::{Step, Store, StoreError};

statements! {
    PURPOSE expects Any:
        "SELECT value FROM installation WHERE name = 'purpose'";
    MARK_DEVELOPMENT expects One:
        "INSERT INTO installation (name, value)
         SELECT 'purpose', 'development'
         WHERE NOT EXISTS (SELECT 1 FROM users) AND NOT EXISTS (SELECT 1 FROM sealing_keys)";
}

impl Store {
    /// Whether the database is one for development.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn is_for_development(&self) -> Result<bool, StoreError> {
        let rows = self.rows(PURPOSE, vec![]).await?;
        let purpose = rows
            .first()
            .map(|row| Columns::new(PURPOSE, row).next::<String>());
        Ok(purpose
            .transpose()?
            .is_some_and(|purpose| purpose == "development"))
    }
}

/// Marks a database as one for development. Conflicts with one that is marked already, has
/// users, or was served.
#[must_use]
pub fn mark_development() -> Step {
    Step::new(MARK_DEVELOPMENT, [])
}
