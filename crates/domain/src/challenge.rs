//! Challenges: a code sent, and awaited.

use std::time::Duration;

use crate::audit::Reason;
use crate::authentication::Channel;
use crate::device::DeviceDescription;
use crate::epoch::Epoch;
use crate::id::{AuthenticationId, DeviceId, UserId};
use crate::identity::Identity;
use crate::key::{KeyedHash, Keyring, Purpose, SealingKey};
use crate::locale::Locale;
use crate::partner::{SignUp, Slug};
use crate::sms::SmsRefusal;
use crate::user::{User, UserStatus};
use crate::{Entropy, Secret, Timestamp, pin};

/// Guesses that a challenge takes.
pub const GUESSES: i64 = 5;
/// Codes that a challenge sends, the first among them.
pub const SENDS: i64 = 5;
/// How long after one code the next may be sent.
pub const SEND_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// A code: six digits, each of the million equally likely.
#[derive(Clone, Debug)]
pub struct Code(Secret<String>);

impl Code {
    /// A fresh code.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self(Secret::new(format!("{:06}", entropy.below(1_000_000))))
    }

    /// What is kept of the code of this challenge.
    #[must_use]
    pub fn hash(&self, key: &SealingKey, challenge: AuthenticationId) -> KeyedHash {
        key.hash(Purpose::Code, challenge.as_bytes(), self.expose())
    }

    /// A code as a message carried it.
    pub(crate) fn carried(text: &str) -> Self {
        Self(Secret::new(text.to_owned()))
    }

    /// The code itself, for the message that carries it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

/// What is kept of a code that was sent.
#[derive(Clone, Copy, Debug)]
pub struct SentCode {
    /// Its keyed hash.
    pub hash: KeyedHash,
    /// From when on it is refused.
    pub expires_at: Timestamp,
}

/// A code sent, and awaited. Redeemed, it becomes the authentication of its id.
#[derive(Clone, Debug)]
pub struct Challenge {
    /// Its id.
    pub id: AuthenticationId,
    /// Whose user logs in.
    pub partner: Slug,
    /// Where the code was sent.
    pub identity: Identity,
    /// By what.
    pub channel: Channel,
    /// Who logs in.
    pub candidate: Candidate,
    /// The device that the authentication will be on.
    pub device: DeviceId,
    /// Whether it is a device that the user logged in on before: what is guessed and sent is
    /// then counted by itself.
    pub known_device: bool,
    /// Its name.
    pub device_name: String,
    /// What its client said of it.
    pub description: DeviceDescription,
    /// The PIN of step one, which step two must repeat.
    pub pin: Option<KeyedHash>,
    /// The person's language, where it is known: a code sent again is in it too.
    pub locale: Option<Locale>,
    /// Guesses taken so far.
    pub guesses: i64,
    /// Codes sent so far.
    pub sends: i64,
    /// When the last of them was.
    pub sent_at: Timestamp,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When its last code expires.
    pub expires_at: Timestamp,
    /// When it was redeemed, if it was.
    pub redeemed_at: Option<Timestamp>,
}

/// Who a challenge would sign in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Candidate {
    /// A user, as of an epoch: locking, deleting and resetting the password raise it, and
    /// with that end the challenge.
    Known(UserId, Epoch),
    /// Whoever proves the address: its user is created then.
    Unknown,
    /// Nobody: it is stored, counted and swept like any other and never succeeds, so that
    /// nothing tells whose identity may log in.
    Decoy,
}

impl Candidate {
    /// Decides who a code log-in to an identity of `user` (if there is one) would sign in.
    #[must_use]
    pub fn of(user: Option<&User>, sign_up: SignUp) -> Self {
        match (user, sign_up) {
            (Some(user), _) if user.status == UserStatus::Active => {
                Self::Known(user.id, user.epoch)
            }
            (Some(_), _) | (None, SignUp::Closed) => Self::Decoy,
            (None, SignUp::Open) => Self::Unknown,
        }
    }

    /// The user, where it is known who that is.
    #[must_use]
    pub fn user(self) -> Option<UserId> {
        match self {
            Self::Known(user, _) => Some(user),
            Self::Unknown | Self::Decoy => None,
        }
    }

    /// Decides again, when the code is right: `user` is who has the identity by now.
    ///
    /// # Errors
    /// [`GuessRefusal::Invalid`] where the user was locked, changed or deleted since.
    pub fn confirm(self, user: Option<&User>, sign_up: SignUp) -> Result<Confirmed, GuessRefusal> {
        let now = Self::of(user, sign_up);
        match (self, now) {
            (Self::Known(..), now) if self != now => Err(GuessRefusal::Invalid),
            (Self::Known(..), Self::Known(id, epoch)) => Ok(Confirmed::Existing(id, epoch)),
            // Created since; whatever raised its epoch since then ended this as well.
            (Self::Unknown, Self::Known(id, Epoch::FIRST)) => {
                Ok(Confirmed::Existing(id, Epoch::FIRST))
            }
            (Self::Unknown, Self::Unknown) => Ok(Confirmed::New),
            (Self::Unknown, Self::Known(..))
            | (Self::Decoy, _)
            | (_, Self::Decoy)
            | (Self::Known(..), Self::Unknown) => Err(GuessRefusal::Invalid),
        }
    }
}

/// Who a right code signs in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Confirmed {
    /// This user, if the epoch still holds when it is written.
    Existing(UserId, Epoch),
    /// A user to be created.
    New,
}

/// Why a guess is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum GuessRefusal {
    /// The code or the PIN is wrong, or the challenge is unknown, used or ended.
    #[error("the code or the PIN is wrong, or the challenge is over")]
    Invalid,
    /// Its codes have expired.
    #[error("the code has expired")]
    Expired,
    /// It took as many guesses as it takes.
    #[error("too many wrong codes")]
    TooManyAttempts,
    /// Too many guesses of this identity or from there, over all challenges.
    #[error("too many guesses; the next may be made in {} s", .0.as_secs())]
    TooMany(Duration),
    /// The authenticator is switched off for this identity, after too many failures in a row.
    #[error("switched off after too many failures in a row")]
    SwitchedOff,
}

/// What is wrong with a guess. Who guessed is told less: see [`GuessRefusal`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WrongGuess {
    /// The code is none of those sent.
    Code,
    /// The code is right, the PIN is not.
    Pin,
    /// Both are right, and the code has expired.
    Expired,
}

impl WrongGuess {
    /// The same for the audit.
    #[must_use]
    pub fn reason(self) -> Reason {
        match self {
            Self::Code => Reason::WrongCode,
            Self::Pin => Reason::WrongPin,
            Self::Expired => Reason::Expired,
        }
    }
}

impl From<WrongGuess> for GuessRefusal {
    fn from(wrong: WrongGuess) -> Self {
        match wrong {
            WrongGuess::Code | WrongGuess::Pin => Self::Invalid,
            WrongGuess::Expired => Self::Expired,
        }
    }
}

/// Why no code is sent again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SendAgainRefusal {
    /// The challenge is unknown, used, expired or out of guesses.
    #[error("the challenge is over")]
    Over,
    /// Too soon after the last, or too many already, of this challenge or of all.
    #[error("too many codes; the next may be sent in {} s", .0.as_secs())]
    TooSoon(Duration),
    /// No SMS is sent there, or none now.
    #[error(transparent)]
    Sms(#[from] SmsRefusal),
}

impl Challenge {
    /// Whether it still takes guesses.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.redeemed_at.is_none() && self.guesses < GUESSES && now < self.expires_at
    }

    /// Why it took no guess. Only asked where it took none.
    #[must_use]
    pub fn why_over(&self, now: Timestamp) -> GuessRefusal {
        if self.redeemed_at.is_some() {
            GuessRefusal::Invalid
        } else if self.guesses >= GUESSES {
            GuessRefusal::TooManyAttempts
        } else if now >= self.expires_at {
            GuessRefusal::Expired
        } else {
            GuessRefusal::Invalid
        }
    }

    /// Compares a guess, counted already, with the codes sent and the PIN of step one.
    ///
    /// Any code still in its life is good: a first SMS that comes late must not strand
    /// anyone. A wrong code and a wrong PIN are one and the same for who guessed.
    ///
    /// # Errors
    /// [`WrongGuess`].
    pub fn compare(
        &self,
        codes: &[SentCode],
        guess: &Guess,
        keys: &Keyring,
        now: Timestamp,
    ) -> Result<(), WrongGuess> {
        let pin_fits = match (&self.pin, &guess.pin) {
            (Some(kept), Some(presented)) => keys
                .get(kept.key)
                .is_some_and(|key| kept.matches(&pin::hash(key, self.id, presented.expose()))),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        let guessed = Code(Secret::new(digits(guess.code.expose())));
        let sent = codes.iter().filter(|sent| {
            let key = keys.get(sent.hash.key);
            key.is_some_and(|key| sent.hash.matches(&guessed.hash(key, self.id)))
        });
        // Two codes of one challenge may happen to be the same; the later one decides.
        let expires_at = sent.map(|sent| sent.expires_at).max();
        match expires_at {
            Some(expires_at) if pin_fits && now < expires_at => Ok(()),
            Some(_) if pin_fits => Err(WrongGuess::Expired),
            Some(_) => Err(WrongGuess::Pin),
            None => Err(WrongGuess::Code),
        }
    }

    /// Decides whether a code may be sent again.
    ///
    /// # Errors
    /// [`SendAgainRefusal`].
    pub fn may_send_again(&self, now: Timestamp) -> Result<(), SendAgainRefusal> {
        if !self.is_live(now) {
            return Err(SendAgainRefusal::Over);
        }
        let earliest = self.sent_at.plus(SEND_AGAIN_AFTER);
        if self.sends >= SENDS {
            // Until then the last code is the one to use; afterwards a new log-in begins.
            return Err(SendAgainRefusal::TooSoon(self.expires_at.since(now)));
        }
        if now < earliest {
            return Err(SendAgainRefusal::TooSoon(earliest.since(now)));
        }
        Ok(())
    }
}

/// A guess, as it was presented.
#[derive(Clone, Debug)]
pub struct Guess {
    /// The code.
    pub code: Secret<String>,
    /// The PIN of step one.
    pub pin: Option<Secret<String>>,
}

/// The guess without the spaces that people and messages put between digits.
fn digits(code: &str) -> String {
    code.chars().filter(|c| !c.is_whitespace()).collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::key::{KEY_BYTES, MasterKey, SealingKeyStatus};
    use crate::pin::Pin;
    use crate::{Secret, SystemEntropy};

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;
    const USER: UserId = UserId::NIL;

    fn user(status: UserStatus, epoch: i64) -> User {
        User {
            id: USER,
            partner: Slug::default_partner(),
            status,
            epoch: Epoch(epoch),
            identities: vec![],
            created_at: NOW,
            updated_at: NOW,
        }
    }

    fn known(epoch: i64) -> Candidate {
        Candidate::Known(USER, Epoch(epoch))
    }

    #[rstest]
    #[case(None, SignUp::Open, Candidate::Unknown)]
    #[case(None, SignUp::Closed, Candidate::Decoy)]
    #[case(Some(user(UserStatus::Active, 3)), SignUp::Open, known(3))]
    #[case(Some(user(UserStatus::Active, 3)), SignUp::Closed, known(3))]
    #[case(Some(user(UserStatus::Locked, 3)), SignUp::Open, Candidate::Decoy)]
    #[case(Some(user(UserStatus::Locked, 3)), SignUp::Closed, Candidate::Decoy)]
    fn who_a_code_log_in_would_sign_in(
        #[case] user: Option<User>,
        #[case] sign_up: SignUp,
        #[case] expected: Candidate,
    ) {
        assert_eq!(Candidate::of(user.as_ref(), sign_up), expected);
    }

    #[rstest]
    #[case::as_it_was(known(3), Some(user(UserStatus::Active, 3)), SignUp::Closed, true)]
    #[case::revoked_since(known(3), Some(user(UserStatus::Active, 4)), SignUp::Open, false)]
    #[case::locked_since(known(3), Some(user(UserStatus::Locked, 4)), SignUp::Open, false)]
    #[case::deleted_since(known(3), None, SignUp::Open, false)]
    #[case::created_by_this(Candidate::Unknown, None, SignUp::Open, true)]
    #[case::created_since(
        Candidate::Unknown,
        Some(user(UserStatus::Active, 0)),
        SignUp::Open,
        true
    )]
    #[case::created_and_reset_since(
        Candidate::Unknown,
        Some(user(UserStatus::Active, 1)),
        SignUp::Open,
        false
    )]
    #[case::created_and_locked_since(
        Candidate::Unknown,
        Some(user(UserStatus::Locked, 1)),
        SignUp::Open,
        false
    )]
    #[case::closed_since(Candidate::Unknown, None, SignUp::Closed, false)]
    #[case::decoy(Candidate::Decoy, None, SignUp::Open, false)]
    #[case::decoy_of_one_unlocked_since(
        Candidate::Decoy,
        Some(user(UserStatus::Active, 1)),
        SignUp::Open,
        false
    )]
    fn who_a_right_code_signs_in(
        #[case] begun_as: Candidate,
        #[case] user: Option<User>,
        #[case] sign_up: SignUp,
        #[case] signs_in: bool,
    ) {
        assert_eq!(begun_as.confirm(user.as_ref(), sign_up).is_ok(), signs_in);
    }

    fn ring() -> Keyring {
        let master = MasterKey::new(&Secret::new([7; KEY_BYTES]));
        let wrapped = master.generate(SealingKeyStatus::Current, NOW, &SystemEntropy::default());
        let key = master.unwrap(&wrapped).expect("just wrapped");
        Keyring::new([(SealingKeyStatus::Current, key)]).expect("one is current")
    }

    fn challenge(pin: Option<KeyedHash>) -> Challenge {
        Challenge {
            id: AuthenticationId::NIL,
            partner: Slug::default_partner(),
            identity: "phone:+4412312341234".parse().expect("a number"),
            channel: Channel::Sms,
            candidate: Candidate::Unknown,
            device: DeviceId::NIL,
            known_device: false,
            device_name: String::new(),
            description: DeviceDescription::default(),
            pin,
            locale: None,
            guesses: 0,
            sends: 1,
            sent_at: NOW,
            created_at: NOW,
            updated_at: NOW,
            expires_at: NOW.plus(Duration::from_secs(300)),
            redeemed_at: None,
        }
    }

    fn guess(code: &str, pin: Option<&str>) -> Guess {
        let secret = |text: &str| Secret::new(text.to_owned());
        Guess {
            code: secret(code),
            pin: pin.map(secret),
        }
    }

    #[test]
    fn a_guess_is_right_with_the_code_and_the_pin_of_step_one() {
        let keys = ring();
        let code = Code(Secret::new("012345".to_owned()));
        let pin = Pin::choose(Secret::new("1234".to_owned())).expect("four digits");
        let pin = pin.hash(keys.current(), AuthenticationId::NIL);
        let sent = |seconds| SentCode {
            hash: code.hash(keys.current(), AuthenticationId::NIL),
            expires_at: NOW.plus(Duration::from_secs(seconds)),
        };
        let compare =
            |pin, sent: &[SentCode], guess| challenge(pin).compare(sent, &guess, &keys, NOW);
        let right = Ok(());
        let wrong = Err(WrongGuess::Code);
        let wrong_pin = Err(WrongGuess::Pin);

        assert_eq!(compare(None, &[sent(1)], guess("012345", None)), right);
        assert_eq!(compare(None, &[sent(1)], guess(" 012 345 ", None)), right);
        assert_eq!(compare(None, &[sent(1)], guess("012346", None)), wrong);
        assert_eq!(compare(None, &[sent(1)], guess("12345", None)), wrong);
        assert_eq!(compare(None, &[], guess("012345", None)), wrong);
        assert_eq!(
            compare(Some(pin), &[sent(1)], guess("012345", Some("1234"))),
            right
        );
        assert_eq!(
            compare(Some(pin), &[sent(1)], guess("012345", Some("1235"))),
            wrong_pin
        );
        assert_eq!(
            compare(Some(pin), &[sent(1)], guess("012345", None)),
            wrong_pin
        );
        assert_eq!(
            compare(Some(pin), &[sent(1)], guess("012346", Some("1235"))),
            wrong
        );
        assert_eq!(
            compare(None, &[sent(1)], guess("012345", Some("1234"))),
            wrong_pin
        );
        let expired = Err(WrongGuess::Expired);
        assert_eq!(compare(None, &[sent(0)], guess("012345", None)), expired);
        assert_eq!(
            compare(None, &[sent(0), sent(1)], guess("012345", None)),
            right
        );
        for wrong in [WrongGuess::Code, WrongGuess::Pin] {
            assert_eq!(GuessRefusal::from(wrong), GuessRefusal::Invalid);
        }
    }

    #[test]
    fn codes_are_six_digits() {
        for _ in 0..1000 {
            let code = Code::generate(&SystemEntropy::default());
            assert_eq!(code.expose().len(), 6);
            assert!(code.expose().bytes().all(|digit| digit.is_ascii_digit()));
        }
    }

    #[test]
    fn every_place_of_a_code_takes_every_digit() {
        let mut taken = [[false; 10]; 6];
        for _ in 0..1000 {
            let code = Code::generate(&SystemEntropy::default());
            for (place, digit) in code.expose().bytes().enumerate() {
                taken[place][usize::from(digit - b'0')] = true;
            }
        }
        assert_eq!(taken, [[true; 10]; 6]);
    }

    #[test]
    fn a_code_is_sent_again_after_a_minute_and_five_times_at_most() {
        let soon = |seconds| Err(SendAgainRefusal::TooSoon(Duration::from_secs(seconds)));
        let at = |seconds| NOW.plus(Duration::from_secs(seconds));
        let fresh = challenge(None);
        assert_eq!(fresh.may_send_again(at(59)), soon(1));
        assert_eq!(fresh.may_send_again(at(60)), Ok(()));
        assert_eq!(fresh.may_send_again(at(300)), Err(SendAgainRefusal::Over));
        let many = Challenge {
            sends: SENDS,
            ..challenge(None)
        };
        assert_eq!(many.may_send_again(at(60)), soon(240));
        let guessed = Challenge {
            guesses: GUESSES,
            ..challenge(None)
        };
        assert_eq!(guessed.may_send_again(at(60)), Err(SendAgainRefusal::Over));
        let redeemed = Challenge {
            redeemed_at: Some(NOW),
            ..challenge(None)
        };
        assert_eq!(redeemed.may_send_again(at(60)), Err(SendAgainRefusal::Over));
    }
}
