//! `otp`: a code by e-mail or SMS.

use super::Shown;
use super::trouble::Trouble;
use super::visit::Visit;

pub(crate) async fn page(_: &mut Visit) -> Shown {
    Err(Trouble::NoSuchPage)
}

pub(crate) async fn send(_: &mut Visit) -> Shown {
    Err(Trouble::NoSuchPage)
}

pub(crate) async fn code_page(_: &mut Visit, _: &str) -> Shown {
    Err(Trouble::NoSuchPage)
}

pub(crate) async fn submit(_: &mut Visit, _: &str) -> Shown {
    Err(Trouble::NoSuchPage)
}
