//! `countersign preview`.

use clap::{Args, ValueEnum};

/// Which message, and how it is shown.
#[derive(Debug, Args)]
pub(crate) struct Preview {
    /// How it goes to people
    #[arg(value_name = "CHANNEL", value_enum)]
    pub(crate) channel: PreviewChannel,
    /// Which one: otp (a code) or password-reset
    #[arg(value_name = "MESSAGE")]
    pub(crate) message: String,
    /// In this language, such as es or pt-BR [default: the partner's]
    #[arg(long, value_name = "LOCALE")]
    pub(crate) locale: Option<String>,
    /// In this partner's name and colour [default: a made-up partner's]
    #[arg(long, value_name = "SLUG")]
    pub(crate) partner: Option<String>,
    /// Print the HTML alone
    #[arg(long, conflicts_with = "text")]
    pub(crate) html: bool,
    /// Print the text alone
    #[arg(long)]
    pub(crate) text: bool,
    /// Send it to this address, through the mail server of the configuration, and print what the
    /// server answers
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["html", "text"])]
    pub(crate) to: Option<String>,
}

/// How a message goes to people.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum PreviewChannel {
    /// By e-mail
    Mail,
    /// By SMS
    Sms,
}
