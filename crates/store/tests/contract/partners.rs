use countersign_domain::partner::{Flow, OwnSettings, PartnerSettings, SignUp, Slug};
use countersign_store::partners::{self, StoredPartner};
use countersign_store::{Batch, Store};

use crate::fixture::{at, at_once, commit, conflicts, done, partner};

contract! {
    the_default_partner_is_there_from_the_beginning,
    a_partner_is_kept_with_what_it_sets,
    partners_are_listed_in_order,
    a_slug_is_given_once,
    an_origin_is_of_one_partner,
    settings_are_replaced_where_they_are_as_they_were_loaded,
    of_two_who_set_from_the_same_one_does,
    who_set_at_once_from_the_same_lose_but_one,
}

fn settings(session_life_seconds: u64) -> OwnSettings {
    OwnSettings {
        session_life_seconds: Some(session_life_seconds),
        ..OwnSettings::default()
    }
}

async fn loaded(store: &Store, slug: &str) -> StoredPartner {
    let found = store.partner(&partner(slug)).await.unwrap();
    found.expect("the partner is kept")
}

/// Its settings, which must be readable.
async fn set(store: &Store, slug: &str) -> OwnSettings {
    loaded(store, slug).await.partner.settings.unwrap()
}

async fn the_default_partner_is_there_from_the_beginning(store: &Store) {
    let partners = store.partners().await.unwrap();
    assert_eq!(partners.len(), 1);
    assert_eq!(partners[0].slug, Slug::default_partner());
    assert_eq!(set(store, "default").await, OwnSettings::default());
}

async fn a_partner_is_kept_with_what_it_sets(store: &Store) {
    let flow = Flow {
        url: "https://market.example/sell/{event_id}?seat={seat}"
            .parse()
            .unwrap(),
        force: Some(true),
    };
    let all = OwnSettings {
        login_url: Some("https://tickets.example/login?a=1".parse().unwrap()),
        return_origins: Some(vec!["https://tickets.example".parse().unwrap()]),
        public_urls: Some(vec!["https://market.example/auth".parse().unwrap()]),
        flows: Some([("sell".parse().unwrap(), flow)].into()),
        name: Some("Tickets \u{e0} Gogo".parse().unwrap()),
        colour: Some("#1d4ed8".parse().unwrap()),
        logo: Some("https://tickets.example/logo.svg".parse().unwrap()),
        locale: Some("pt-BR".parse().unwrap()),
        sign_up: Some(SignUp::Open),
        ..OwnSettings::all_of(&PartnerSettings::default())
    };
    let tickets = partner("tickets");
    done(store, partners::insert(&tickets, &all, at(3))).await;
    let found = loaded(store, "tickets").await;
    assert_eq!(found.partner.slug, tickets);
    assert_eq!(found.partner.settings, Some(all));
    assert_eq!((found.created_at, found.updated_at), (at(3), at(3)));
    assert!(store.partner(&partner("ticket")).await.unwrap().is_none());
}

async fn partners_are_listed_in_order(store: &Store) {
    for (slug, seconds) in [("zoo", 60), ("a", 61), ("tickets", 62)] {
        let insert = partners::insert(&partner(slug), &settings(seconds), at(0));
        done(store, insert).await;
    }
    let partners = store.partners().await.unwrap();
    let listed = partners.into_iter().map(|partner| {
        let settings = partner.settings.unwrap();
        (partner.slug.to_string(), settings.session_life_seconds)
    });
    let expected = [
        ("a", Some(61)),
        ("default", None),
        ("tickets", Some(62)),
        ("zoo", Some(60)),
    ];
    let expected = expected.map(|(slug, seconds)| (slug.to_owned(), seconds));
    assert_eq!(Vec::from_iter(listed), expected);
}

async fn a_slug_is_given_once(store: &Store) {
    let tickets = partner("tickets");
    let insert = |seconds| partners::insert(&tickets, &settings(seconds), at(seconds));
    let at_first = || Batch::new().then_all(insert(60));
    assert_eq!(at_once(store, 16, at_first).await.len(), 1);
    conflicts(store, insert(61)).await;
    assert_eq!(set(store, "tickets").await, settings(60));
    let taken = partners::insert(&partner("default"), &settings(61), at(1));
    conflicts(store, taken).await;
}

async fn settings_are_replaced_where_they_are_as_they_were_loaded(store: &Store) {
    for slug in ["tickets", "hotels"] {
        let insert = partners::insert(&partner(slug), &settings(60), at(1));
        done(store, insert).await;
    }
    let stale = loaded(store, "tickets").await;
    let first = partners::set_settings(&stale, &settings(61), at(2));
    assert_eq!(done(store, first).await.first_count(), 1);
    let found = loaded(store, "tickets").await;
    assert_eq!(found.partner.settings, Some(settings(61)));
    assert_eq!((found.created_at, found.updated_at), (at(1), at(2)));

    for late in [settings(62), settings(61), OwnSettings::default()] {
        conflicts(store, partners::set_settings(&stale, &late, at(3))).await;
    }
    let second = partners::set_settings(&found, &OwnSettings::default(), at(4));
    done(store, second).await;
    assert_eq!(set(store, "tickets").await, OwnSettings::default());
    let other = loaded(store, "hotels").await;
    assert_eq!(other.partner.settings, Some(settings(60)), "another's");
    assert_eq!(other.updated_at, at(1));
}

async fn of_two_who_set_from_the_same_one_does(store: &Store) {
    let stale = loaded(store, "default").await;
    let set_both = [60, 61].map(|life| partners::set_settings(&stale, &settings(life), at(2)));
    conflicts(store, set_both.into_iter().flatten()).await;
    assert_eq!(set(store, "default").await, OwnSettings::default());
}

async fn who_set_at_once_from_the_same_lose_but_one(store: &Store) {
    let stale = loaded(store, "default").await;
    let life = std::sync::atomic::AtomicU64::new(60);
    let change = || {
        let life = life.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Batch::new().then_all(partners::set_settings(&stale, &settings(life), at(2)))
    };
    assert_eq!(at_once(store, 16, change).await.len(), 1);
    assert_ne!(set(store, "default").await, OwnSettings::default());
}

async fn an_origin_is_of_one_partner(store: &Store) {
    let with = |urls: &[&str]| OwnSettings {
        public_urls: Some(urls.iter().map(|url| url.parse().unwrap()).collect()),
        ..OwnSettings::default()
    };
    let (one, other) = (partner("one"), partner("other"));
    let both = ["https://market.example/a", "https://market.example/b"];
    done(store, partners::insert(&one, &with(&both), at(1))).await;
    let origin = "https://market.example".parse().unwrap();
    let of_origin = async || store.partner_of_origin(&origin).await.unwrap();
    assert_eq!(of_origin().await, Some(one.clone()));

    let third = with(&["https://market.example/c"]);
    let taken = commit(store, partners::insert(&other, &third, at(2))).await;
    assert!(partners::origin_taken(&taken.unwrap_err()));
    assert!(store.partner(&other).await.unwrap().is_none());
    done(
        store,
        partners::insert(&other, &OwnSettings::default(), at(2)),
    )
    .await;
    let found = loaded(store, "other").await;
    let at_first = || Batch::new().then_all(partners::set_settings(&found, &third, at(3)));
    assert_eq!(at_once(store, 4, at_first).await.len(), 0);

    // It lets go, and the other has it: of many who ask at once, one.
    let found = loaded(store, "one").await;
    done(
        store,
        partners::set_settings(&found, &OwnSettings::default(), at(4)),
    )
    .await;
    assert_eq!(of_origin().await, None);
    let found = loaded(store, "other").await;
    done(store, partners::set_settings(&found, &third, at(5))).await;
    assert_eq!(of_origin().await, Some(other));
}
