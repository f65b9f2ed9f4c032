//! The floor beside a model of it, under clocks that agree on nothing.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use countersign_domain::id::{ApiKeyId, OneTimeTokenId};
use countersign_domain::one_time::OneTime;
use countersign_domain::{Entropy, Timestamp};
use countersign_store::{Batch, Store, redemptions};
use tokio::task::JoinSet;

use crate::fixture::{at, authentication_id, done, email, new_key, one_time, redeems};

contract! {
    whatever_the_clocks_say_no_token_is_redeemed_twice,
    while_the_floor_rises_and_sweeps_run_no_token_is_redeemed_twice,
}

/// Steps that are drawn from one seed, a minute apart.
const STEPS: u64 = 600;

/// Numbers that are the same for the same seed (SplitMix64).
struct Seeded(AtomicU64);

impl Entropy for Seeded {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let step = 0x9e37_79b9_7f4a_7c15;
            let mut z = self.0.fetch_add(step, Ordering::Relaxed);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let number = (z ^ (z >> 31)).to_be_bytes();
            chunk.copy_from_slice(&number[..chunk.len()]);
        }
    }
}

/// What draws: clocks, tokens, and how many are taken at once.
struct Dice(Seeded);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(Seeded(AtomicU64::new(seed)))
    }

    fn below(&self, bound: u32) -> u32 {
        let entropy: &dyn Entropy = &self.0;
        entropy.below(bound)
    }

    fn one_of_the_last<'a>(&self, tokens: &'a [OneTime]) -> &'a OneTime {
        let last = &tokens[tokens.len().saturating_sub(30)..];
        let count = u32::try_from(last.len()).unwrap();
        &last[self.below(count) as usize]
    }

    /// What some node's clock says at a moment: up to two hours off, in steps of five
    /// minutes, so that moments meet.
    fn clock(&self, now: Timestamp) -> Timestamp {
        let steps = |count: u32| Duration::from_secs(u64::from(count) * 300);
        now.minus(steps(24)).plus(steps(self.below(49)))
    }

    fn token(&self, key: ApiKeyId, now: Timestamp) -> OneTime {
        OneTime {
            id: OneTimeTokenId::generate(now, &self.0),
            expires_at: self.clock(now),
            ..one_time(key, vec![email("ana@example.com")])
        }
    }
}

/// What must hold, in the simplest words for it.
#[derive(Default)]
struct Model {
    /// Every token that was ever redeemed, for good.
    redeemed: HashSet<OneTimeTokenId>,
    /// When those expire whose redemptions are kept.
    kept: Vec<Timestamp>,
    /// In microseconds, as zero is where it begins.
    floor: i64,
}

impl Model {
    fn floor(&self) -> Timestamp {
        Timestamp::from_micros(self.floor)
    }

    fn redeem(&mut self, token: &OneTime) -> bool {
        let good = token.expires_at > self.floor() && self.redeemed.insert(token.id);
        if good {
            self.kept.push(token.expires_at);
            self.kept.sort_unstable();
        }
        good
    }

    fn raise(&mut self, before: Timestamp, most: usize) {
        let floor = self.floor();
        let passed = self.kept.iter().filter(|at| **at > floor && **at < before);
        if let Some(last) = passed.take(most).last() {
            self.floor = last.as_micros();
        }
    }

    fn sweep(&mut self, floor: Timestamp, most: usize) -> usize {
        let floor = floor.min(self.floor());
        let dead = self.kept.iter().filter(|at| **at <= floor).count();
        self.kept.drain(..dead.min(most)).count()
    }
}

/// One step on the store and in the model, which must do the same.
async fn step(store: &Store, model: &mut Model, dice: &Dice, tokens: &[OneTime], now: Timestamp) {
    let most = 1 + dice.below(6);
    match dice.below(10) {
        0..6 => {
            let token = dice.one_of_the_last(tokens);
            assert_eq!(redeems(store, token).await, model.redeem(token));
        }
        6 | 7 => {
            let before = dice.clock(now);
            done(store, [redemptions::raise_floor(before, most.into())]).await;
            model.raise(before, most as usize);
        }
        _ => {
            let floor = dice.clock(now);
            let swept = done(store, [redemptions::sweep(floor, most.into())]).await;
            assert_eq!(swept.count(), model.sweep(floor, most as usize));
        }
    }
    let floor = store.redemption_floor().await.unwrap();
    assert_eq!(floor, model.floor());
}

async fn whatever_the_clocks_say_no_token_is_redeemed_twice(store: &Store) {
    let key = new_key(store).await;
    // Each seed goes on from where the one before has left the store.
    let (mut model, mut tokens) = (Model::default(), Vec::new());
    for seed in 1..=4 {
        println!("seed {seed}");
        let dice = Dice::new(seed);
        for minute in 0..STEPS {
            let now = at((seed * STEPS + minute) * 60);
            if minute % 2 == 0 {
                tokens.push(dice.token(key, now));
            }
            step(store, &mut model, &dice, &tokens, now).await;
        }
    }
    let (redeemed, kept) = (model.redeemed.len(), model.kept.len());
    assert!(redeemed > 150, "{redeemed}");
    assert!(kept < redeemed / 2, "{kept} of {redeemed}");
    for token in tokens.iter().filter(|t| model.redeemed.contains(&t.id)) {
        assert!(!redeems(store, token).await);
    }
}

/// Redemptions at once with each other, with a floor that rises, and with the sweep of what
/// lies below the one that was read before.
async fn while_the_floor_rises_and_sweeps_run_no_token_is_redeemed_twice(store: &Store) {
    let (key, dice) = (new_key(store).await, Dice::new(5));
    let (mut redeemed, mut tokens) = (HashSet::new(), Vec::new());
    for round in 0..60 {
        let now = at(round * 1800);
        tokens.extend([(); 8].map(|()| dice.token(key, now)));
        let settled = store.redemption_floor().await.unwrap();
        let mut steps = vec![
            (None, redemptions::raise_floor(dice.clock(now), 5)),
            (None, redemptions::sweep(settled, 20)),
        ];
        steps.extend([(); 24].map(|()| {
            let token = dice.one_of_the_last(&tokens);
            let redeem = redemptions::redeem(token, authentication_id(), now);
            (Some(token.id), redeem)
        }));
        let mut tasks = JoinSet::new();
        for (id, step) in steps {
            let store = store.clone();
            let batch = Batch::new().then(step);
            tasks.spawn(async move { (id, store.commit(batch).await) });
        }
        for (id, outcome) in tasks.join_all().await {
            match (id, outcome) {
                (Some(id), Ok(_)) => assert!(redeemed.insert(id), "round {round}"),
                (Some(_), Err(error)) => assert!(redemptions::refused(&error), "{error}"),
                (None, outcome) => drop(outcome.unwrap()),
            }
        }
        assert!(store.redemption_floor().await.unwrap() >= settled);
    }
    assert!(redeemed.len() > 100, "{}", redeemed.len());
    for token in tokens.iter().filter(|t| redeemed.contains(&t.id)) {
        assert!(!redeems(store, token).await);
    }
}
