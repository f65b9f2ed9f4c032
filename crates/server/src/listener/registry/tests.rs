use super::*;

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn evicted(place: &Place) -> bool {
    use futures_util::FutureExt;
    place.evicted().now_or_never().is_some()
}

#[test]
fn the_longest_waiting_of_the_address_gives_way() {
    let registry = Registry::new(10, 2);
    let other = registry.admit(address("192.0.2.2")).unwrap();
    let first = registry.admit(address("192.0.2.1")).unwrap();
    let second = registry.admit(address("192.0.2.1")).unwrap();
    assert!(first.request_begins());
    first.request_ends();

    let _third = registry.admit(address("192.0.2.1")).unwrap();

    assert!(evicted(&second));
    assert!(!evicted(&first) && !evicted(&other));
}

#[test]
fn the_longest_waiting_of_all_gives_way() {
    let registry = Registry::new(2, 2);
    let first = registry.admit(address("192.0.2.1")).unwrap();
    let second = registry.admit(address("192.0.2.2")).unwrap();

    let third = registry.admit(address("192.0.2.3")).unwrap();

    assert!(evicted(&first));
    assert!(!evicted(&second) && !evicted(&third));
}

#[test]
fn a_request_in_progress_never_gives_way() {
    let registry = Registry::new(2, 1);
    let first = registry.admit(address("192.0.2.1")).unwrap();
    let second = registry.admit(address("192.0.2.2")).unwrap();
    assert!(first.request_begins() && second.request_begins());

    assert!(registry.admit(address("192.0.2.1")).is_none());
    assert!(registry.admit(address("192.0.2.3")).is_none());
    assert_eq!(registry.evict(1), 0);
    assert!(!evicted(&first) && !evicted(&second));

    second.request_ends();
    assert!(registry.admit(address("192.0.2.3")).is_some());
    assert!(evicted(&second));
}

#[test]
fn an_evicted_connection_begins_no_request_and_leaves_once() {
    let registry = Registry::new(1, 1);
    let first = registry.admit(address("192.0.2.1")).unwrap();
    let second = registry.admit(address("192.0.2.1")).unwrap();

    assert!(!first.request_begins());
    drop(first);

    assert_eq!(registry.crowd.lock().open, 1);
    drop(second);
    let crowd = registry.crowd.lock();
    assert_eq!(crowd.open, 0);
    assert!(crowd.groups.is_empty() && crowd.waiting.is_empty());
}

#[test]
fn leaving_in_the_middle_of_a_request_frees_the_place() {
    let registry = Registry::new(1, 1);
    let first = registry.admit(address("192.0.2.1")).unwrap();
    assert!(first.request_begins());
    drop(first);

    assert!(registry.admit(address("192.0.2.1")).is_some());
}

#[test]
fn a_v6_customer_counts_as_one() {
    let registry = Registry::new(10, 1);
    let first = registry.admit(address("2001:db8::1")).unwrap();
    let neighbour = registry.admit(address("2001:db8:0:1::1")).unwrap();

    let _same = registry.admit(address("2001:db8::ffff:1")).unwrap();

    assert!(evicted(&first));
    assert!(!evicted(&neighbour));
}
