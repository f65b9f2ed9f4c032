//! Addresses on the web: those that an operator registers for a partner, and those that people
//! are sent to.
//!
//! Every address is parsed once, by the rules that browsers follow (the WHATWG's URL Standard),
//! and what was parsed is what is compared and what is sent: whoever checks one spelling and
//! sends another is an open redirector. Spellings that programs read differently are refused
//! before that, since a proxy or an application reads the address after us: backslashes,
//! control characters, dot segments, encoded separators, look-alikes of `.` and `/`. For what
//! comes of less see CVE-2024-8883.

mod address;
mod flow_template;
mod link;
mod login_url;
mod logo_url;
mod origin;
mod public_url;
mod reset_url;
mod return_to;
mod spelling;

pub use address::InvalidUrl;
pub use flow_template::FlowTemplate;
pub use link::{Destination, LinkRefusal};
pub use login_url::LoginUrl;
pub use logo_url::LogoUrl;
pub use origin::Origin;
pub use public_url::{HOSTED_PAGES, PublicUrl};
pub use reset_url::ResetUrl;
pub use return_to::{InvalidReturnTo, ReturnTo};

/// The name under which a one-time token travels in a query, as partners append it.
pub const ONE_TIME_TOKEN: &str = "oneTimeToken";
/// The name under which a partner's login page is told where to send a person back to.
pub const RETURN_TO: &str = "returnTo";
/// The name under which a flow is told the locale, where its template does not say another.
pub const LOCALE: &str = "locale";
