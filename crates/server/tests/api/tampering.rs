//! Whatever is done to the audit past the server is found, or is written down as what cannot be.

use std::time::Duration;

use countersign_domain::audit::{Head, Policy};
use countersign_service::audit::{Finding, Report};
use countersign_testkit::{TestApp, password_log_in};
use rusqlite::Connection;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// An audit of three seals with two entries each and one entry that none holds yet.
async fn audited() -> TestApp {
    let app = TestApp::start().await;
    for _ in 0..3 {
        refuse(&app, 2).await;
        app.service().seal_audit().await.unwrap();
        app.clock.advance(Duration::from_secs(5));
    }
    refuse(&app, 1).await;
    let report = verify(&app, None).await;
    assert_eq!(report.findings, []);
    assert_eq!((report.seals, report.entries, report.unsealed), (3, 6, 1));
    app
}

async fn refuse(app: &TestApp, times: usize) {
    for _ in 0..times {
        let wrong = password_log_in("not the password");
        app.client().post("/v1/tokens", &wrong).await;
        app.clock.advance(Duration::from_millis(2));
    }
    app.service().write_audit().await.unwrap();
}

async fn verify(app: &TestApp, head: Option<Head>) -> Report {
    app.auditor().verify(head).await.unwrap()
}

fn database(app: &TestApp) -> Connection {
    Connection::open(app.folder().join("countersign.db")).unwrap()
}

fn tamper(app: &TestApp, sql: &str) {
    let changed = database(app).execute(sql, []).unwrap();
    assert!(changed > 0, "{sql}");
}

/// The audit's entries in order, as an expression that is one's id.
fn entry(number: usize) -> String {
    format!("(SELECT id FROM audit ORDER BY id LIMIT 1 OFFSET {number})")
}

#[tokio::test]
async fn a_change_in_any_column_of_any_entry_is_found() {
    let app = audited().await;
    let columns = [
        ("request_id", "zeroblob(16)"),
        ("at", "at + 1"),
        ("action", "'sign_out'"),
        ("outcome", "'done'"),
        ("reason", "NULL"),
        ("reason", "'user_locked'"),
        ("actor", "'operator'"),
        ("actor_id", "zeroblob(16)"),
        ("actor_id", "x'00'"),
        ("partner", "'other'"),
        ("partner", "NULL"),
        ("user_id", "NULL"),
        ("user_id", "zeroblob(16)"),
        ("user_id", "zeroblob(15)"),
        ("subject", "'device'"),
        ("subject_id", "zeroblob(16)"),
        ("detail", "'sms'"),
        ("detail", "''"),
        ("address", "'10.0.0.0/24'"),
        ("address", "NULL"),
        ("mac", "zeroblob(32)"),
        ("mac", "x''"),
        ("id", "zeroblob(16)"),
        ("id", "x'ff'"),
    ];
    // One that a seal holds, and one that none does.
    for at in [2, 6] {
        for (column, value) in columns {
            let database = database(&app);
            database.execute_batch("BEGIN").unwrap();
            database
                .execute_batch("CREATE TABLE before AS SELECT * FROM audit; COMMIT")
                .unwrap();
            let change = format!(
                "UPDATE audit SET {column} = {value} WHERE id = {}",
                entry(at)
            );
            tamper(&app, &change);
            let report = verify(&app, None).await;
            let entries = report.findings.iter();
            let changed = entries
                .filter(|f| matches!(f, Finding::Entry { .. }))
                .count();
            assert_eq!(changed, 1, "{change}: {report:?}");
            database
                .execute_batch(
                    "BEGIN; DELETE FROM audit; INSERT INTO audit SELECT * FROM before;
                     DROP TABLE before; COMMIT",
                )
                .unwrap();
        }
    }
    assert_eq!(verify(&app, None).await.findings, []);
}

#[tokio::test]
async fn what_is_taken_out_from_under_a_seal_is_found() {
    for (sql, number) in [
        (format!("DELETE FROM audit WHERE id = {}", entry(0)), 1),
        (format!("DELETE FROM audit WHERE id = {}", entry(3)), 2),
        (
            format!("UPDATE audit SET seal = NULL WHERE id = {}", entry(5)),
            3,
        ),
        (
            format!("UPDATE audit SET seal = 2 WHERE id = {}", entry(6)),
            2,
        ),
    ] {
        let app = audited().await;
        tamper(&app, &sql);
        let report = verify(&app, None).await;
        let number_of = |finding: &Finding| match finding {
            Finding::Entries { number, .. } => Some(*number),
            _ => None,
        };
        let found: Vec<_> = report.findings.iter().filter_map(number_of).collect();
        assert_eq!(found, [number], "{sql}: {report:?}");
    }
}

#[tokio::test]
async fn entries_that_changed_places_are_found() {
    let app = audited().await;
    let swap = format!(
        "UPDATE audit SET seal = 3 - seal WHERE id IN ({}, {})",
        entry(0),
        entry(2)
    );
    tamper(&app, &swap);
    let held = 2_i64;
    let found = held.unsigned_abs();
    let entries = |number| Finding::Entries {
        number,
        held,
        found,
    };
    assert_eq!(verify(&app, None).await.findings, [entries(1), entries(2)]);
}

#[tokio::test]
async fn a_seal_that_is_missing_or_changed_is_found() {
    let app = audited().await;
    tamper(&app, "DELETE FROM audit_seals WHERE number = 2");
    let report = verify(&app, None).await;
    let orphans = Finding::Orphans {
        number: 2,
        entries: 2,
    };
    assert_eq!(
        report.findings,
        [Finding::Missing { from: 2, to: 2 }, orphans]
    );

    for change in [
        "entries = 1",
        "entries = entries + 1",
        "previous = zeroblob(32)",
        "previous_at = previous_at - 1",
        "previous_at = NULL",
        "digest = zeroblob(32)",
        "digest = x''",
        "at = at + 1",
        "mac = zeroblob(32)",
        "mac = x''",
    ] {
        let app = audited().await;
        tamper(
            &app,
            &format!("UPDATE audit_seals SET {change} WHERE number = 2"),
        );
        let report = verify(&app, None).await;
        assert_eq!(report.findings, [Finding::Seal { number: 2 }], "{change}");
    }
}

#[tokio::test]
async fn the_middle_cannot_be_cut_out_and_the_ends_be_joined() {
    let app = audited().await;
    tamper(&app, "DELETE FROM audit WHERE seal = 2");
    tamper(&app, "DELETE FROM audit_seals WHERE number = 2");
    tamper(&app, "UPDATE audit_seals SET number = 2 WHERE number = 3");
    tamper(&app, "UPDATE audit SET seal = 2 WHERE seal = 3");
    let findings = verify(&app, None).await.findings;
    assert_eq!(findings, [Finding::Seal { number: 2 }]);
}

/// Whoever has the database alone has no key, and another key makes nothing that passes.
#[tokio::test]
async fn an_entry_that_is_forged_is_found() {
    let app = audited().await;
    let forge = format!(
        "INSERT INTO audit SELECT randomblob(16), request_id, at, action, outcome, reason, actor,
             actor_id, partner, user_id, subject, subject_id, detail, address, mac, NULL
         FROM audit WHERE id = {}",
        entry(0)
    );
    tamper(&app, &forge);
    let report = verify(&app, None).await;
    assert!(
        matches!(report.findings[..], [Finding::Entry { .. }]),
        "{report:?}"
    );
    // Sealing it does not make it true.
    app.service().seal_audit().await.unwrap();
    let report = verify(&app, None).await;
    assert!(
        matches!(report.findings[..], [Finding::Entry { .. }]),
        "{report:?}"
    );
    assert_eq!(report.unsealed, 0);
}

/// What the database alone cannot show, a head that was kept elsewhere does.
#[tokio::test]
async fn a_tail_that_was_cut_off_is_found_by_a_head_kept_elsewhere() {
    let app = audited().await;
    let head = verify(&app, None).await.head.unwrap();
    assert_eq!(head.number, 3);
    assert_eq!(head.to_string().parse(), Ok(head));
    refuse(&app, 1).await;
    app.service().seal_audit().await.unwrap();
    assert_eq!(verify(&app, Some(head)).await.findings, []);

    tamper(&app, "DELETE FROM audit WHERE seal >= 3");
    tamper(&app, "DELETE FROM audit_seals WHERE number >= 3");
    assert_eq!(verify(&app, None).await.findings, [], "nothing shows it");
    let lost = [Finding::Head(head)];
    assert_eq!(verify(&app, Some(head)).await.findings, lost);
    refuse(&app, 2).await;
    app.service().seal_audit().await.unwrap();
    assert_eq!(verify(&app, None).await.head.unwrap().number, 3);
    assert_eq!(verify(&app, Some(head)).await.findings, lost);
}

#[tokio::test]
async fn a_front_that_was_cut_off_before_its_time_is_found() {
    let app = audited().await;
    tamper(&app, "DELETE FROM audit WHERE seal = 1");
    tamper(&app, "DELETE FROM audit_seals WHERE number = 1");
    let report = verify(&app, None).await;
    assert!(
        matches!(report.findings[..], [Finding::Front { to: 1, .. }]),
        "{report:?}"
    );
    // Whatever else it is, it is not too young any more.
    app.clock.advance(app.audit.retention + DAY);
    assert_eq!(verify(&app, None).await.findings, []);
}

#[tokio::test]
async fn what_is_older_than_the_retention_goes_with_its_seals_and_nothing_else() {
    let mut app = audited().await;
    app.audit = Policy {
        retention: 30 * DAY,
        ..app.audit
    };
    let node = app.another_node().await;
    let old_head = verify(&app, None).await.head;
    node.service.seal_audit().await.unwrap();
    app.clock.advance(20 * DAY);
    refuse(&app, 1).await;
    node.service.seal_audit().await.unwrap();
    // A clock that was set deletes nothing.
    app.clock.set_forward(40 * DAY);
    node.service.sweep().await.unwrap();
    assert_eq!(verify(&app, None).await.first, Some(1));
    app.clock.set_back(40 * DAY);
    app.clock.advance(10 * DAY);
    for _ in 0..3 {
        app.clock.advance(Duration::from_secs(40 * 60));
        node.service.sweep().await.unwrap();
    }
    let report = verify(&app, None).await;
    assert_eq!(report.findings, []);
    assert_eq!(
        (report.first, report.seals, report.entries),
        (Some(5), 1, 1)
    );
    let too_old = verify(&app, old_head).await.findings;
    assert_eq!(too_old, [Finding::OldHead(old_head.unwrap())]);

    // The last one stays, for the next to hold on to.
    app.clock.advance(60 * DAY);
    for _ in 0..3 {
        app.clock.advance(Duration::from_secs(40 * 60));
        node.service.sweep().await.unwrap();
    }
    assert_eq!(verify(&app, None).await.seals, 1);
    refuse(&app, 1).await;
    node.service.seal_audit().await.unwrap();
    node.service.sweep().await.unwrap();
    let report = verify(&app, report.head).await;
    assert_eq!(report.findings, []);
    assert_eq!((report.first, report.seals), (Some(6), 1));
}

#[tokio::test]
async fn where_all_are_old_the_last_seal_stays() {
    let app = audited().await;
    app.service().seal_audit().await.unwrap();
    app.clock.advance(app.audit.retention + DAY);
    for _ in 0..3 {
        app.clock.advance(Duration::from_secs(40 * 60));
        app.service().sweep().await.unwrap();
    }
    let report = verify(&app, None).await;
    assert_eq!(report.findings, []);
    assert_eq!((report.first, report.seals), (Some(4), 1));
}

/// Both are genuine, and were never one.
#[tokio::test]
async fn seals_of_two_copies_do_not_pass_for_one_audit() {
    let app = audited().await;
    let database = database(&app);
    let move_third = |from: &str, to: &str| {
        let sql = format!(
            "BEGIN; DELETE FROM {to}audit WHERE seal = 3;
             DELETE FROM {to}audit_seals WHERE number = 3;
             INSERT INTO {to}audit SELECT * FROM {from}audit WHERE seal = 3;
             INSERT INTO {to}audit_seals SELECT * FROM {from}audit_seals WHERE number = 3;
             COMMIT"
        );
        database.execute_batch(&sql).unwrap();
    };
    database
        .execute_batch(
            "CREATE TABLE other_audit AS SELECT * FROM audit WHERE 0;
             CREATE TABLE other_audit_seals AS SELECT * FROM audit_seals WHERE 0;",
        )
        .unwrap();
    move_third("", "other_");
    tamper(&app, "DELETE FROM audit WHERE seal = 3");
    tamper(&app, "DELETE FROM audit_seals WHERE number = 3");
    for number in [3, 4] {
        refuse(&app, 1).await;
        app.service().seal_audit().await.unwrap();
        let report = verify(&app, None).await;
        assert_eq!(report.head.unwrap().number, number);
        assert_eq!(report.findings, []);
    }
    move_third("other_", "");
    let findings = verify(&app, None).await.findings;
    assert_eq!(findings, [Finding::Broken { number: 4 }]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_seal_at_once_while_others_write_and_verify() {
    let app = TestApp::start().await;
    let nodes = [app.another_node().await, app.another_node().await];
    let write = async {
        for _ in 0..30 {
            refuse(&app, 3).await;
        }
    };
    let seal = |node: usize| {
        let service = nodes[node].service.clone();
        async move {
            for _ in 0..30 {
                service.seal_audit().await.unwrap();
                tokio::task::yield_now().await;
            }
        }
    };
    let verify_meanwhile = async {
        for _ in 0..30 {
            assert_eq!(verify(&app, None).await.findings, []);
        }
    };
    tokio::join!(write, seal(0), seal(1), verify_meanwhile);
    app.service().seal_audit().await.unwrap();
    let report = verify(&app, None).await;
    assert_eq!(report.findings, []);
    // The fiftieth in a row switched the password off, which is an entry of its own.
    assert_eq!((report.entries, report.unsealed), (91, 0));
}

/// Who is killed between the two steps of sealing leaves what the next takes up.
#[tokio::test]
async fn entries_claimed_by_a_sealer_that_died_are_sealed_by_the_next() {
    let app = audited().await;
    tamper(&app, "UPDATE audit SET seal = 4 WHERE seal IS NULL");
    assert_eq!(verify(&app, None).await.findings, []);
    refuse(&app, 1).await;
    app.service().seal_audit().await.unwrap();
    let report = verify(&app, None).await;
    assert_eq!(report.findings, []);
    assert_eq!((report.seals, report.entries, report.unsealed), (4, 8, 0));
}

#[tokio::test]
async fn sealing_nothing_makes_no_seal() {
    let app = audited().await;
    app.service().seal_audit().await.unwrap();
    app.service().seal_audit().await.unwrap();
    assert_eq!(verify(&app, None).await.seals, 4);
}
