//! How the node is, read when somebody asks.

use std::fmt;

use countersign_service::Service;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;

/// The vitals of a service.
pub(super) struct OfService(pub(super) Service);

impl fmt::Debug for OfService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OfService")
    }
}

impl Collector for OfService {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        let vitals = self.0.vitals();
        let mut write = |name: &str, help: &str, unit: Option<&Unit>, metric: &dyn EncodeMetric| {
            let metrics = encoder.encode_descriptor(name, help, unit, metric.metric_type())?;
            metric.encode(metrics)
        };
        let gauges = [
            (
                "revocations_live",
                "Revocations that can still meet a session",
                vitals.revocations,
            ),
            (
                "sessions_standing_in",
                "Sessions kept for browsers that have an authentication alone",
                vitals.stand_ins,
            ),
            (
                "store_units_waiting",
                "Units of work that wait for the database's writer",
                vitals.units_waiting,
            ),
            (
                "passwords_of_known_devices",
                "Passwords of known devices that are hashed or wait for it",
                vitals.hashes_of_known_devices,
            ),
            (
                "passwords_of_others",
                "Passwords of all others that are hashed or wait for it",
                vitals.hashes_of_others,
            ),
            (
                "audit_refusals_waiting",
                "Refusals that wait to be written into the audit",
                vitals.refusals_waiting,
            ),
            (
                "work_behind_answers",
                "Work that goes on though its request may have been given up",
                vitals.work_behind_answers,
            ),
        ];
        for (name, help, value) in gauges {
            let value = i64::try_from(value).unwrap_or(i64::MAX);
            write(name, help, None, &ConstGauge::new(value))?;
        }
        write(
            "feed_age",
            "How old the knowledge of revocations is",
            Some(&Unit::Seconds),
            &ConstGauge::new(vitals.knowledge_age.as_secs_f64()),
        )?;
        let counters = [
            (
                "store_reads",
                "Statements that only read",
                vitals.store.reads,
            ),
            (
                "store_units",
                "Units of work, committed or not",
                vitals.store.batches,
            ),
            ("store_statements", "Their statements", vitals.store.steps),
        ];
        for (name, help, value) in counters {
            write(name, help, None, &ConstCounter::new(value))?;
        }
        Ok(())
    }
}
