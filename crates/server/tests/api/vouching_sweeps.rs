//! What is kept of one-time tokens goes, and none comes in again for it.

use std::time::Duration;

use countersign_testkit::TestApp;
use http::StatusCode;
use serde_json::json;

use crate::vouching::{REFUSED, number, set, start, vouch_for};

const HOUR: Duration = Duration::from_secs(60 * 60);
const SECOND: Duration = Duration::from_secs(1);
const EMAIL: &str = "johndoe@email.com";

/// An application whose clock has been steady for long enough to sweep.
async fn steady() -> (TestApp, String) {
    let (app, key) = start().await;
    app.advance(2 * HOUR).await;
    app.service().sweep().await.unwrap();
    (app, key)
}

fn redemptions(app: &TestApp) -> i64 {
    number(app, "SELECT COUNT(*) FROM redemptions")
}

#[tokio::test]
async fn a_redemption_goes_when_its_token_is_long_dead_and_the_token_never_comes_back() {
    let (app, key) = steady().await;
    let client = app.client();
    let used = vouch_for(&client, &key, EMAIL).await;
    let kept = vouch_for(&client, &key, EMAIL).await;
    let redeemed = client.redeem(&key, &used, Some("one")).await;
    redeemed.expect(StatusCode::OK);
    let mut back = Duration::ZERO;
    for step in [1, 59, 1, 59, 1, 10, 31, 31] {
        app.advance(step * SECOND).await;
        back += step * SECOND;
        app.service().sweep().await.unwrap();
        // Whatever a clock says that was set back, nobody comes in with it again: without the
        // redemption it is the floor that refuses.
        app.clock.set_back(back);
        for nonce in [None, Some("two")] {
            let answer = client.redeem(&key, &used, nonce).await;
            answer.expect_error(401, REFUSED);
        }
        app.clock.set_forward(back);
    }
    assert_eq!(redemptions(&app), 0);
    // Nor one that was never redeemed, and has the same end.
    app.clock.set_back(back);
    let answer = client.redeem(&key, &kept, None).await;
    answer.expect_error(401, REFUSED);
    for nonce in [None, Some("one")] {
        let answer = client.redeem(&key, &used, nonce).await;
        answer.expect_error(401, REFUSED);
    }
}

/// The floor stays a minute behind: who lost the answer gets it that long.
#[tokio::test]
async fn no_sweep_takes_a_redemption_that_is_still_replayed() {
    let (app, key) = steady().await;
    let client = app.client();
    let token = vouch_for(&client, &key, EMAIL).await;
    app.advance(59 * SECOND).await;
    let redeemed = client.redeem(&key, &token, Some("one")).await;
    let id = redeemed.expect(StatusCode::OK).json()["authentication"]["id"].clone();
    for _ in 0..12 {
        app.advance(5 * SECOND).await;
        app.service().sweep().await.unwrap();
        let again = client.redeem(&key, &token, Some("one")).await;
        assert_eq!(
            again.expect(StatusCode::OK).json()["authentication"]["id"],
            id
        );
    }
}

/// The rows go in a later unit of work than the floor rises in, after any statement's time.
#[tokio::test]
async fn the_rows_go_well_after_the_floor_rose() {
    let (app, key) = steady().await;
    let client = app.client();
    let token = vouch_for(&client, &key, EMAIL).await;
    let redeemed = client.redeem(&key, &token, None).await;
    redeemed.expect(StatusCode::OK);
    let floor = "SELECT floor FROM redemption_floor";
    let end = number(&app, "SELECT expires_at FROM redemptions");
    app.advance(120 * SECOND).await;
    app.service().sweep().await.unwrap();
    assert_eq!(
        (number(&app, floor), redemptions(&app)),
        (0, 1),
        "not before"
    );
    // A sweep that has raised it waits before it raises it again.
    app.advance(31 * SECOND).await;
    app.service().sweep().await.unwrap();
    assert_eq!((number(&app, floor), redemptions(&app)), (end, 1));
    app.advance(29 * SECOND).await;
    app.service().sweep().await.unwrap();
    assert_eq!((number(&app, floor), redemptions(&app)), (end, 1));
    app.advance(SECOND).await;
    app.service().sweep().await.unwrap();
    assert_eq!((number(&app, floor), redemptions(&app)), (end, 0));
}

/// A long token that still lives is not below the floor that shorter ones raised.
#[tokio::test]
async fn the_floor_passes_nobody_who_still_may_come_in() {
    let (app, key) = steady().await;
    let client = app.client();
    set(
        &app,
        "default",
        json!({ "one_time_token_life_seconds": 600 }),
    )
    .await;
    let long = vouch_for(&client, &key, EMAIL).await;
    set(
        &app,
        "default",
        json!({ "one_time_token_life_seconds": 10 }),
    )
    .await;
    for _ in 0..9 {
        let short = vouch_for(&client, &key, EMAIL).await;
        let redeemed = client.redeem(&key, &short, None).await;
        redeemed.expect(StatusCode::OK);
        app.advance(66 * SECOND).await;
        app.service().sweep().await.unwrap();
    }
    assert!(number(&app, "SELECT floor FROM redemption_floor") > 0);
    let redeemed = client.redeem(&key, &long, None).await;
    redeemed.expect(StatusCode::OK);
}

/// A clock that runs ahead for a while must not make live tokens dead, nor dead ones live.
#[tokio::test]
async fn a_clock_that_was_set_sweeps_nothing() {
    let (app, key) = steady().await;
    let client = app.client();
    let used = vouch_for(&client, &key, EMAIL).await;
    let unused = vouch_for(&client, &key, EMAIL).await;
    let redeemed = client.redeem(&key, &used, None).await;
    redeemed.expect(StatusCode::OK);
    app.clock.set_forward(10 * HOUR);
    for _ in 0..6 {
        app.service().sweep().await.unwrap();
        app.advance(5 * SECOND).await;
    }
    app.clock.set_back(10 * HOUR);
    assert_eq!(redemptions(&app), 1);
    let answer = client.redeem(&key, &used, None).await;
    answer.expect_error(401, REFUSED);
    let answer = client.redeem(&key, &unused, None).await;
    answer.expect(StatusCode::OK);
}

#[tokio::test]
async fn what_ended_tokens_is_forgotten_when_none_of_them_can_live() {
    let (app, key) = steady().await;
    let client = app.client();
    let path = "/v1/users/email:johndoe@email.com/sessions";
    let ended = client.with(http::Method::DELETE, path, &key).await;
    ended.expect(StatusCode::NO_CONTENT);
    let rows = || number(&app, "SELECT COUNT(*) FROM ended_identities");
    app.advance(6 * HOUR).await;
    app.service().sweep().await.unwrap();
    assert_eq!(rows(), 1);
    app.advance(SECOND).await;
    app.service().sweep().await.unwrap();
    assert_eq!(rows(), 0);
}
