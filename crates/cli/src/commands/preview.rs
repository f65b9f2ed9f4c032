//! `countersign preview`.

use countersign_domain::authentication::Channel;
use countersign_domain::challenge::Code;
use countersign_domain::id::{MessageId, PasswordResetId};
use countersign_domain::identity::{Identity, IdentityType};
use countersign_domain::locale::Locale;
use countersign_domain::message::{Content, Message};
use countersign_domain::partner::{PartnerSettings, Slug};
use countersign_domain::token::ResetCode;
use countersign_domain::{Clock, SystemClock};
use countersign_service::Partners;
use countersign_service::delivery::writing::{Mail, Template, Writer};
use serde_json::json;

use super::messages::{mailer, writer};
use super::output::print;
use super::{entropy, open_existing};
use crate::Error;
use crate::arguments::{Preview, PreviewChannel};
use crate::config::Config;

/// Who the samples are from where no partner is named.
const SAMPLE_NAME: &str = "Northstar Tickets";
const SAMPLE_COLOUR: &str = "#1f6feb";

pub(super) async fn run(command: Preview, config: &Config, json: bool) -> Result<(), Error> {
    if let PreviewChannel::Sms = command.channel
        && (command.to.is_some() || command.html)
    {
        return Err("--to and --html are for mail".into());
    }
    let writer = writer(config)?;
    let template = template(&command.message)?;
    let locale = command.locale.as_deref();
    let locale = locale.map(|text| locale_of(&writer, text)).transpose()?;
    let (partner, settings) = partner(config, command.partner.as_deref()).await?;
    let message = sample(&command, template, partner, locale)?;
    let now = SystemClock.now();
    match command.channel {
        PreviewChannel::Sms => {
            let text = writer.sms(&message, &settings, now);
            print(json, text.expose(), || json!({ "text": text.expose() }))
        }
        PreviewChannel::Mail => {
            let mail = writer.mail(&message, &settings, now);
            if command.to.is_some() {
                return send(config, &mail, json).await;
            }
            show(&command, &mail, json)
        }
    }
}

fn show(command: &Preview, mail: &Mail, json: bool) -> Result<(), Error> {
    let (text, html) = (mail.text.expose(), mail.html.expose());
    let shown = match (command.html, command.text) {
        (true, _) => html.clone(),
        (_, true) => text.clone(),
        _ => format!(
            "From     {}\nSubject  {}\n\n{text}\n\n{html}",
            mail.from_name, mail.subject
        ),
    };
    print(json, shown.trim_end(), || {
        json!({
            "from_name": mail.from_name,
            "subject": mail.subject,
            "text": text,
            "html": html,
        })
    })
}

/// Sends the sample, and says what the server answers.
async fn send(config: &Config, mail: &Mail, json: bool) -> Result<(), Error> {
    let mailer = mailer(config)?.ok_or(
        "no mail server is set up; set `mail.host` and `mail.from` (docs/operate/mail.md)",
    )?;
    let answer = mailer.try_send(mail, SystemClock.now()).await;
    let answer = answer.map_err(|failure| format!("not sent: {failure}"))?;
    let text = format!("Sent. The mail server answered: {answer}");
    print(json, &text, || json!({ "sent": true, "answer": answer }))
}

fn template(name: &str) -> Result<Template, Error> {
    let mut all = Template::ALL.into_iter();
    all.find(|template| template.as_str() == name)
        .ok_or_else(|| {
            let names = Template::ALL.map(Template::as_str);
            format!("there is no message {name}; there are {}", names.join(", ")).into()
        })
}

fn locale_of(writer: &Writer, text: &str) -> Result<Locale, Error> {
    let asked: Locale = text.parse()?;
    if writer.written_for(&asked).is_some() {
        return Ok(asked);
    }
    let locales: Vec<_> = writer.locales().iter().map(ToString::to_string).collect();
    Err(format!(
        "there are no words for {asked}; there are {}. A file {}.ftl in the folder `texts` of \
         `templates.folder` adds some",
        locales.join(", "),
        asked.language()
    )
    .into())
}

/// The partner of this slug and what holds for it, or one that is made up.
async fn partner(config: &Config, slug: Option<&str>) -> Result<(Slug, PartnerSettings), Error> {
    let Some(slug) = slug else {
        let sample = PartnerSettings {
            name: Some(SAMPLE_NAME.parse()?),
            colour: Some(SAMPLE_COLOUR.parse()?),
            ..config.defaults.clone()
        };
        return Ok((Slug::default_partner(), sample));
    };
    let slug: Slug = slug.parse()?;
    let store = open_existing(config)?;
    let partners = Partners::load(&store, config.defaults.clone()).await?;
    let settings = partners.settings(&slug);
    let unknown =
        || format!("there is no partner {slug}; `countersign partner list` shows those there are");
    let settings = settings.ok_or_else(unknown)?;
    Ok((slug, (*settings).clone()))
}

/// A message with made-up contents, written now.
fn sample(
    command: &Preview,
    template: Template,
    partner: Slug,
    locale: Option<Locale>,
) -> Result<Message, Error> {
    let (channel, kind, to) = match command.channel {
        PreviewChannel::Mail => (Channel::Email, IdentityType::Email, "ana@example.com"),
        PreviewChannel::Sms => (Channel::Sms, IdentityType::Phone, "+14155550123"),
    };
    let (now, entropy) = (SystemClock.now(), entropy());
    Ok(Message {
        id: MessageId::generate(now, &*entropy),
        partner,
        channel,
        to: Identity::parse(kind, command.to.as_deref().unwrap_or(to))?,
        awaited: true,
        content: match template {
            Template::Otp => Content::Code(Code::generate(&*entropy)),
            Template::PasswordReset => {
                let id = PasswordResetId::generate(now, &*entropy);
                Content::PasswordReset(ResetCode::generate(id, &*entropy))
            }
        },
        locale,
        created_at: now,
        expires_at: now.plus(std::time::Duration::from_secs(300)),
    })
}
