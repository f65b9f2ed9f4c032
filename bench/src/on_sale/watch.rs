//! What the server says of itself, and what it takes of the machine, second by second.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde::Serialize;

use super::tally::Tally;
use crate::Error;
use crate::connection::{Connection, request};

/// What is read of its metrics, and what it is called in the plot.
pub(super) const GAUGES: [(&str, &str); 5] = [
    ("countersign_requests_open", "requests open"),
    ("countersign_passwords_of_others", "passwords, new devices"),
    (
        "countersign_passwords_of_known_devices",
        "passwords, known devices",
    ),
    ("countersign_store_units_waiting", "writes that wait"),
    ("countersign_work_behind_answers", "work behind answers"),
];

/// One look.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Look {
    /// Seconds of the day.
    pub(super) at: f64,
    /// What is resident, in MiB.
    pub(super) memory: f64,
    /// In the order of [`GAUGES`].
    pub(super) gauges: [f64; GAUGES.len()],
}

/// Looks once a second, until the day ends.
pub(super) async fn watch(
    tally: &Tally,
    process: u32,
    private: SocketAddr,
    end: f64,
) -> Result<Vec<Look>, Error> {
    let mut connection = Connection::open(Ipv4Addr::LOCALHOST.into(), private).await?;
    let metrics = request("GET", "/metrics", [], "");
    let mut every = tokio::time::interval(Duration::from_secs(1));
    let mut looks = Vec::new();
    loop {
        every.tick().await;
        let at = tally.elapsed();
        if at >= end {
            return Ok(looks);
        }
        let answer = connection.send(&metrics).await?;
        looks.push(Look {
            at,
            memory: memory(process)?,
            gauges: GAUGES.map(|(name, _)| gauge(&answer.body, name).unwrap_or_default()),
        });
    }
}

/// The value of a metric that has no labels.
fn gauge(metrics: &str, name: &str) -> Option<f64> {
    let mut lines = metrics.lines();
    lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
}

/// What is resident of a program, in MiB (proc(5)).
fn memory(process: u32) -> Result<f64, Error> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = resident.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    Ok(kib.ok_or("there is no VmRSS in /proc/PID/status")? / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gauge_is_found_by_its_whole_name() {
        let metrics = "# TYPE a_b gauge\na_bc 3\na_b{x=\"y\"} 2\na_b 17\n";
        assert_eq!(gauge(metrics, "a_b"), Some(17.0));
        assert_eq!(gauge(metrics, "a"), None);
    }
}
