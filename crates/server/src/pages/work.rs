//! Proof of work in forms: the browser computes a little before it may ask for more, or the
//! person waits a little. Only where a limit is near.

use std::time::Duration;

use countersign_domain::page::Step;
use countersign_domain::work::{Form, NUMBERS, Proof, ROUNDS, WAIT};
use countersign_service::{Work, WorkRefusal};

use super::trouble::Trouble;
use super::visit::Visit;

/// What a form carries for it.
pub(crate) struct WorkField {
    pub(crate) state: String,
    /// In hexadecimal digits.
    pub(crate) salt: String,
    pub(crate) hash: String,
    pub(crate) rounds: u32,
    pub(crate) numbers: u32,
    /// How long the person waits whose browser computes nothing; `None` where the form was not
    /// submitted yet, so that nobody is told to wait who may never have to.
    pub(crate) wait: Option<Duration>,
}

impl WorkField {
    fn of(work: Work, wait: Option<Duration>) -> Self {
        Self {
            state: work.state,
            salt: digits(&work.puzzle.salt),
            hash: digits(&work.puzzle.hash),
            rounds: ROUNDS,
            numbers: NUMBERS,
            wait,
        }
    }

    fn fresh(visit: &Visit, form: Form, wait: Option<Duration>) -> Self {
        let mark = visit.browser().mark();
        Self::of(visit.service.work(&visit.site, mark, form), wait)
    }
}

/// What a form that is shown for the first time carries, where a limit is near: it is computed
/// while the person types.
pub(crate) fn offered(visit: &Visit, form: Form) -> Option<WorkField> {
    let near = visit.service.demands_work(&visit.caller, &visit.site, form);
    near.then(|| WorkField::fresh(visit, form, None))
}

/// Takes the proof of a form that was submitted, where one is demanded: what to show instead
/// where there is none.
pub(crate) async fn check(visit: &Visit, form: Form) -> Result<Option<WorkField>, Trouble> {
    let service = &visit.service;
    if !service.demands_work(&visit.caller, &visit.site, form) {
        return Ok(None);
    }
    let fresh = || Some(WorkField::fresh(visit, form, Some(WAIT)));
    let text = visit.form.field("work");
    let Some(state) = service.open_state(text).await? else {
        return Ok(fresh());
    };
    let mark = visit.browser().mark();
    let checked = state.check(&visit.site.partner, Some(mark), service.time());
    if checked.is_err() {
        return Ok(fresh());
    }
    let proof = Proof::read(visit.form.field("found"));
    match service.take_work(&visit.caller, &state, form, &proof) {
        Ok(()) => Ok(None),
        Err(WorkRefusal::NoProof) => Ok(fresh()),
        // The same again, so that whoever presses too early waits no longer than they have to.
        Err(WorkRefusal::TooEarly(wait)) => {
            let Step::Working { puzzle, .. } = state.step else {
                return Ok(fresh());
            };
            let state = text.to_owned();
            Ok(Some(WorkField::of(Work { puzzle, state }, Some(wait))))
        }
    }
}

fn digits(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
