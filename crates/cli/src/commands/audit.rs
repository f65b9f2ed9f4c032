//! `countersign audit`.

use std::io::{Write, stdout};
use std::ops::ControlFlow;
use std::sync::Arc;

use countersign_domain::audit::{Action, Head, Outcome};
use countersign_domain::id::{RequestId, UserId};
use countersign_domain::identity::Identity;
use countersign_domain::partner::Slug;
use countersign_domain::{SystemClock, Timestamp};
use countersign_service::audit::{Auditor, Filter, Report, Shown};
use serde_json::json;

use super::output::print;
use super::{ledger, open_existing};
use crate::Error;
use crate::arguments::{Audit, AuditList, Span};
use crate::config::Config;

mod text;

pub(super) async fn run(command: Audit, config: &Config, json: bool) -> Result<(), Error> {
    let store = open_existing(config)?;
    let auditor = Auditor {
        ledger: ledger(config, &store).await?,
        store,
        clock: Arc::new(SystemClock),
        retention: config.audit.retention,
    };
    match command {
        Audit::Show { request } => show(&auditor, &request, json).await,
        Audit::List(list) => {
            let filter = filter(&auditor, &list).await?;
            let mut lines = Lines::default();
            let each = |shown: Shown| lines.print(&text::of(&shown, json));
            auditor.list(&filter, list.limit, each).await?;
            lines.end()
        }
        Audit::Verify { head } => {
            let head = head.map(|head| head.parse::<Head>()).transpose()?;
            report(&auditor.verify(head).await?, json)
        }
        Audit::Export(span) => {
            let filter = spanned(&span)?;
            let mut lines = Lines::default();
            let each = |shown: Shown| lines.print(&text::object(&shown).to_string());
            auditor.export(&filter, each).await?;
            lines.end()
        }
    }
}

async fn show(auditor: &Auditor, request: &str, json: bool) -> Result<(), Error> {
    let id: RequestId = request
        .parse()
        .map_err(|_| "a request id looks like 0199f2c4-6f1e-7d3a-9b1c-2f4e5a6b7c8d")?;
    let entries = auditor.show(id).await?;
    if entries.is_empty() {
        return Err(format!(
            "the audit holds nothing of request {id}. Written are log-ins, sign-outs, changes, and \
             refusals that a user, a key or a challenge can be tied to, a second after their \
             answer; refusals of garbage are only counted (`countersign audit list --action \
             refusals_counted`). Not written are verifying, exchanges that succeed, one-time tokens \
             and links that are made, and codes being sent. Look for the id in the log"
        )
        .into());
    }
    let explained: Vec<_> = entries.iter().map(text::explained).collect();
    print(json, &explained.join("\n\n"), || {
        let entries: Vec<_> = entries.iter().map(text::object).collect();
        json!({ "request_id": id.to_string(), "entries": entries })
    })
}

/// Says what was found; fails if anything is wrong.
fn report(report: &Report, json: bool) -> Result<(), Error> {
    let wrong = report.findings.len() as u64 + report.more;
    let mut lines: Vec<_> = report.findings.iter().map(ToString::to_string).collect();
    if report.more > 0 {
        lines.push(format!("and {} more", report.more));
    }
    if wrong == 0 {
        lines.push("The audit is whole.".to_owned());
    }
    lines.push(text::counted(report));
    print(json, &lines.join("\n"), || {
        let findings: Vec<_> = report.findings.iter().map(ToString::to_string).collect();
        json!({
            "whole": wrong == 0,
            "seals": report.seals,
            "entries": report.entries,
            "unsealed": report.unsealed,
            "first_seal": report.first,
            "head": report.head.map(|head| head.to_string()),
            "findings": findings,
            "further_findings": report.more,
        })
    })?;
    if wrong == 0 {
        Ok(())
    } else {
        Err(
            "the audit is not as it was written. Keep a copy of the database as it is now, and \
             compare it with a backup and with the heads in the server's log"
                .into(),
        )
    }
}

async fn filter(auditor: &Auditor, list: &AuditList) -> Result<Filter, Error> {
    let partner: Option<Slug> = list.partner.as_deref().map(str::parse).transpose()?;
    if let Some(word) = &list.action
        && Action::from_word(word).is_none()
    {
        let words: Vec<_> = Action::ALL.iter().map(|action| action.as_str()).collect();
        return Err(format!("there is no action {word}; there are {}", words.join(", ")).into());
    }
    let user = match &list.user {
        Some(name) => Some(user(auditor, name, partner.clone()).await?),
        None => None,
    };
    Ok(Filter {
        partner,
        user,
        action: list.action.clone(),
        outcome: list.refused.then(|| Outcome::Refused.as_str().to_owned()),
        ..spanned(&list.span)?
    })
}

/// The id of a user, who may be deleted if it is given; by an identity only one who is there.
async fn user(auditor: &Auditor, name: &str, partner: Option<Slug>) -> Result<UserId, Error> {
    if let Ok(id) = name.parse() {
        return Ok(id);
    }
    let identity: Identity = name.parse()?;
    let partner = partner.unwrap_or_else(Slug::default_partner);
    let found = auditor.store.user_by_identity(&partner, &identity).await?;
    let unknown = || format!("there is no user {name}; of one who was deleted, give the id");
    Ok(found.ok_or_else(unknown)?.user.id)
}

fn spanned(span: &Span) -> Result<Filter, Error> {
    let moment = |text: &Option<String>| text.as_deref().map(str::parse::<Timestamp>).transpose();
    Ok(Filter {
        since: moment(&span.since)?,
        until: moment(&span.until)?,
        ..Filter::default()
    })
}

/// Lines on standard output, for as long as somebody reads them.
#[derive(Default)]
struct Lines(Option<std::io::Error>);

impl Lines {
    fn print(&mut self, line: &str) -> ControlFlow<()> {
        match writeln!(stdout(), "{line}") {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                self.0 = Some(error);
                ControlFlow::Break(())
            }
        }
    }

    fn end(self) -> Result<(), Error> {
        match self.0 {
            // Whoever reads has seen enough, such as `head`.
            Some(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(()),
        }
    }
}
