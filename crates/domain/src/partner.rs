//! Partners, and what each sets for its users.

mod contrast;
mod flow;
mod look;
mod own_settings;
mod patch;
mod settings;
mod slug;

pub use contrast::READABLE;
pub use flow::{Flow, FlowName, InvalidFlowName};
pub use look::{Colour, InvalidColour, InvalidName, PartnerName};
pub use own_settings::OwnSettings;
pub use patch::InvalidPatch;
pub use settings::{
    InvalidSettings, LONGEST_CODE, LONGEST_ONE_TIME_TOKEN, LONGEST_SESSION, LONGEST_WITHOUT_PIN,
    PartnerSettings, SignUp,
};
pub use slug::{InvalidSlug, Slug};

/// A partner: whose users somebody signs in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Partner {
    /// Its name and key.
    pub slug: Slug,
    /// What it sets itself; `None` where a newer version wrote what this one cannot read.
    pub settings: Option<OwnSettings>,
}
