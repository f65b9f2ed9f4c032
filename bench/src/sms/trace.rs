//! Who asks for codes, when, and what becomes of them.

use countersign_domain::sms::Country;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// What all partners together may spend in a day.
pub(super) const DAILY: &str = "300";
pub(super) const MINUTES_A_DAY: u32 = 24 * 60;

/// How long and how busy a trace is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) days: u32,
    /// Sign-ins of each thousand that there would be.
    people: u32,
    /// When the attack begins, and how many minutes it grows.
    attack: (u32, u32),
}

impl Shape {
    pub(super) const FULL: Self = Self {
        days: 3,
        people: 1000,
        attack: (MINUTES_A_DAY + 9 * 60, 8 * 60),
    };
    #[cfg(test)]
    pub(super) const SHORT: Self = Self {
        days: 1,
        people: 300,
        attack: (9 * 60, 2 * 60),
    };
}

/// A partner: where its people are, in thousandths, and what it may spend.
pub(super) struct Partner {
    pub(super) slug: &'static str,
    pub(super) home: &'static str,
    pub(super) daily: &'static str,
    pub(super) country_daily: &'static str,
    pub(super) countries: &'static [(&'static str, u32)],
    /// Sign-ins a day.
    people: u32,
    /// Sign-ins within ten minutes, when tickets go on sale, at ten on the second day.
    on_sale: u32,
}

impl Partner {
    /// What a day's messages to this country may cost.
    pub(super) fn cap_of(&self, country: &str) -> &'static str {
        if country == self.home {
            self.daily
        } else {
            self.country_daily
        }
    }

    pub(super) const ALL: [Self; 3] = [
        Self {
            slug: "northstar",
            home: "GB",
            daily: "150",
            country_daily: "20",
            countries: &[("GB", 880), ("IE", 70), ("FR", 47), ("AZ", 3)],
            people: 1400,
            on_sale: 700,
        },
        Self {
            slug: "sur",
            home: "ES",
            daily: "100",
            country_daily: "15",
            countries: &[("ES", 700), ("MX", 200), ("AR", 97), ("TN", 3)],
            people: 900,
            on_sale: 0,
        },
        Self {
            slug: "aurora",
            home: "US",
            daily: "60",
            country_daily: "6",
            countries: &[("US", 800), ("CA", 150), ("GB", 47), ("UZ", 3)],
            people: 1100,
            on_sale: 300,
        },
    ];
}

/// Somebody who has codes sent for the sake of their price.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attack {
    /// The country that is attacked at each partner.
    countries: [&'static str; 3],
    /// Requests a minute at the end; it grows from one.
    most: u32,
    /// How many of a thousand codes are used.
    used: u32,
}

impl Attack {
    pub(super) const PUMPING: Self = Self {
        countries: ["AZ", "TN", "UZ"],
        most: 60,
        used: 0,
    };
    pub(super) const FAKING: Self = Self {
        used: 333,
        ..Self::PUMPING
    };
    pub(super) const AT_HOME: Self = Self {
        countries: ["GB", "ES", "US"],
        ..Self::PUMPING
    };
}

/// What somebody does with the code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Then {
    Use,
    /// It does not come; another is asked for, and used.
    AskAgain,
    Leave,
}

/// Somebody who asks for a code.
#[derive(Clone, Debug)]
pub(super) struct SignIn {
    pub(super) minute: u32,
    pub(super) partner: usize,
    pub(super) country: &'static str,
    pub(super) number: String,
    pub(super) honest: bool,
    pub(super) then: Then,
}

/// All who ask, in order.
#[derive(Debug)]
pub(super) struct Trace {
    pub(super) sign_ins: Vec<SignIn>,
    pub(super) attacked: [&'static str; 3],
}

impl Trace {
    pub(super) fn new(seed: u64, shape: Shape, attack: Option<Attack>) -> Self {
        let mut dice = Dice(ChaCha8Rng::seed_from_u64(seed));
        let mut sign_ins = Vec::new();
        for minute in 0..shape.days * MINUTES_A_DAY {
            for partner in 0..Partner::ALL.len() {
                for _ in 0..dice.count(people_in(&Partner::ALL[partner], minute), shape.people) {
                    sign_ins.push(honest(&mut dice, minute, partner));
                }
            }
        }
        if let Some(attack) = attack {
            let (begins, grows) = shape.attack;
            for minute in begins..(begins + grows).min(shape.days * MINUTES_A_DAY) {
                let rate = 1 + attack.most * (minute - begins) / grows;
                let each = (0..rate).map(|_| dice.below(3) as usize);
                for partner in each.collect::<Vec<_>>() {
                    sign_ins.push(attacker(&mut dice, attack, minute, partner));
                }
            }
        }
        sign_ins.sort_by_key(|sign_in| sign_in.minute);
        Self {
            sign_ins,
            attacked: attack.unwrap_or(Attack::PUMPING).countries,
        }
    }
}

/// How many people come in a minute, in millionths: few at night, most in the evening.
fn people_in(partner: &Partner, minute: u32) -> u64 {
    const OF_DAY: [u64; 24] = [
        12, 7, 4, 3, 3, 5, 12, 25, 40, 50, 55, 58, 62, 58, 52, 50, 52, 60, 72, 85, 88, 75, 48, 24,
    ];
    let hour = (minute / 60 % 24) as usize;
    let usual = u64::from(partner.people) * OF_DAY[hour] * 1000 / 60;
    let sale = MINUTES_A_DAY + 10 * 60;
    let on_sale = (sale..sale + 10).contains(&minute);
    usual
        + if on_sale {
            u64::from(partner.on_sale) * 100_000
        } else {
            0
        }
}

fn honest(dice: &mut Dice, minute: u32, partner: usize) -> SignIn {
    let mut place = dice.below(1000);
    let mut countries = Partner::ALL[partner].countries.iter();
    let country = countries.find_map(|(country, share)| match place.checked_sub(*share) {
        None => Some(*country),
        Some(rest) => {
            place = rest;
            None
        }
    });
    let country = country.expect("the shares are a thousand together");
    SignIn {
        minute,
        partner,
        country,
        number: dice.number(country),
        honest: true,
        then: match dice.below(100) {
            0..79 => Then::Use,
            79..85 => Then::AskAgain,
            _ => Then::Leave,
        },
    }
}

fn attacker(dice: &mut Dice, attack: Attack, minute: u32, partner: usize) -> SignIn {
    let country = attack.countries[partner];
    SignIn {
        minute,
        partner,
        country,
        number: dice.number(country),
        honest: false,
        then: if dice.below(1000) < attack.used {
            Then::Use
        } else {
            Then::Leave
        },
    }
}

struct Dice(ChaCha8Rng);

impl Dice {
    /// A number below `bound`; that the low ones are a little likelier does not matter here.
    fn below(&mut self, bound: u32) -> u32 {
        self.0.next_u32() % bound
    }

    /// So many millionths, `people` of a thousand of them, rounded up or down by chance.
    fn count(&mut self, millionths: u64, people: u32) -> u64 {
        let millionths = millionths * u64::from(people) / 1000;
        let more = u64::from(self.below(1_000_000)) < millionths % 1_000_000;
        millionths / 1_000_000 + u64::from(more)
    }

    /// A mobile number of this country, any of those that are assigned.
    fn number(&mut self, country: &str) -> String {
        let (start, digits) = match country {
            "GB" => ("447400", 6),
            "IE" => ("35385", 7),
            "FR" => ("33612", 6),
            "ES" => ("34612", 6),
            "MX" => ("5255", 8),
            "AR" => ("54911", 8),
            "US" => ("1212", 7),
            "CA" => ("1416", 7),
            "AZ" => ("99450", 7),
            "TN" => ("21620", 6),
            _ => ("99890", 7),
        };
        loop {
            let rest = self.below(10_u32.pow(digits));
            let number = format!("+{start}{rest:0width$}", width = digits as usize);
            let assigned = Country::of_number(&number);
            if assigned.is_some_and(|assigned| assigned.as_str() == country) {
                return number;
            }
        }
    }
}
