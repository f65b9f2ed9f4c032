//! The words of the audit, which stay the same: scripts and partners read them.

/// An enum each of whose variants has a word.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum $name {
            $($(#[$doc])* $variant,)*
        }

        impl $name {
            /// Every one there is.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its word.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }

            /// The one with this word.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == word)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

pub(super) use words;

words! {
    /// What was decided about.
    Action {
        /// A log-in, with a password or with a code.
        LogIn = "log_in",
        /// The exchange of an authentication token for a session. One that succeeds is not
        /// written: it changes nothing and happens all the time.
        Exchange = "exchange",
        /// The end of one authentication.
        SignOut = "sign_out",
        /// The end of all authentications on a device, by its user.
        SignOutDevice = "sign_out_device",
        /// The end of all authentications of a user but one.
        SignOutOthers = "sign_out_others",
        /// The end of one session.
        EndSession = "end_session",
        /// The minting of a one-time token.
        Mint = "mint",
        /// The making of a link, which carries a one-time token.
        MakeLink = "make_link",
        /// The delivery of a message. One that succeeds is not written.
        Deliver = "deliver",
        /// The redemption of a one-time token.
        Redeem = "redeem",
        /// The end of all authentications of a user, by its partner.
        EndUserSessions = "end_user_sessions",
        /// The introspection of a session token. One that is answered is not written.
        Introspect = "introspect",
        /// Something that an operator does over HTTP, refused.
        Administer = "administer",
        /// A key that shows itself, refused.
        ShowKey = "show_key",
        /// A user was added.
        UserAdded = "user_added",
        /// Users were added whom another system had: as many as the detail says.
        UsersImported = "users_imported",
        /// A user was locked.
        UserLocked = "user_locked",
        /// A user was unlocked.
        UserUnlocked = "user_unlocked",
        /// A user was deleted, with all that was its.
        UserDeleted = "user_deleted",
        /// All that is kept of a user was written out.
        UserExported = "user_exported",
        /// A user's password was set.
        PasswordSet = "password_set",
        /// The setting of a password with a reset code.
        ResetPassword = "reset_password",
        /// The authentications on a device were ended by the operator.
        DeviceEnded = "device_ended",
        /// A partner was added.
        PartnerAdded = "partner_added",
        /// A partner's settings were changed.
        PartnerSet = "partner_set",
        /// An API key was made.
        KeyCreated = "key_created",
        /// An API key was revoked.
        KeyRevoked = "key_revoked",
        /// The sealing keys were rotated.
        SealingKeysRotated = "sealing_keys_rotated",
        /// What may be spent on SMS in a day was reached for the first time that day.
        SmsBudgetReached = "sms_budget_reached",
        /// Too few codes sent to a country were used: few go there for now.
        SmsBreakerOpened = "sms_breaker_opened",
        /// Codes sent to a country are used again: they go there as before.
        SmsBreakerClosed = "sms_breaker_closed",
        /// The operator lets codes go to a country again.
        SmsBreakerReset = "sms_breaker_reset",
        /// What was counted of an identity was forgotten.
        LimitsCleared = "limits_cleared",
        /// An authenticator was switched off for an identity, after too many failures in a row.
        AuthenticatorSwitchedOff = "authenticator_switched_off",
        /// Refusals that were counted and not written one by one.
        RefusalsCounted = "refusals_counted",
    }
}

words! {
    /// What was decided.
    Outcome {
        /// It was done.
        Done = "done",
        /// It was refused.
        Refused = "refused",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::Reason;
    use super::*;

    #[test]
    fn every_word_is_read_as_what_it_was_written_for() {
        let actions = Action::ALL.iter().map(|action| action.as_str());
        let reasons = Reason::ALL.iter().map(|reason| reason.as_str());
        for words in [Vec::from_iter(actions), Vec::from_iter(reasons)] {
            assert_eq!(words.iter().collect::<HashSet<_>>().len(), words.len());
            for word in words {
                let plain = |c: char| c.is_ascii_lowercase() || c == '_';
                assert!(word.chars().all(plain), "{word}");
            }
        }
        for action in Action::ALL {
            assert_eq!(Action::from_word(action.as_str()), Some(*action));
        }
        for reason in Reason::ALL {
            assert_eq!(Reason::from_word(reason.as_str()), Some(*reason));
        }
    }
}
