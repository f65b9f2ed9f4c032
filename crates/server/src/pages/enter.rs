//! `enter`: who comes with a one-time token, from a link or from the partner's login.

use super::Shown;
use super::trouble::Trouble;
use super::visit::Visit;

pub(crate) async fn arrive(_: &mut Visit) -> Shown {
    Err(Trouble::NoSuchPage)
}

pub(crate) async fn page(_: &mut Visit, _: &str) -> Shown {
    Err(Trouble::NoSuchPage)
}

pub(crate) async fn submit(_: &mut Visit, _: &str) -> Shown {
    Err(Trouble::NoSuchPage)
}
