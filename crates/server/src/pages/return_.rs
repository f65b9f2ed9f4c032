//! `return/{transaction}`: the way back from the partner's login (Login Force).

use super::Shown;
use super::trouble::Trouble;
use super::visit::Visit;

pub(crate) async fn arrive(_: &mut Visit, _: &str) -> Shown {
    Err(Trouble::NoSuchPage)
}
