//! `countersign sms …`.

use clap::Subcommand;

use super::Partner;

#[derive(Debug, Subcommand)]
pub(crate) enum SmsCommand {
    /// Show what SMS cost today, what they may cost, and which breakers are open
    Show {
        /// Of this partner alone
        #[arg(long, value_name = "SLUG")]
        partner: Option<String>,
    },
    /// Close breakers: codes go to the country again, and are judged anew
    Reset {
        #[command(flatten)]
        partner: Partner,
        /// That for this country alone, such as GB
        #[arg(long, value_name = "COUNTRY")]
        country: Option<String>,
    },
}
