//! What is asked, as it is counted and timed.

/// A request, or what one waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Operation {
    Verify,
    Exchange,
    LogIn,
    LogInKnown,
    BeginByCode,
    /// From when the code was asked for to when the mail was handed over.
    Mail,
    BringCode,
    Mint,
    Redeem,
    Link,
    /// Each of the two pages on the way in.
    Enter,
    /// The form that redeems.
    EnterForm,
    SignOut,
    /// A session that was signed out, asked for again.
    VerifyEnded,
    GuessMany,
    GuessOne,
    Replay,
    Invent,
    FloodMany,
    FloodOne,
    SlowBody,
    Silence,
    /// No request: how late the load itself was.
    Load,
}

use Operation::*;

impl Operation {
    pub(super) const ALL: [Self; 23] = [
        Verify,
        Exchange,
        LogIn,
        LogInKnown,
        BeginByCode,
        Mail,
        BringCode,
        Mint,
        Redeem,
        Link,
        Enter,
        EnterForm,
        SignOut,
        VerifyEnded,
        GuessMany,
        GuessOne,
        Replay,
        Invent,
        FloodMany,
        FloodOne,
        SlowBody,
        Silence,
        Load,
    ];

    /// What people ask.
    pub(super) const PEOPLE: [Self; 14] = [
        Verify,
        Exchange,
        LogIn,
        LogInKnown,
        BeginByCode,
        Mail,
        BringCode,
        Mint,
        Redeem,
        Link,
        Enter,
        EnterForm,
        SignOut,
        VerifyEnded,
    ];

    pub(super) const BOTS: [Self; 8] = [
        GuessMany, GuessOne, Replay, Invent, FloodMany, FloodOne, SlowBody, Silence,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Verify => "verify",
            Exchange => "exchange",
            LogIn => "log in, new device",
            LogInKnown => "log in, known device",
            BeginByCode => "ask for a code",
            Mail => "its mail",
            BringCode => "bring the code",
            Mint => "mint",
            Redeem => "redeem",
            Link => "make a link",
            Enter => "entry page",
            EnterForm => "its form, redeems",
            SignOut => "sign out",
            VerifyEnded => "verify what was signed out",
            GuessMany => "guess passwords of many users",
            GuessOne => "guess the password of one user",
            Replay => "redeem a used one-time token",
            Invent => "redeem an invented one-time token",
            FloodMany => "ask for codes to many addresses",
            FloodOne => "ask for codes to one address",
            SlowBody => "send a body slowly",
            Silence => "connect and say nothing",
            Load => "the load's own lateness",
        }
    }
}
