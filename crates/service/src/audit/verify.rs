//! Whether the audit is as it was written.

use std::fmt::Write;
use std::time::Duration;

use countersign_domain::audit::{Digest, Head, Seal};
use countersign_store::StoreError;
use countersign_store::audit::{Kept, KeptSeal};

use super::{Auditor, Finding, NO_CODE, Report};

/// Rows that are read at once.
const PAGE: i64 = 1000;
/// How far the clocks of two nodes may be apart, where the one deletes and the other looks.
const APART: Duration = Duration::from_secs(60 * 60);

impl Auditor {
    /// Checks every entry and every seal, and that none is missing; and that `head`, where one
    /// is given, is still among them. Reads a page at a time, beside a running server.
    ///
    /// # Errors
    /// [`StoreError`]. What is wrong with the audit is in the report.
    pub async fn verify(&self, head: Option<Head>) -> Result<Report, StoreError> {
        let mut report = Report::default();
        let mut last: Option<Seal> = None;
        let mut head_found = head.is_none();
        let mut number = i64::MIN;
        loop {
            let page = self.store.audit_seals_after(number, PAGE).await?;
            let Some(end) = page.last() else {
                break;
            };
            number = end.number;
            for kept in page {
                let Some(seal) = self.check_seal(&kept, last.as_ref(), &mut report) else {
                    last = None;
                    continue;
                };
                self.check_entries(&seal, &mut report).await?;
                let before = Head {
                    number: seal.number - 1,
                    digest: seal.previous,
                };
                head_found |= head == Some(seal.head()) || head == Some(before);
                report.head = Some(seal.head());
                last = Some(seal);
            }
        }
        let first = report.first.unwrap_or(1);
        if let Some(head) = head.filter(|_| !head_found) {
            let old = head.number < first - 1;
            report.found(if old {
                Finding::OldHead(head)
            } else {
                Finding::Head(head)
            });
        }
        self.check_rest(number.max(0), &mut report).await?;
        Ok(report)
    }

    /// Checks a seal and that it follows the one before. `None` where nothing can follow it.
    fn check_seal(
        &self,
        kept: &KeptSeal,
        last: Option<&Seal>,
        report: &mut Report,
    ) -> Option<Seal> {
        let number = kept.number;
        let expected = report.reached.map(|reached| reached + 1);
        report.reached = Some(number);
        report.first = report.first.or(Some(number));
        let genuine = |seal: &Seal| kept.mac == Some(self.ledger.key.of_seal(seal));
        let Some(seal) = kept.seal.filter(genuine) else {
            report.found(Finding::Seal { number });
            return None;
        };
        match expected {
            // The first that is kept.
            None if number > 1 => {
                let made_at = seal.previous_at.unwrap_or(seal.at);
                let gone_before = self.clock.now().minus(self.retention).plus(APART);
                if made_at >= gone_before {
                    let to = number - 1;
                    report.found(Finding::Front { to, made_at });
                }
            }
            Some(expected) if number > expected => report.found(Finding::Missing {
                from: expected,
                to: number - 1,
            }),
            None | Some(_) => {
                let before = last.map(|last| (last.digest, Some(last.at)));
                let first = (number == 1).then_some((Digest::NONE, None));
                let stands = (seal.previous, seal.previous_at);
                // Behind one that was changed nothing can be said of it.
                if before.or(first).is_some_and(|before| before != stands) {
                    report.found(Finding::Broken { number });
                }
            }
        }
        report.seals += 1;
        Some(seal)
    }

    async fn check_entries(&self, seal: &Seal, report: &mut Report) -> Result<(), StoreError> {
        let mut codes = Vec::new();
        let mut changed = Vec::new();
        let mut after = Vec::new();
        loop {
            let page = self.store.audit_of_seal(seal.number, &after, PAGE).await?;
            let Some(end) = page.last() else {
                break;
            };
            after.clone_from(&end.id);
            for kept in page {
                codes.push(kept.mac.unwrap_or(NO_CODE));
                changed.extend(self.is_changed(kept));
            }
        }
        let whole = codes.len() as u64 == seal.entries.unsigned_abs()
            && seal.previous.over(&codes) == seal.digest;
        if !whole && self.was_swept(seal.number).await? {
            return Ok(());
        }
        report.entries += codes.len() as u64;
        if !whole {
            report.found(Finding::Entries {
                number: seal.number,
                held: seal.entries,
                found: codes.len() as u64,
            });
        }
        changed
            .into_iter()
            .for_each(|finding| report.found(finding));
        Ok(())
    }

    /// Whether retention has deleted a seal since it was read.
    async fn was_swept(&self, number: i64) -> Result<bool, StoreError> {
        let first = self.store.audit_seals_after(i64::MIN, 1).await?;
        Ok(first.first().is_some_and(|first| first.number > number))
    }

    /// Checks the entries that no seal holds yet, behind the last seal.
    async fn check_rest(&self, last: i64, report: &mut Report) -> Result<(), StoreError> {
        let mut after = Vec::new();
        loop {
            let page = self.store.audit_unsealed(&after, PAGE).await?;
            let Some(end) = page.last() else {
                break;
            };
            after.clone_from(&end.id);
            for kept in page {
                report.unsealed += 1;
                if let Some(changed) = self.is_changed(kept) {
                    report.found(changed);
                }
            }
        }
        for (number, entries) in self.store.audit_orphans(PAGE).await? {
            // A sealer is at work, or was killed at it, on the seal that comes next.
            if number > last && self.is_next(number).await? {
                report.unsealed += entries.unsigned_abs();
                for kept in self.store.audit_of_seal(number, &[], PAGE).await? {
                    if let Some(changed) = self.is_changed(kept) {
                        report.found(changed);
                    }
                }
            } else {
                report.found(Finding::Orphans { number, entries });
            }
        }
        Ok(())
    }

    async fn is_next(&self, number: i64) -> Result<bool, StoreError> {
        let last = self.store.last_audit_seal().await?;
        Ok(number <= last.map_or(0, |last| last.number) + 1)
    }

    fn is_changed(&self, kept: Kept) -> Option<Finding> {
        let id = name(&kept.id);
        (!self.judge(kept).genuine).then_some(Finding::Entry { id })
    }
}

/// An entry's id as it is shown, whatever stands there.
fn name(id: &[u8]) -> String {
    if let Ok(bytes) = id.try_into() {
        return countersign_domain::id::EntryId::from_bytes(bytes).to_string();
    }
    let mut name = String::from("0x");
    for byte in id.iter().take(32) {
        let _ = write!(name, "{byte:02x}");
    }
    name
}
