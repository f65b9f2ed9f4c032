use proptest::prelude::*;

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
    assert!(crowd.groups.is_empty() && crowd.seats.is_empty());
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

#[test]
fn who_was_found_busy_gives_way_once_it_waits_again_and_in_its_turn() {
    let registry = Registry::new(2, 2);
    let first = registry.admit(address("192.0.2.1")).unwrap();
    let second = registry.admit(address("192.0.2.2")).unwrap();
    assert!(first.request_begins() && second.request_begins());
    assert_eq!(registry.evict(2), 0);
    second.request_ends();
    first.request_ends();

    assert_eq!(registry.evict(1), 1);
    assert!(evicted(&second) && !evicted(&first));
    assert_eq!(registry.evict(2), 1);
    assert!(evicted(&first));
}

#[test]
fn who_leaves_after_it_was_found_busy_frees_its_place() {
    let registry = Registry::new(1, 1);
    let first = registry.admit(address("192.0.2.1")).unwrap();
    assert!(first.request_begins());
    assert!(registry.admit(address("192.0.2.1")).is_none());
    drop(first);

    assert!(registry.admit(address("192.0.2.1")).is_some());
}

/// What may happen, to the connection of that number among those that came.
#[derive(Clone, Copy, Debug)]
enum Event {
    Comes(u8),
    Begins(prop::sample::Index),
    Ends(prop::sample::Index),
    Leaves(prop::sample::Index),
    Evict(usize),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        (0..3_u8).prop_map(Event::Comes),
        any::<prop::sample::Index>().prop_map(Event::Begins),
        any::<prop::sample::Index>().prop_map(Event::Ends),
        any::<prop::sample::Index>().prop_map(Event::Leaves),
        (0..3_usize).prop_map(Event::Evict),
    ];
    prop::collection::vec(event, 0..80)
}

/// The same as the registry, by looking at every connection each time.
#[derive(Default)]
struct Model {
    time: u64,
    /// Its group, and since when it waits; `None` with a request in progress.
    open: BTreeMap<usize, (u8, Option<u64>)>,
}

impl Model {
    const TOTAL_CAP: usize = 4;
    const GROUP_CAP: usize = 2;

    fn evict(&mut self, of: impl Fn(u8) -> bool) -> Option<usize> {
        let waiting = self.open.iter().filter(|(_, (group, _))| of(*group));
        let waiting = waiting.filter_map(|(number, (_, since))| Some((since.as_ref()?, number)));
        let (_, longest) = waiting.min()?;
        let longest = *longest;
        self.open.remove(&longest);
        Some(longest)
    }

    /// Whom it evicts for a place for a newcomer; `Err` if there is none.
    fn admit(&mut self, number: usize, group: u8) -> Result<Option<usize>, ()> {
        let in_group = self.open.values().filter(|(its, _)| *its == group).count();
        let evicted = if in_group >= Self::GROUP_CAP {
            Some(self.evict(|its| its == group).ok_or(())?)
        } else if self.open.len() >= Self::TOTAL_CAP {
            Some(self.evict(|_| true).ok_or(())?)
        } else {
            None
        };
        self.open.insert(number, (group, Some(self.time)));
        Ok(evicted)
    }
}

proptest! {
    #[test]
    fn exactly_the_longest_waiting_give_way(events in events()) {
        let registry = Registry::new(Model::TOTAL_CAP, Model::GROUP_CAP);
        let mut model = Model::default();
        let mut places: Vec<Option<Place>> = Vec::new();
        for event in events {
            model.time += 1;
            let mut expected = Vec::new();
            match event {
                Event::Comes(group) => {
                    let place = registry.admit(IpAddr::from([192, 0, 2, group]));
                    let admitted = model.admit(places.len(), group);
                    prop_assert_eq!(place.is_some(), admitted.is_ok());
                    expected.extend(admitted.ok().flatten());
                    places.push(place);
                }
                Event::Evict(count) => {
                    expected.extend((0..count).map_while(|_| model.evict(|_| true)));
                    prop_assert_eq!(registry.evict(count), expected.len());
                }
                Event::Begins(which) | Event::Ends(which) | Event::Leaves(which)
                    if !places.is_empty() =>
                {
                    let number = which.index(places.len());
                    let of_model = model.open.get_mut(&number);
                    match (event, &places[number]) {
                        (Event::Begins(_), Some(place)) => {
                            prop_assert_eq!(place.request_begins(), of_model.is_some());
                            if let Some((_, since)) = of_model {
                                *since = None;
                            }
                        }
                        (Event::Ends(_), Some(place)) => {
                            place.request_ends();
                            if let Some((_, since)) = of_model {
                                *since = Some(model.time);
                            }
                        }
                        _ => {
                            places[number] = None;
                            model.open.remove(&number);
                        }
                    }
                }
                Event::Begins(_) | Event::Ends(_) | Event::Leaves(_) => {}
            }
            let told = places.iter().enumerate();
            let told = told.filter(|(_, place)| place.as_ref().is_some_and(evicted));
            let told: Vec<usize> = told.map(|(number, _)| number).collect();
            expected.sort_unstable();
            prop_assert_eq!(told, expected);
            prop_assert_eq!(registry.crowd.lock().open, model.open.len());
        }
        drop(places);
        let crowd = registry.crowd.lock();
        prop_assert!(crowd.groups.is_empty() && crowd.seats.is_empty());
    }
}

#[test]
fn requests_on_many_threads_are_never_cut_off_and_nobody_is_lost() {
    let registry = Registry::new(3, 1);
    let began = std::sync::Barrier::new(4);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (registry, began) = (&registry, &began);
            scope.spawn(move || {
                began.wait();
                for _ in 0..2_000 {
                    let Some(place) = registry.admit(IpAddr::from([192, 0, 2, thread / 2])) else {
                        continue;
                    };
                    for _ in 0..4 {
                        if !place.request_begins() {
                            assert!(evicted(&place));
                            break;
                        }
                        registry.evict(1);
                        assert!(!evicted(&place));
                        place.request_ends();
                    }
                }
            });
        }
    });
    let crowd = registry.crowd.lock();
    assert_eq!(crowd.open, 0);
    assert!(crowd.groups.is_empty() && crowd.seats.is_empty());
}
