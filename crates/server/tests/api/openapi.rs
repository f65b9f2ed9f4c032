//! The description of the API.

/// The committed description is what the code answers. To write it anew:
/// `cargo xtask openapi`.
#[test]
fn the_committed_description_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    let current = countersign_server::openapi().to_pretty_json().unwrap();
    let current = format!("{current}\n");
    assert!(
        committed == current,
        "docs/openapi.json is stale; run `cargo xtask openapi` and look at what changed"
    );
}

/// Whether the description says that this request may be answered with this status.
pub(crate) fn is_described(method: &str, path: &str, status: &str) -> bool {
    let described = serde_json::to_value(countersign_server::openapi()).unwrap();
    let path = path.split('?').next().unwrap();
    let asked: Vec<_> = path.split('/').collect();
    let paths = described["paths"].as_object().unwrap();
    let mut meant = paths.iter().filter(|(template, _)| {
        let parts: Vec<_> = template.split('/').collect();
        let alike = |(part, asked): (&&str, &&str)| part == asked || part.starts_with('{');
        parts.len() == asked.len() && parts.iter().zip(&asked).all(alike)
    });
    meant.any(|(_, methods)| methods[method]["responses"].get(status).is_some())
}

#[tokio::test]
async fn the_server_answers_with_its_description() {
    let app = countersign_testkit::TestApp::start().await;
    let request = app.client().request(reqwest::Method::GET, "/openapi.json");
    let served = app.client().send(request).await.json();
    let own: serde_json::Value =
        serde_json::from_str(&countersign_server::openapi().to_json().unwrap()).unwrap();
    assert_eq!(served, own);
    assert_eq!(
        served["openapi"].as_str().unwrap().split('.').next(),
        Some("3")
    );
    let paths = served["paths"].as_object().unwrap();
    assert!(paths.contains_key("/v1/admin/users/{id}/lock"), "{paths:?}");
    assert_eq!(paths.len(), 30);
}
