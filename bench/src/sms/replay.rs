//! A trace, replayed minute by minute against a service whose clock is moved by hand.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use countersign_domain::authentication::Channel;
use countersign_domain::challenge::Guess;
use countersign_domain::device::DeviceDescription;
use countersign_domain::id::AuthenticationId;
use countersign_domain::partner::{OwnSettings, PartnerSettings, SignUp, Slug};
use countersign_domain::sms::{Budget, Money, Prices};
use countersign_domain::{Caller, Secret};
use countersign_service::{Answer, Failure, LogIn, LogInRefusal, Proof, Service};
use countersign_testkit::TestApp;
use tokio::task::JoinSet;

use super::trace::{DAILY, MINUTES_A_DAY, Partner, Shape, SignIn, Then, Trace};

/// Requests at once.
const AT_ONCE: usize = 64;

const PRICES: [(&str, &str); 9] = [
    ("44", "0.04"),
    ("353", "0.06"),
    ("33", "0.06"),
    ("34", "0.05"),
    ("52", "0.05"),
    ("1", "0.008"),
    ("994", "0.35"),
    ("216", "0.30"),
    ("998", "0.28"),
];

/// How many asked, and how many of them were refused.
#[derive(Default)]
pub(super) struct Asked {
    pub(super) asked: usize,
    pub(super) refused: usize,
}

/// What happened.
#[derive(Default)]
pub(super) struct Replay {
    pub(super) honest: Asked,
    /// Honest people of the countries that are attacked, or would be.
    pub(super) among_attacked: Asked,
    pub(super) attack: Asked,
    /// What each partner spent on each day.
    pub(super) days: Vec<Vec<Money>>,
    pub(super) dearest_day: Money,
    /// Minutes at whose end more was spent than some budget allows.
    pub(super) overspent: usize,
    pub(super) opened: usize,
    /// For the plot, by hour: messages to honest people, asked for by the attack, sent to it,
    /// and what the first partner had spent that day.
    pub(super) hours: Vec<[f64; 4]>,
}

/// What was really sent, by who pays for it: an account apart from the store's.
#[derive(Default)]
struct Bill(BTreeMap<(u32, Option<usize>, Option<&'static str>), i64>);

impl Bill {
    fn charge(&mut self, day: u32, partner: usize, country: &'static str, price: Money) {
        for key in [
            (day, Some(partner), Some(country)),
            (day, Some(partner), None),
            (day, None, None),
        ] {
            *self.0.entry(key).or_default() += price.as_micros();
        }
    }

    fn of(&self, day: u32, partner: Option<usize>) -> Money {
        let spent = self.0.get(&(day, partner, None));
        Money::from_micros(spent.copied().unwrap_or_default())
    }

    /// Whether some budget is overspent.
    fn is_over(&self) -> bool {
        self.0.iter().any(|((_, partner, country), spent)| {
            let cap = match (partner, country) {
                (Some(partner), Some(country)) => Partner::ALL[*partner].cap_of(country),
                (Some(partner), None) => Partner::ALL[*partner].daily,
                (None, _) => DAILY,
            };
            *spent > money(cap).as_micros()
        })
    }
}

fn money(text: &str) -> Money {
    text.parse().expect("an amount")
}

fn budget() -> Budget {
    let flat = Prices::flat(money("0.10"));
    let prices = PRICES.iter().fold(flat, |prices, (prefix, price)| {
        prices.with(prefix, money(price)).expect("a price")
    });
    Budget {
        prices,
        daily: Some(money(DAILY)),
    }
}

async fn app() -> TestApp {
    let app = TestApp::priced(PartnerSettings::default(), Some(budget())).await;
    let operator = app.operator().await;
    for partner in &Partner::ALL {
        let home = partner.home.parse().expect("a country");
        let countries = partner.countries.iter().map(|(country, _)| country.parse());
        let own = OwnSettings {
            sign_up: Some(SignUp::Open),
            country: Some(home),
            sms_countries: Some(countries.collect::<Result<_, _>>().expect("countries")),
            sms_daily_budget: Some(money(partner.daily)),
            sms_country_daily_budget: Some(money(partner.country_daily)),
            ..OwnSettings::default()
        };
        let slug: Slug = partner.slug.parse().expect("a slug");
        operator
            .add_partner(&slug, &own)
            .await
            .expect("a new partner");
    }
    app.service().poll_feed().await.expect("the feed");
    // The wall clock of tests is at no midnight.
    let now = countersign_domain::Clock::now(&app.clock).as_micros();
    let day = i64::from(MINUTES_A_DAY) * 60_000_000;
    let left = u64::try_from(day - now.rem_euclid(day)).expect("less than a day");
    app.advance(Duration::from_micros(left)).await;
    app
}

/// Replays a trace.
pub(super) async fn run(trace: &Trace, shape: Shape) -> Replay {
    let app = app().await;
    let prices = budget().prices;
    let mut replay = Replay::default();
    let mut bill = Bill::default();
    let mut later: HashMap<u32, Vec<(AuthenticationId, SignIn)>> = HashMap::new();
    let mut arrivals = trace.sign_ins.iter().peekable();
    let mut hour = [0.0; 4];
    for minute in 0..shape.days * MINUTES_A_DAY {
        let day = minute / MINUTES_A_DAY;
        let mut now = Vec::new();
        while let Some(sign_in) = arrivals.next_if(|sign_in| sign_in.minute == minute) {
            now.push(sign_in.clone());
        }
        for (sign_in, sent) in begin_all(app.service(), now).await {
            note(&mut replay, trace, &sign_in, sent.is_none());
            hour[1] += f64::from(u8::from(!sign_in.honest));
            if let Some(id) = sent {
                hour[if sign_in.honest { 0 } else { 2 }] += 1.0;
                let price = prices.of(&sign_in.number);
                bill.charge(day, sign_in.partner, sign_in.country, price);
                let wait = if sign_in.then == Then::AskAgain { 2 } else { 1 };
                later.entry(minute + wait).or_default().push((id, sign_in));
            }
        }
        for (id, mut sign_in) in later.remove(&minute).unwrap_or_default() {
            match sign_in.then {
                Then::Leave => {}
                Then::Use => use_code(&app, id, &sign_in.number).await,
                Then::AskAgain => {
                    let caller = Caller::local(app.service().request_id(app.service().uptime()));
                    if app.service().send_again(&caller, id).await.is_ok() {
                        let price = prices.of(&sign_in.number);
                        bill.charge(day, sign_in.partner, sign_in.country, price);
                    }
                    sign_in.then = Then::Use;
                    later.entry(minute + 1).or_default().push((id, sign_in));
                }
            }
        }
        replay.overspent += usize::from(bill.is_over());
        if minute % 60 == 59 {
            hour[3] = bill.of(day, Some(0)).as_micros() as f64 / 1e6;
            replay.hours.push(std::mem::take(&mut hour));
        }
        app.advance(Duration::from_secs(60)).await;
    }
    let days = |partner| {
        (0..shape.days)
            .map(|day| bill.of(day, partner))
            .collect::<Vec<_>>()
    };
    replay.days = (0..Partner::ALL.len())
        .map(|partner| days(Some(partner)))
        .collect();
    replay.dearest_day = days(None).into_iter().max().unwrap_or_default();
    replay.opened = opened(&app).await;
    replay
}

fn note(replay: &mut Replay, trace: &Trace, sign_in: &SignIn, refused: bool) {
    let count = |asked: &mut Asked| {
        asked.asked += 1;
        asked.refused += usize::from(refused);
    };
    if !sign_in.honest {
        return count(&mut replay.attack);
    }
    count(&mut replay.honest);
    if trace.attacked[sign_in.partner] == sign_in.country {
        count(&mut replay.among_attacked);
    }
}

/// Asks for a code for each, many at once. Those that were sent have a challenge.
async fn begin_all(
    service: &Service,
    sign_ins: Vec<SignIn>,
) -> Vec<(SignIn, Option<AuthenticationId>)> {
    let mut answers = Vec::new();
    let mut tasks = JoinSet::new();
    for sign_in in sign_ins {
        let service = service.clone();
        tasks.spawn(async move {
            let id = begin(&service, &sign_in).await;
            (sign_in, id)
        });
        if tasks.len() >= AT_ONCE {
            answers.extend(
                tasks
                    .join_next()
                    .await
                    .map(|done| done.expect("it ends well")),
            );
        }
    }
    answers.extend(tasks.join_all().await);
    answers
}

async fn begin(service: &Service, sign_in: &SignIn) -> Option<AuthenticationId> {
    let caller = Caller::local(service.request_id(service.uptime()));
    let log_in = LogIn {
        partner: Partner::ALL[sign_in.partner].slug.parse().expect("a slug"),
        identity: format!("phone:{}", sign_in.number)
            .parse()
            .expect("a number"),
        proof: Proof::Code(Channel::Sms),
        pin: None,
        description: DeviceDescription::default(),
        locale: None,
        device_token: None,
    };
    match service.log_in(&caller, log_in).await {
        Ok(view) => Some(view.id),
        Err(Failure::Refused(LogInRefusal::Sms(_) | LogInRefusal::TooMany(_))) => None,
        Err(failure) => panic!("a log-in fails: {failure}"),
    }
}

async fn use_code(app: &TestApp, challenge: AuthenticationId, number: &str) {
    let code = app.code_for(number).await.expect("a code was sent");
    let guess = Guess {
        code: Secret::new(code),
        pin: None,
    };
    let caller = Caller::local(app.service().request_id(app.service().uptime()));
    let answer = Answer {
        challenge,
        guess,
        nonce: None,
    };
    let answered = app.service().answer_challenge(&caller, answer).await;
    answered.expect("the code is good");
}

async fn opened(app: &TestApp) -> usize {
    let operator = app.operator().await;
    let mut opened = 0;
    for partner in &Partner::ALL {
        let slug: Slug = partner.slug.parse().expect("a slug");
        let shown = operator.show_sms(&slug).await.expect("a partner");
        opened += shown.breakers.len();
    }
    opened
}
