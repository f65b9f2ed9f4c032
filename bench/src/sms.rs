//! The SMS budget under attack: honest and pumping traces, replayed in virtual time against
//! the real service and store. The outbox stands for a provider that charges for each message.

mod plot;
mod replay;
mod trace;

use crate::Error;
use replay::Replay;
use trace::{Attack, Partner, Shape, Trace};

/// Where the plot goes.
const PLOT: &str = "docs/operate/sms-budget.svg";
/// Of ten thousand honest sign-ins, so many may be refused.
const REFUSED_PER_10000: usize = 50;
const SEED: u64 = 4;

/// What is replayed.
struct Scenario {
    name: &'static str,
    attack: Option<Attack>,
    /// Whether the share of honest sign-ins that are refused is held to its bound. Where the
    /// attack hides among most of the honest ones, the budget is spent, and they bear it.
    bounded: bool,
}

const SCENARIOS: [Scenario; 4] = [
    Scenario {
        name: "honest people alone",
        attack: None,
        bounded: true,
    },
    Scenario {
        name: "pumping of dear countries",
        attack: Some(Attack::PUMPING),
        bounded: true,
    },
    Scenario {
        name: "pumping that uses a third of its codes",
        attack: Some(Attack::FAKING),
        bounded: true,
    },
    Scenario {
        name: "pumping of the partner's own country",
        attack: Some(Attack::AT_HOME),
        bounded: false,
    },
];

/// Replays every scenario, prints what happened and writes the plot. Whether all held.
pub(crate) fn run() -> Result<(), Error> {
    let runtime = tokio::runtime::Runtime::new()?;
    let shape = Shape::FULL;
    let mut all = Vec::new();
    let mut held = true;
    for scenario in &SCENARIOS {
        let trace = Trace::new(SEED, shape, scenario.attack);
        let replay = runtime.block_on(replay::run(&trace, shape));
        held &= report(scenario, &replay);
        all.push(replay);
    }
    plot::write(PLOT, &all[0], &all[1])
        .map_err(|error| format!("{PLOT} cannot be written: {error}"))?;
    println!("The plot is in {PLOT}.");
    if !held {
        return Err("what is claimed did not hold".into());
    }
    Ok(())
}

/// Prints what happened. Whether what is claimed held.
fn report(scenario: &Scenario, replay: &Replay) -> bool {
    let share = |part: usize, of: usize| 100.0 * part as f64 / of.max(1) as f64;
    let (honest, attack) = (&replay.honest, &replay.attack);
    println!("{}", scenario.name);
    println!(
        "  honest sign-ins  {}, refused {} ({:.2} %)",
        honest.asked,
        honest.refused,
        share(honest.refused, honest.asked)
    );
    println!(
        "    of countries that are attacked  {}, refused {}",
        replay.among_attacked.asked, replay.among_attacked.refused
    );
    println!(
        "  attack           {}, refused {}",
        attack.asked, attack.refused
    );
    for (partner, days) in Partner::ALL.iter().zip(&replay.days) {
        let days: Vec<_> = days.iter().map(ToString::to_string).collect();
        println!(
            "  {:10} spent a day  {} of {}",
            partner.slug,
            days.join(", "),
            partner.daily
        );
    }
    println!(
        "  all          at most  {} of {}",
        replay.dearest_day,
        trace::DAILY
    );
    println!("  breakers opened  {}", replay.opened);
    let few = honest.refused * 10_000 <= honest.asked * REFUSED_PER_10000;
    let refused = few || !scenario.bounded;
    let verdict = |held| if held { "held" } else { "BROKEN" };
    println!(
        "  spend within every budget, at all times: {}",
        verdict(replay.overspent == 0)
    );
    if scenario.bounded {
        println!(
            "  at most 0.5 % of honest sign-ins refused: {}",
            verdict(refused)
        );
    }
    println!();
    refused && replay.overspent == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A day of it, with fewer people.
    #[tokio::test(flavor = "multi_thread")]
    async fn budgets_hold_and_honest_people_come_in() {
        for scenario in &SCENARIOS {
            let trace = Trace::new(SEED, Shape::SHORT, scenario.attack);
            let replay = replay::run(&trace, Shape::SHORT).await;
            assert!(replay.honest.asked > 500, "{}", scenario.name);
            let attacked = scenario.attack.is_some();
            assert_eq!(replay.attack.refused > 500, attacked, "{}", scenario.name);
            assert!(report(scenario, &replay), "{}", scenario.name);
        }
    }

    #[test]
    fn a_seed_is_a_trace() {
        let trace = |seed| format!("{:?}", Trace::new(seed, Shape::SHORT, Some(Attack::FAKING)));
        assert_eq!(trace(1), trace(1));
        assert_ne!(trace(1), trace(2));
    }
}
