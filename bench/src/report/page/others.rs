//! What was not asked over HTTP, or against itself.

use super::super::Results;
use super::super::side::Latency;
use super::super::statistics::median;

/// Figures in their own units, where a claim is a ratio of them.
pub(super) fn others(results: &Results) -> String {
    let mut lines = String::new();
    if let Some(log_ins) = &results.log_ins {
        let p99 = |turns: &[Latency]| {
            let p99: Vec<_> = turns.iter().map(|turn| turn.p99_micros / 1000.0).collect();
            median(&p99)
        };
        lines.push_str(&format!(
            "- Log-ins: {:.1} a second, where {:.1} hashes a second were computed in process. \
             Verifying took {:.2} ms at p99 meanwhile, {:.2} ms idle.\n",
            median(&log_ins.log_ins),
            median(&log_ins.hashes),
            p99(&log_ins.meanwhile),
            p99(&log_ins.idle)
        ));
    }
    if let Some(opening) = &results.token {
        lines.push_str(&format!(
            "- Opening a session token: {:.0} ns, the bare cipher on its {} bytes {:.0} ns.\n",
            median(&opening.token),
            opening.bytes,
            median(&opening.cipher)
        ));
    }
    if let Some(sessions) = &results.sessions {
        let ([before, after], each) = (sessions.resident, sessions.bytes_each());
        lines.push_str(&format!(
            "- Of {} sessions the server issued {} itself, and had {before:.1} MiB before and \
             {after:.1} MiB after that: {each:.2} bytes each. The other {} were sealed beside \
             it, by the same code with its key.\n",
            sessions.issued(),
            sessions.exchanged,
            sessions.sealed
        ));
    }
    if let Some(revocations) = &results.revocations {
        let [without, with] = revocations.resident;
        lines.push_str(&format!(
            "- {} live revocations were loaded within {:.0} ms of a start. The server had \
             {with:.1} MiB with them, {without:.1} MiB without.\n",
            revocations.live, revocations.loaded_millis
        ));
    }
    if let Some(start) = &results.start {
        let of = start.memory.iter().map(|memory| memory.proportional);
        lines.push_str(&format!(
            "- Idle memory is what is resident; its proportional part (PSS) is {:.1} MiB. {} users \
             were in the database.\n",
            median(&of.collect::<Vec<_>>()),
            results.plan.users
        ));
    }
    if lines.is_empty() {
        lines
    } else {
        format!("\n## Others\n\n{lines}")
    }
}
