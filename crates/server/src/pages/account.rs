//! `account`.

use super::Shown;
use super::trouble::Trouble;
use super::visit::Visit;

pub(crate) async fn page(_: &mut Visit) -> Shown {
    Err(Trouble::NoSuchPage)
}

pub(crate) async fn submit(_: &mut Visit) -> Shown {
    Err(Trouble::NoSuchPage)
}
