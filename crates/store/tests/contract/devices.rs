use countersign_domain::device::DeviceDescription;
use countersign_domain::epoch::Epoch;
use countersign_domain::partner::{OwnSettings, SignUp, Slug};
use countersign_store::{Store, authentications, devices, partners};

use crate::fixture::{at, authentication, conflicts, device, done, new_user, partner, sign_in};

contract! {
    devices_are_listed_while_signed_in_the_last_seen_first,
    a_device_is_kept_as_it_was_described,
    a_device_is_never_seen_earlier_than_before,
    a_device_is_its_users_signed_in_or_not,
    no_more_devices_are_listed_than_anybody_can_read,
    an_id_is_given_once,
    the_default_partner_is_there_and_keeps_what_it_sets,
}

async fn devices_are_listed_while_signed_in_the_last_seen_first(store: &Store) {
    let (user, other) = (new_user(store).await, new_user(store).await);
    let [first, second, revoked] = [
        sign_in(store, user).await,
        sign_in(store, user).await,
        sign_in(store, user).await,
    ];
    sign_in(store, other).await;
    done(store, [authentications::revoke(revoked.id, user, at(1))]).await;
    done(store, [devices::seen(first.device, at(2))]).await;
    let listed = async |now| {
        let devices = store.devices(user, now).await.unwrap();
        Vec::from_iter(devices.iter().map(|device| device.id))
    };
    assert_eq!(listed(at(2)).await, [first.device, second.device]);
    done(store, [devices::seen(second.device, at(3))]).await;
    assert_eq!(listed(at(3)).await, [second.device, first.device]);
    assert_eq!(listed(first.expires_at).await, []);
}

async fn a_device_is_kept_as_it_was_described(store: &Store) {
    let of = authentication(new_user(store).await);
    let description = DeviceDescription {
        make: Some("Apple".to_owned()),
        model: Some("iPhone6,2".to_owned()),
        os_name: None,
        os_version: Some("14.0".to_owned()),
    };
    let insert = devices::insert(&devices::NewDevice {
        id: of.device,
        user: of.user,
        name: "Zoë's 📱",
        description: &description,
        now: at(1),
    });
    done(store, [insert, authentications::insert(&of, Epoch::FIRST)]).await;
    let [device] = &store.devices(of.user, at(1)).await.unwrap()[..] else {
        panic!("one device");
    };
    assert_eq!((device.id, device.name.as_str()), (of.device, "Zoë's 📱"));
    assert_eq!(device.description, description);
    assert_eq!((device.created_at, device.last_seen_at), (at(1), at(1)));
}

async fn a_device_is_never_seen_earlier_than_before(store: &Store) {
    let of = sign_in(store, new_user(store).await).await;
    done(store, [devices::seen(of.device, at(5))]).await;
    done(store, [devices::seen(of.device, at(3))]).await;
    let listed = store.devices(of.user, at(5)).await.unwrap();
    assert_eq!(listed[0].last_seen_at, at(5));
    let unknown = devices::seen(authentication(of.user).device, at(5));
    assert_eq!(done(store, [unknown]).await.count(), 0);
}

async fn a_device_is_its_users_signed_in_or_not(store: &Store) {
    let (user, other) = (new_user(store).await, new_user(store).await);
    let of = sign_in(store, user).await;
    done(store, [authentications::revoke(of.id, user, at(1))]).await;
    assert!(store.has_device(user, of.device).await.unwrap());
    assert!(!store.has_device(other, of.device).await.unwrap());
    let unknown = authentication(user).device;
    assert!(!store.has_device(user, unknown).await.unwrap());
}

async fn no_more_devices_are_listed_than_anybody_can_read(store: &Store) {
    let user = new_user(store).await;
    let last = sign_in(store, user).await;
    done(store, [devices::seen(last.device, at(2))]).await;
    let most = usize::try_from(devices::MOST).unwrap();
    let steps = (0..most).flat_map(|_| {
        let of = authentication(user);
        [device(&of), authentications::insert(&of, Epoch::FIRST)]
    });
    done(store, steps).await;
    let listed = store.devices(user, at(2)).await.unwrap();
    assert_eq!(listed.len(), most);
    assert_eq!(listed[0].id, last.device, "those last seen are among them");
}

async fn an_id_is_given_once(store: &Store) {
    let of = sign_in(store, new_user(store).await).await;
    conflicts(store, [device(&of)]).await;
}

async fn the_default_partner_is_there_and_keeps_what_it_sets(store: &Store) {
    let slug = Slug::default_partner();
    let [default] = &store.partners().await.unwrap()[..] else {
        panic!("one partner");
    };
    assert_eq!(
        (&default.slug, &default.settings),
        (&slug, &Some(OwnSettings::default()))
    );

    let settings = OwnSettings {
        sign_up: Some(SignUp::Open),
        session_life_seconds: Some(60),
        ..OwnSettings::default()
    };
    let loaded = store.partner(&slug).await.unwrap().unwrap();
    let set = || partners::set_settings(&loaded, &settings, at(1));
    done(store, set()).await;
    assert_eq!(
        store.partners().await.unwrap()[0].settings,
        Some(settings.clone())
    );
    // Somebody else has changed them since they were loaded.
    conflicts(store, set()).await;
    let nobody = partner("tickets");
    assert!(store.partner(&nobody).await.unwrap().is_none());
}
