//! Colours that can be read, whatever a partner chose.

use super::look::Colour;

/// The least contrast of text with its ground (WCAG 2.2, criterion 1.4.3, level AA).
pub const READABLE: f64 = 4.5;

/// In how many steps a colour is moved towards black or white.
const STEPS: u16 = 64;

impl Colour {
    /// Black.
    #[must_use]
    pub fn black() -> Self {
        Self::from_rgb([0; 3])
    }

    /// White.
    #[must_use]
    pub fn white() -> Self {
        Self::from_rgb([255; 3])
    }

    /// The contrast of two colours, from 1 to 21 (WCAG 2.2, "contrast ratio").
    #[must_use]
    pub fn contrast(&self, other: &Self) -> f64 {
        let (one, other) = (self.luminance(), other.luminance());
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    /// The colour of text on this one: white where that can be read, black otherwise. One of
    /// the two always can.
    #[must_use]
    pub fn text(&self) -> Self {
        let white = Self::white();
        if self.contrast(&white) >= READABLE {
            white
        } else {
            Self::black()
        }
    }

    /// This colour as text on `ground`: itself where it can be read there, else as little
    /// darker (on a light ground) or lighter (on a dark one) as makes it so.
    #[must_use]
    pub fn readable_on(&self, ground: &Self) -> Self {
        let [end, ..] = ground.text().rgb();
        let moved = |step: u16| {
            Self::from_rgb(self.rgb().map(|part| {
                let (part, end) = (u16::from(part), u16::from(end));
                let between = (part * (STEPS - step) + end * step) / STEPS;
                u8::try_from(between).expect("it lies between two bytes")
            }))
        };
        let mut steps = (0..=STEPS).map(moved);
        let readable = steps.find(|colour| colour.contrast(ground) >= READABLE);
        readable.unwrap_or_else(|| ground.text())
    }

    /// How bright it is, from 0 to 1 (WCAG 2.2, "relative luminance").
    fn luminance(&self) -> f64 {
        let linear = self.rgb().map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        });
        let [red, green, blue] = linear;
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colour(text: &str) -> Colour {
        text.parse().unwrap()
    }

    /// Every fifteenth step of each part: 5,832 colours of all kinds.
    fn many() -> impl Iterator<Item = Colour> {
        let steps = || (0..=255).step_by(15);
        steps().flat_map(move |red| {
            steps().flat_map(move |green| {
                steps().map(move |blue| Colour::from_rgb([red, green, blue]))
            })
        })
    }

    #[test]
    fn contrast_is_that_of_the_standard() {
        let contrast = |one, other| colour(one).contrast(&colour(other));
        for (one, other, expected) in [
            ("#000000", "#ffffff", 21.0),
            ("#777777", "#ffffff", 4.48),
            ("#1f6feb", "#ffffff", 4.63),
            ("#ffcc00", "#000000", 13.89),
            ("#123456", "#123456", 1.0),
        ] {
            let (there, back) = (contrast(one, other), contrast(other, one));
            assert!((there - expected).abs() < 0.05, "{one} {other}: {there}");
            assert!((there - back).abs() < f64::EPSILON);
        }
    }

    #[test]
    fn text_on_any_colour_can_be_read() {
        for colour in many() {
            let contrast = colour.contrast(&colour.text());
            assert!(contrast >= READABLE, "{colour}: {contrast}");
        }
    }

    #[test]
    fn any_colour_becomes_readable_on_light_and_dark() {
        for ground in ["#ffffff", "#f4f5f7", "#1b1c20", "#000000"].map(colour) {
            for chosen in many() {
                let readable = chosen.readable_on(&ground);
                let contrast = readable.contrast(&ground);
                assert!(contrast >= READABLE, "{chosen} on {ground}: {contrast}");
            }
        }
    }

    #[test]
    fn what_can_be_read_stays_and_the_rest_gives_way_a_little() {
        let white = Colour::white();
        assert_eq!(colour("#1f6feb").readable_on(&white), colour("#1f6feb"));
        let yellow = colour("#ffcc00").readable_on(&white);
        assert!(yellow.contrast(&white) < READABLE + 0.3, "{yellow}");
        let [red, green, blue] = yellow.rgb();
        assert!(
            red > green && green > blue,
            "{yellow} is no yellow any more"
        );
    }
}
