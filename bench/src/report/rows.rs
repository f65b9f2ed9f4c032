//! The rows that are asked over HTTP.

use super::request::Request;
use super::subject::Subject;

/// What is asked, and what is claimed of it.
pub(super) struct Row {
    /// What it is called on the command line.
    pub(super) name: &'static str,
    pub(super) what: &'static str,
    pub(super) request: Request,
    /// Whether each request has a one-time token of its own.
    pub(super) redeems: bool,
    pub(super) claimed: Claimed,
}

/// What is claimed of a row.
#[derive(Clone, Copy)]
pub(super) struct Claimed {
    /// How much of the baseline's requests a second it reaches, at least.
    pub(super) share: f64,
    pub(super) p99: Option<P99>,
}

/// What 99 of 100 answers take at most.
#[derive(Clone, Copy)]
pub(super) enum P99 {
    /// Of what the baseline's take.
    Times(f64),
    Millis(f64),
}

/// The names of the rows, in their order.
pub(super) const NAMES: [&str; 6] = [
    "verify",
    "forward-auth",
    "forward-auth-cookie",
    "exchange",
    "mint",
    "redeem",
];

/// All of them.
pub(super) fn all(subject: &Subject) -> [Row; NAMES.len()] {
    let signed_in = &subject.signed_in;
    let row = |name, what, request, share| Row {
        name,
        what,
        request,
        redeems: false,
        claimed: Claimed { share, p99: None },
    };
    let [verify, bearer, cookie, exchange, mint, redeem] = NAMES;
    [
        Row {
            name: verify,
            what: "`POST /v1/sessions/verify`",
            request: subject.verify(),
            redeems: false,
            claimed: Claimed {
                share: 0.90,
                p99: Some(P99::Times(1.3)),
            },
        },
        row(
            bearer,
            "`GET /v1/forward-auth`, session token",
            forward_auth().with("authorization", format!("Bearer {}", signed_in.session)),
            0.85,
        ),
        row(
            cookie,
            "`GET /v1/forward-auth`, authentication in a cookie",
            forward_auth().with(
                "cookie",
                format!("__Host-countersign={}", signed_in.authentication),
            ),
            0.85,
        ),
        row(
            exchange,
            "`POST /v1/sessions` (exchange)",
            subject.exchange(),
            0.60,
        ),
        row(mint, "mint a one-time token", subject.mint(0), 0.75),
        Row {
            name: redeem,
            what: "redeem a one-time token of a returning user, durable",
            request: subject.redeem(""),
            redeems: true,
            claimed: Claimed {
                share: 0.20,
                p99: Some(P99::Millis(15.0)),
            },
        },
    ]
}

/// As a proxy asks it about a request to the application.
fn forward_auth() -> Request {
    Request::new("GET", "/v1/forward-auth", 200)
        .with("x-forwarded-method", "GET")
        .with("x-forwarded-uri", "/events/7?seat=12")
}
