//! What a million live revocations take. It runs by itself, in a process of its own: what that
//! process has in memory is what is measured.
#![cfg(target_os = "linux")]

use std::time::Duration;

use countersign_domain::Timestamp;
use countersign_domain::epoch::Epoch;
use countersign_domain::id::{AuthenticationId, SessionId, UserId};
use countersign_domain::revocation::{Known, LIVE_FOR, LiveRevocations, Revocation, Step};
use countersign_domain::{Entropy, SystemEntropy};

const MILLION: usize = 1_000_000;
/// Bytes for each.
const MOST: usize = 64;
/// So few that what else a process touches counts.
const FEW: usize = 50_000;

#[test]
fn each_of_a_million_takes_64_bytes_at_most_and_gives_them_back() {
    let entropy = SystemEntropy::default();
    let before = resident();
    let mut live = LiveRevocations::default();
    for count in 1..=MILLION {
        live.insert(revocation(count, &entropy), known());
        // Whatever just grows: the moment does not matter.
        if count >= FEW && count.is_multiple_of(2_000) {
            let taken = resident().saturating_sub(before);
            assert!(taken <= MOST * count, "{taken} bytes of {count}");
        }
    }
    assert_eq!(live.len(), MILLION);
    let full = resident().saturating_sub(before);

    let over = LIVE_FOR + Duration::from_micros(1);
    let (now, uptime) = (known().made_at.plus(over), known().heard_at + over);
    let mut step = Some(Step::FIRST);
    while let Some(next) = step {
        step = live.forget(next, now, uptime);
    }
    assert!(live.is_empty());
    let left = resident().saturating_sub(before);
    assert!(left < full / 4, "{left} of {full} bytes are kept");
}

/// Of all kinds, most of a user: whoever is locked or leaves.
fn revocation(count: usize, entropy: &dyn Entropy) -> Revocation {
    let now = known().made_at;
    match count % 4 {
        0 => Revocation::Session(SessionId::generate(now, entropy)),
        1 => Revocation::Authentication(AuthenticationId::generate(now, entropy), Epoch(1)),
        _ => Revocation::User(UserId::generate(now, entropy), Epoch(1)),
    }
}

fn known() -> Known {
    Known {
        made_at: Timestamp::from_micros(1_700_000_000_000_000),
        heard_at: Duration::from_secs(1),
    }
}

/// Bytes of this process that are in memory.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux has it");
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = resident.and_then(|line| line.trim().strip_suffix(" kB"));
    kib.and_then(|kib| kib.parse::<usize>().ok())
        .expect("a number of KiB")
        * 1024
}
