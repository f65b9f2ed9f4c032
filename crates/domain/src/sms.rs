//! SMS: what one may cost, where it may go, and when something is wrong with where they go.

mod breaker;
mod budget;
mod country;
mod gsm;
mod money;
mod prices;

pub use breaker::{
    BUCKET, Breaker, Counts, HISTORY, OVER_AFTER, PROBE_EVERY, Seen, Spans, Verdict, WINDOW,
    bucket, decide,
};
pub use budget::{Budget, Cap, SmsRefusal, day, reached};
pub use country::{Country, InvalidCountry};
pub use gsm::{Alphabet, Segments, segments, with_web_otp};
pub use money::{InvalidMoney, Money};
pub use prices::{InvalidPrices, Prices};
