//! Devices: what a user signs in on.

mod browser;

use crate::Timestamp;
use crate::id::DeviceId;

/// What a client says of the device it runs on. Nothing in it is proved; it helps a person
/// to recognise the device in a list.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct DeviceDescription {
    /// Who made it, such as `Apple`.
    pub make: Option<String>,
    /// Which model, such as `iPhone6,2`.
    pub model: Option<String>,
    /// The operating system, such as `iOS`.
    pub os_name: Option<String>,
    /// Its version, such as `14.0`.
    pub os_version: Option<String>,
}

/// What a device is called of which nothing is known.
pub const UNKNOWN: &str = "Unknown device";

/// Characters that one part of a description, or of a name, has at most.
pub const LONGEST_PART: usize = 128;

impl DeviceDescription {
    /// A name by which a person recognises the device: its make and model, and its system.
    /// Where the client said nothing of those, the program it named itself in `User-Agent`.
    #[must_use]
    pub fn name(&self, user_agent: Option<&str>) -> String {
        let system = words([&self.os_name, &self.os_version]);
        let device = match (&self.make, &self.model) {
            // "Apple" and "Apple iPhone" are said once.
            (Some(make), Some(model)) if model.starts_with(make.as_str()) => model.clone(),
            (make, model) => words([make, model]),
        };
        let name = match (device.is_empty(), system.is_empty()) {
            (false, false) => format!("{device} ({system})"),
            (false, true) => device,
            (true, false) => system,
            (true, true) => user_agent.and_then(program).unwrap_or_default(),
        };
        // What turns text around or cannot be seen would let a device pose as another.
        let name: String = name
            .chars()
            .filter(|&c| crate::identity::visible(c))
            .collect();
        if name.trim().is_empty() {
            return UNKNOWN.to_owned();
        }
        name
    }
}

fn words<const N: usize>(parts: [&Option<String>; N]) -> String {
    let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
    parts.join(" ").trim().to_owned()
}

/// The program that a `User-Agent` names. It begins with it, without its version (RFC 9110,
/// section 10.1.5); but browsers all call themselves `Mozilla` there.
fn program(user_agent: &str) -> Option<String> {
    let program = user_agent.split(['/', ' ']).next()?;
    if program == "Mozilla" {
        return browser::browser(user_agent);
    }
    let tells = !program.is_empty() && program.len() <= LONGEST_PART;
    tells.then(|| program.to_owned())
}

/// A device of a user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Device {
    /// Its id.
    pub id: DeviceId,
    /// A name by which a person recognises it.
    pub name: String,
    /// What its client said of it.
    pub description: DeviceDescription,
    /// When it first signed in.
    pub created_at: Timestamp,
    /// When it last asked for a session, to the minute or so.
    pub last_seen_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(parts: [&str; 4], user_agent: Option<&str>) -> String {
        let [make, model, os_name, os_version] =
            parts.map(|part| (!part.is_empty()).then(|| part.to_owned()));
        let description = DeviceDescription {
            make,
            model,
            os_name,
            os_version,
        };
        description.name(user_agent)
    }

    #[test]
    fn a_device_is_named_by_what_its_client_said() {
        for (parts, expected) in [
            (
                ["iPhone", "iPhone6,2", "iOS", "14.0"],
                "iPhone6,2 (iOS 14.0)",
            ),
            (
                ["Google", "Pixel 9", "Android", "16"],
                "Google Pixel 9 (Android 16)",
            ),
            (["Google", "", "", ""], "Google"),
            (["", "", "Debian", ""], "Debian"),
            (["", "", "", ""], "curl"),
        ] {
            assert_eq!(name(parts, Some("curl/8.5.0")), expected);
        }
    }

    #[test]
    fn a_name_shows_all_that_is_in_it() {
        let turned = ["Apple", "iPhone \u{202e}6\u{200b}", "iOS\u{7}", ""];
        assert_eq!(name(turned, None), "Apple iPhone 6 (iOS)");
        assert_eq!(name(["\u{200b}", "", "", ""], None), "Unknown device");
    }

    #[test]
    fn a_client_that_says_nothing_is_unknown() {
        for user_agent in [None, Some(""), Some("Mozilla/5.0")] {
            assert_eq!(name([""; 4], user_agent), "Unknown device");
        }
    }
}
