//! How a person comes in.

use crate::authentication::{Authenticator, Channel};
use crate::partner::{Flow, PartnerSettings};

/// What is known when somebody comes.
#[derive(Clone, Copy, Debug)]
pub struct Visit<'a> {
    /// What the partner sets.
    pub settings: &'a PartnerSettings,
    /// The flow that the person wants to enter, if it is known.
    pub flow: Option<&'a Flow>,
    /// Whether this browser is signed in.
    pub signed_in: bool,
    /// Whether it brings a one-time token.
    pub token_present: bool,
    /// The channels by which codes can be delivered here.
    pub delivers: &'a [Channel],
}

/// How a person comes in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Mechanism {
    /// The one-time token is redeemed.
    Redeem,
    /// The person is signed in and goes on.
    GoOn,
    /// The person is sent to the partner's login.
    Force,
    /// The person logs in on our pages, with one of these, the first offered first.
    Hosted(Vec<Authenticator>),
    /// There is no way in from here; a page says how to come in.
    Explain,
}

/// Decides how a person comes in. A token wins even over a session, since the person may have
/// come back as somebody else; whether the token may be redeemed shows when it is.
#[must_use]
pub fn mechanism(visit: &Visit<'_>) -> Mechanism {
    if visit.token_present {
        return Mechanism::Redeem;
    }
    if visit.signed_in {
        return Mechanism::GoOn;
    }
    let settings = visit.settings;
    let of_flow = visit.flow.and_then(|flow| flow.force);
    if settings.login_url.is_some() && of_flow.unwrap_or(settings.force) {
        return Mechanism::Force;
    }
    let hosted = hosted(settings, visit.delivers);
    if hosted.is_empty() {
        Mechanism::Explain
    } else {
        Mechanism::Hosted(hosted)
    }
}

/// What our pages offer: codes first, since nobody forgets them, and e-mail before SMS, which
/// costs and can be diverted.
///
/// None where a PIN belongs to every exchange: PINs are chosen and kept in apps.
#[must_use]
pub fn hosted(settings: &PartnerSettings, delivers: &[Channel]) -> Vec<Authenticator> {
    if settings.exchange_requires_pin {
        return Vec::new();
    }
    let codes = [Channel::Email, Channel::Sms].into_iter();
    let delivered = codes.filter(|channel| delivers.contains(channel));
    delivered
        .map(Authenticator::from)
        .chain([Authenticator::Password])
        .filter(|authenticator| authenticator.allowed_by(settings))
        .collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn settings(login: bool, force: bool) -> PartnerSettings {
        PartnerSettings {
            force,
            login_url: login.then(|| "https://tickets.example/login".parse().unwrap()),
            ..PartnerSettings::default()
        }
    }

    fn flow(force: Option<bool>) -> Flow {
        let url = "https://market.example/sell/{id}".parse().unwrap();
        Flow { url, force }
    }

    const ALL: [Channel; 2] = [Channel::Sms, Channel::Email];

    #[rstest]
    fn a_token_wins_over_everything(
        #[values(true, false)] signed_in: bool,
        #[values(true, false)] login: bool,
        #[values(true, false)] force: bool,
        #[values(None, Some(true), Some(false))] of_flow: Option<bool>,
    ) {
        let visit = Visit {
            settings: &settings(login, force),
            flow: Some(&flow(of_flow)),
            signed_in,
            token_present: true,
            delivers: &ALL,
        };
        assert_eq!(mechanism(&visit), Mechanism::Redeem);
    }

    #[rstest]
    fn who_is_signed_in_goes_on(
        #[values(true, false)] login: bool,
        #[values(true, false)] force: bool,
        #[values(None, Some(true), Some(false))] of_flow: Option<bool>,
    ) {
        let visit = Visit {
            settings: &settings(login, force),
            flow: Some(&flow(of_flow)),
            signed_in: true,
            token_present: false,
            delivers: &[],
        };
        assert_eq!(mechanism(&visit), Mechanism::GoOn);
    }

    /// `flow` is the flow's own `force`; the outer `None` is no flow at all.
    #[rstest]
    #[case::no_login(false, false, None, false)]
    #[case::no_login_to_force(false, true, None, false)]
    #[case::not_forced(true, false, None, false)]
    #[case::forced(true, true, None, true)]
    #[case::no_login_in_a_flow(false, false, Some(None), false)]
    #[case::no_login_to_force_in_a_flow(false, true, Some(None), false)]
    #[case::not_forced_as_the_partner(true, false, Some(None), false)]
    #[case::forced_as_the_partner(true, true, Some(None), true)]
    #[case::no_login_for_the_flow(false, false, Some(Some(true)), false)]
    #[case::no_login_for_flow_or_partner(false, true, Some(Some(true)), false)]
    #[case::forced_by_the_flow_alone(true, false, Some(Some(true)), true)]
    #[case::forced_by_both(true, true, Some(Some(true)), true)]
    #[case::nobody_forces(false, false, Some(Some(false)), false)]
    #[case::the_flow_says_otherwise_without_login(false, true, Some(Some(false)), false)]
    #[case::neither_forces(true, false, Some(Some(false)), false)]
    #[case::the_flow_says_otherwise(true, true, Some(Some(false)), false)]
    fn a_login_url_is_forced_where_partner_or_flow_says(
        #[case] login: bool,
        #[case] force: bool,
        #[case] of_flow: Option<Option<bool>>,
        #[case] forced: bool,
    ) {
        let flow = of_flow.map(flow);
        let visit = Visit {
            settings: &settings(login, force),
            flow: flow.as_ref(),
            signed_in: false,
            token_present: false,
            delivers: &ALL,
        };
        let hosted = vec![
            Authenticator::Email,
            Authenticator::Sms,
            Authenticator::Password,
        ];
        let expected = if forced {
            Mechanism::Force
        } else {
            Mechanism::Hosted(hosted)
        };
        assert_eq!(mechanism(&visit), expected);
    }

    #[test]
    fn our_pages_offer_nothing_where_a_pin_is_required() {
        let settings = PartnerSettings {
            exchange_requires_pin: true,
            ..PartnerSettings::default()
        };
        assert_eq!(hosted(&settings, &ALL), []);
    }

    #[rstest]
    fn our_pages_offer_what_is_allowed_and_delivered(
        #[values(true, false)] email: bool,
        #[values(true, false)] sms: bool,
        #[values(true, false)] password: bool,
        #[values(true, false)] delivers_email: bool,
        #[values(true, false)] delivers_sms: bool,
    ) {
        let settings = PartnerSettings {
            email,
            sms,
            password,
            ..PartnerSettings::default()
        };
        let channels = [
            (delivers_sms, Channel::Sms),
            (delivers_email, Channel::Email),
        ];
        let delivers = channels.iter().filter(|(delivers, _)| *delivers);
        let visit = Visit {
            settings: &settings,
            flow: None,
            signed_in: false,
            token_present: false,
            delivers: &delivers.map(|(_, channel)| *channel).collect::<Vec<_>>(),
        };
        let mut expected = Vec::new();
        if email && delivers_email {
            expected.push(Authenticator::Email);
        }
        if sms && delivers_sms {
            expected.push(Authenticator::Sms);
        }
        if password {
            expected.push(Authenticator::Password);
        }
        let expected = if expected.is_empty() {
            Mechanism::Explain
        } else {
            Mechanism::Hosted(expected)
        };
        assert_eq!(mechanism(&visit), expected);
    }
}
