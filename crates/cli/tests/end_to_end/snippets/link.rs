//! A partner's link into a flow.

use super::process::{Snippet, header, run};
use super::{APP, Northstar, SERVED};

#[tokio::test]
async fn a_link_leads_into_the_flow_and_signs_in_once() {
    let northstar = Northstar::start();
    for language in SERVED {
        let partner = Snippet::start(&northstar, "link", language);
        let response = partner.get("/sell/2738").await;
        assert_eq!(response.status(), 303, "{language}");
        assert_eq!(header(&response, "cache-control"), "no-store", "{language}");
        let link = header(&response, "location");
        let expected = format!("{APP}/sell/2738?oneTimeToken=cso_");
        assert!(link.starts_with(&expected), "{language}: {link}");
        northstar.assert_redeems_once(link).await;

        let refused = partner.get(&format!("/sell/{}", "7".repeat(201))).await;
        assert!(refused.status().is_server_error(), "{language}");
        assert_eq!(header(&refused, "location"), "", "{language}");
    }
}

#[tokio::test]
async fn a_link_is_made_from_a_shell() {
    let northstar = Northstar::start();
    let script = |event| run(&northstar, &["link.sh", event, super::EMAIL], "", "");
    let (output, link) = script("2738");
    assert!(output.status.success(), "{output:?}");
    northstar.assert_redeems_once(&link).await;
    for event in ["", r#"1"}, "user": {"email": "bob@northstar.example"#] {
        let (output, link) = script(event);
        assert!(!output.status.success(), "{event}: {link}");
    }
}
