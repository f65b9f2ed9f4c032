//! Why something was refused, in words and in sentences.

use super::words::words;

words! {
    /// Why something was refused; beside something done, what was noted with it.
    Reason {
        /// The password does not match.
        WrongPassword = "wrong_password",
        /// The user has no password.
        NoPassword = "no_password",
        /// The user is locked.
        UserLocked = "user_locked",
        /// The user was locked, deleted or given another password while it was decided.
        UserChanged = "user_changed",
        /// The user cannot be found.
        UnknownUser = "unknown_user",
        /// No such partner.
        UnknownPartner = "unknown_partner",
        /// The partner does not allow this authenticator, or its codes cannot be sent.
        AuthenticatorOff = "authenticator_off",
        /// Codes of the authenticator go to another type of identity.
        WrongIdentityType = "wrong_identity_type",
        /// The code is none of those sent.
        WrongCode = "wrong_code",
        /// The PIN does not match.
        WrongPin = "wrong_pin",
        /// A PIN is required, and none was sent.
        PinMissing = "pin_missing",
        /// A PIN is required, and none was chosen at log-in.
        PinNeverChosen = "pin_never_chosen",
        /// Too many wrong PINs in a row.
        PinsExhausted = "pins_exhausted",
        /// Its time is over.
        Expired = "expired",
        /// A challenge took as many guesses as it takes.
        TooManyAttempts = "too_many_attempts",
        /// Too many, of an identity, an address, a partner or in all.
        RateLimited = "rate_limited",
        /// It is over a limit that is only tried out, and was let through.
        WouldBeLimited = "would_be_limited",
        /// The authenticator is switched off for this identity, after too many failures in a row.
        SwitchedOff = "switched_off",
        /// Used already.
        Used = "used",
        /// Revoked.
        Revoked = "revoked",
        /// No such challenge.
        UnknownChallenge = "unknown_challenge",
        /// No such reset code.
        UnknownReset = "unknown_reset",
        /// The new password cannot be one.
        PasswordRefused = "password_refused",
        /// No such authentication token.
        UnknownToken = "unknown_token",
        /// The session does not live.
        InvalidSession = "invalid_session",
        /// No such authentication or device of this user.
        NotFound = "not_found",
        /// No such API key.
        UnknownKey = "unknown_key",
        /// The API key was revoked.
        KeyRevoked = "key_revoked",
        /// The API key has expired.
        KeyExpired = "key_expired",
        /// The API key lacks the scope.
        ScopeMissing = "scope_missing",
        /// The request looks like a browser's.
        Browser = "browser",
        /// The identity cannot be one.
        NotAnIdentity = "not_an_identity",
        /// The partner has no such flow.
        UnknownFlow = "unknown_flow",
        /// A parameter of the flow is missing.
        MissingParameter = "missing_parameter",
        /// A parameter of the flow's URL has a value that may not stand there.
        InvalidParameter = "invalid_parameter",
        /// The partner may not use this mechanism.
        MechanismOff = "mechanism_off",
        /// The text is no one-time token.
        TokenMalformed = "token_malformed",
        /// The one-time token has expired.
        TokenExpired = "token_expired",
        /// The one-time token was redeemed already.
        TokenUsed = "token_used",
        /// The one-time token is of another partner.
        TokenOfAnotherPartner = "token_of_another_partner",
        /// The one-time token is for another purpose.
        TokenOfAnotherPurpose = "token_of_another_purpose",
        /// The user of the one-time token was locked, deleted or signed out since.
        TokenEnded = "token_ended",
        /// The API key that minted the one-time token was revoked since.
        KeyOfTokenRevoked = "key_of_token_revoked",
        /// The one-time token expires at or before the floor.
        Floor = "floor",
        /// Whoever was to send the message will not.
        DeliveryRefused = "delivery_refused",
        /// Whoever was to send the message did not say whether it took it.
        DeliveryUnknown = "delivery_unknown",
        /// The message could not be handed over before it was of no use any more.
        DeliveryTooLate = "delivery_too_late",
        /// The message cannot be opened.
        MessageUnreadable = "message_unreadable",
        /// SMS do not go to the number's country.
        SmsCountryNotAllowed = "sms_country_not_allowed",
        /// What may be spent on SMS that day is spent.
        SmsBudgetSpent = "sms_budget_spent",
        /// Too few of the codes sent to the country were used.
        SmsBreakerOpen = "sms_breaker_open",
        /// A note: an identity stayed with another user.
        IdentityElsewhere = "identity_elsewhere",
    }
}

impl Reason {
    /// What happened and what to do about it, for who asks the operator why.
    #[must_use]
    pub fn explanation(self) -> &'static str {
        match self {
            Self::WrongPassword => {
                "The password is not the user's. If they forgot it, they reset it with a code, or \
                 the operator sets another."
            }
            Self::NoPassword => {
                "The user has no password. They log in with a code or set one with a reset code, \
                 or the operator sets one."
            }
            Self::UserLocked => {
                "The user is locked. It stays so until the operator unlocks it \
                 (`countersign user unlock`)."
            }
            Self::UserChanged => {
                "While this was decided, or since the code was sent, the user was locked, \
                 deleted or given another password. Begin a new log-in."
            }
            Self::UnknownUser => "The partner has no such user. Check the identity.",
            Self::UnknownPartner => {
                "There is no partner with this slug, or not any more. Check `partner`; without \
                 it the default partner is meant."
            }
            Self::AuthenticatorOff => {
                "The partner does not allow this authenticator, or nothing is set up to send \
                 its codes. Use another, or ask the operator to allow it."
            }
            Self::WrongIdentityType => {
                "Codes by SMS go to an identity of type `phone`, those by e-mail to one of type \
                 `email`. Send the one that fits the authenticator."
            }
            Self::WrongCode => {
                "The code is none of those that were sent for this log-in. Only the newest \
                 log-in's codes count; five guesses are taken, then a new log-in is begun."
            }
            Self::WrongPin => {
                "The PIN is not the one chosen at log-in, or one was sent where none was chosen. \
                 Five wrong ones in a row sign the device out."
            }
            Self::PinMissing => "A PIN is required here. Send the one chosen at log-in as `pin`.",
            Self::PinNeverChosen => {
                "The partner requires a PIN since, and this device logged in without choosing \
                 one. It logs in again, with a `pin`."
            }
            Self::PinsExhausted => {
                "It was the last of five wrong PINs in a row: the device is signed out. The \
                 user logs in again."
            }
            Self::Expired => "Its time is over. Begin a new log-in.",
            Self::TooManyAttempts => {
                "Five codes were tried for this log-in, and it takes no more. Begin a new log-in."
            }
            Self::RateLimited => {
                "Too many were asked for or guessed: of this identity, from this address, of this \
                 partner or in all. It passes by itself (`Retry-After`). \
                 `countersign limits show IDENTITY` says what is counted of an identity, \
                 `countersign limits clear IDENTITY` forgets it."
            }
            Self::WouldBeLimited => {
                "It is over a limit, and went through all the same: `limits.dry_run` is on. \
                 Switched off, it would have been answered with 429."
            }
            Self::SwitchedOff => {
                "Fifty failures in a row switched this authenticator off for this identity. It is \
                 on again once the user proves it another way, the partner vouches for the user, \
                 the password is set, or the operator says so (`countersign limits clear`). A \
                 device that they logged in on before has a count of its own."
            }
            Self::Used => {
                "It was used already, which is possible once. If the answer to the first use was \
                 lost, begin anew."
            }
            Self::Revoked => {
                "It was revoked: the device was signed out, the user deleted or given another \
                 password. The user logs in again."
            }
            Self::UnknownChallenge => {
                "No code is awaited under this id, or it was two hours ago. Begin a new log-in."
            }
            Self::UnknownReset => {
                "Nobody has this reset code, or it was sent two hours ago. Check that the whole \
                 code is sent, and to the right installation; or ask for a new one."
            }
            Self::PasswordRefused => {
                "The new password is too short or too long, or would be guessed too soon: \
                 `detail` says which. The code is still good; choose another password."
            }
            Self::UnknownToken => {
                "Nobody has this authentication token, or it ended more than a week ago. Check \
                 that the whole token is sent, and to the right installation; or log in again."
            }
            Self::InvalidSession => {
                "The session has expired or was ended, or the text is no session token of this \
                 installation. Request a new one with the authentication token."
            }
            Self::NotFound => {
                "The user has no such authentication or device. Only one's own can be signed out."
            }
            Self::UnknownKey => {
                "Nobody has this API key. Check that the whole key is sent, alone or after \
                 `Bearer`, and to the right installation."
            }
            Self::KeyRevoked => {
                "This API key was revoked. Use one that lives, or ask the operator for a new one."
            }
            Self::KeyExpired => "This API key has expired. Ask the operator for a new one.",
            Self::ScopeMissing => {
                "This API key may do other things, but not this. Ask the operator for one with \
                 the scope that the endpoint names; `GET /v1/keys/self` shows what a key may do."
            }
            Self::Browser => {
                "The request came from a browser (`Origin`, `Sec-Fetch-Site` or `Cookie`), where \
                 no API key belongs: anyone could read it there. Call from the backend."
            }
            Self::NotAnIdentity => {
                "The user's e-mail address, phone number or id cannot be one. Send an e-mail \
                 address as it is, a phone number in international form, an id of 1 to 128 bytes."
            }
            Self::UnknownFlow => {
                "The partner has no flow of this name. Check `flow`, or ask the operator to add it."
            }
            Self::MissingParameter => {
                "The flow's URL has a place for a parameter that was not sent. Send it in `params`."
            }
            Self::InvalidParameter => {
                "A parameter of the flow's URL has a value that may not stand there, or all are \
                 too long together. Send 1 to 200 visible characters, and no dots alone in a path."
            }
            Self::MechanismOff => {
                "The partner's settings do not allow this mechanism. Ask the operator to allow it."
            }
            Self::TokenMalformed => {
                "The text is no one-time token of this installation: cut short, changed on its \
                 way, or of another one. Pass it on exactly as it came."
            }
            Self::TokenExpired => {
                "The one-time token's time was over. Mint one when the user sets out, not before; \
                 and check both clocks."
            }
            Self::TokenUsed => {
                "The one-time token was redeemed already, which is possible once. Mint another; \
                 if nobody redeemed it knowingly, look for what fetches links in advance."
            }
            Self::TokenOfAnotherPartner => {
                "The one-time token was minted with another partner's API key. Redeem it with a \
                 key of the partner that minted it."
            }
            Self::TokenOfAnotherPurpose => {
                "The one-time token was minted for something else: those of links enter, those \
                 minted alone return. Mint it with the endpoint that fits."
            }
            Self::TokenEnded => {
                "Since the one-time token was minted, its user was locked, deleted, given another \
                 password, or signed out by the partner. \
                 Mint another, if the user may still come in."
            }
            Self::KeyOfTokenRevoked => {
                "The API key that minted the one-time token was revoked since. Mint with one that \
                 lives."
            }
            Self::Floor => {
                "The one-time token is older than anything that can still be told from a used \
                 one. Mint another, and check the clocks of all nodes."
            }
            Self::DeliveryUnknown => {
                "Whoever was to send the message was given it and did not say whether it took it; \
                 the detail says more. It may have been sent and charged, so it is not sent again. \
                 Begin a new log-in; if this happens often, look at what sends messages."
            }
            Self::DeliveryRefused => {
                "Whoever was to send the message refused it for good; the detail says why. Check \
                 the address or number with the user, and that it may be sent to."
            }
            Self::DeliveryTooLate => {
                "The message could not be handed over before its code expired; the detail says \
                 what was wrong last. See that what sends messages works, and begin a new log-in."
            }
            Self::MessageUnreadable => {
                "The message waits under a sealing key that is gone, or was changed in the \
                 database. Restore the keys, or look for who writes to the database; then begin \
                 a new log-in."
            }
            Self::SmsCountryNotAllowed => {
                "The number is of a country that the partner sends no SMS to, or of none that is \
                 assigned. If its users are there, add the country to `sms_countries`."
            }
            Self::SmsBudgetSpent => {
                "What may be spent on SMS that day was spent. Look with `countersign sms show` \
                 whether it went to people, and raise the budget if it did."
            }
            Self::SmsBreakerOpen => {
                "Hardly anybody used the codes sent to that country, so only one in five minutes goes \
                 there until they are used again. `countersign sms show` says more, and \
                 `countersign sms reset` lets them go at once."
            }
            Self::IdentityElsewhere => {
                "An identity that the partner named belongs to another of its users, and stayed \
                 there. The sign-in went on without it; the partner may want to look at its data."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_explained_in_sentences() {
        for reason in Reason::ALL {
            let explanation = reason.explanation();
            assert!(explanation.ends_with('.'), "{reason}");
            assert!(!explanation.contains("  "), "{reason}");
        }
    }
}
