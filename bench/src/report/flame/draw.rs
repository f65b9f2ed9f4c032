//! A flame graph as a picture that stands still: nothing in it runs, so that it shows wherever a
//! picture does.

use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;

use super::stacks::Frame;

const WIDTH: i32 = 1200;
/// Of a function.
const HEIGHT: i32 = 17;
/// Around, and above for the caption.
const MARGIN: i32 = 10;
const TOP: i32 = 56;
/// Frames narrower than this share of the whole are left out.
const LEAST: f64 = 0.004;
/// How wide a character is.
const CHARACTER: f64 = 6.2;
const INK: RGBColor = RGBColor(30, 30, 30);

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), Box<dyn std::error::Error>>;

/// What a function is part of, by how its name begins, and its colour (light, for dark text).
const PARTS: [(&str, RGBColor, &[&str]); 5] = [
    (
        "Countersign",
        RGBColor(140, 190, 230),
        &["countersign", "<countersign"],
    ),
    (
        "allocator and copies",
        RGBColor(240, 150, 130),
        &[
            "malloc",
            "free",
            "_int_",
            "cfree",
            "calloc",
            "realloc",
            "__libc_malloc",
            "__libc_free",
            "__libc_realloc",
            "__libc_calloc",
            "__memmove",
            "__memcpy",
            "__memset",
            "__rust_alloc",
            "tcache",
        ],
    ),
    (
        "cryptography",
        RGBColor(150, 210, 160),
        &["aws_lc", "<aws_lc", "aes", "gcm", "sha256"],
    ),
    (
        "SQLite",
        RGBColor(205, 170, 225),
        &["sqlite3", "rusqlite", "<rusqlite"],
    ),
    (
        "hyper, tower, axum, tokio",
        RGBColor(250, 215, 140),
        &[
            "hyper", "<hyper", "tower", "<tower", "axum", "<axum", "tokio", "<tokio", "http::",
            "<http::", "futures", "<futures",
        ],
    ),
];
/// Of all others, mostly the kernel's.
const OTHER: (&str, RGBColor) = ("kernel and others", RGBColor(222, 222, 222));

/// Draws it into a file.
pub(super) fn write(file: &Path, row: &str, all: &Frame) -> Drawn {
    let least = ((f64::from(all.samples) * LEAST).ceil() as u32).max(1);
    let depth = all.depth(least).max(1);
    let height = TOP + HEIGHT * i32::try_from(depth)? + MARGIN;
    let size = (WIDTH.unsigned_abs(), height.unsigned_abs());
    let area = SVGBackend::new(file, size).into_drawing_area();
    area.fill(&WHITE)?;
    let samples = all.samples;
    let caption = format!("{row}: where {samples} samples found the server, callers below");
    area.draw(&Text::new(caption, (MARGIN, 10), font(18)))?;
    legend(&area)?;
    let picture = Picture {
        area: &area,
        scale: f64::from(WIDTH - 2 * MARGIN) / f64::from(samples.max(1)),
        bottom: height - MARGIN,
        least,
    };
    picture.called(all, 0.0, 0)?;
    area.present()?;
    Ok(())
}

fn font(size: i32) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&INK)
}

fn legend(area: &Area<'_>) -> Drawn {
    let parts = PARTS.iter().map(|(name, colour, _)| (*name, *colour));
    let mut x = MARGIN;
    for (name, colour) in parts.chain([OTHER]) {
        area.draw(&Rectangle::new([(x, 36), (x + 12, 48)], colour.filled()))?;
        area.draw(&Text::new(name, (x + 16, 36), font(12)))?;
        x += 40 + (name.len() as f64 * CHARACTER) as i32;
    }
    Ok(())
}

/// What is drawn on, and how large.
struct Picture<'a, 'b> {
    area: &'a Area<'b>,
    /// Pixels of a sample.
    scale: f64,
    bottom: i32,
    /// Samples of a frame that is drawn.
    least: u32,
}

impl Picture<'_, '_> {
    /// What this function called, from `left` on, the widest first.
    fn called(&self, frame: &Frame, mut left: f64, depth: i32) -> Drawn {
        let mut called: Vec<_> = frame.called.iter().collect();
        called.sort_by_key(|(_, called)| std::cmp::Reverse(called.samples));
        for (name, called) in called {
            if called.samples < self.least {
                break;
            }
            let wide = f64::from(called.samples) * self.scale;
            self.frame(name, left, wide, depth)?;
            self.called(called, left, depth + 1)?;
            left += wide;
        }
        Ok(())
    }

    fn frame(&self, name: &str, left: f64, wide: f64, depth: i32) -> Drawn {
        let below = self.bottom - depth * HEIGHT;
        let from = (MARGIN + left as i32, below - HEIGHT + 1);
        let to = (MARGIN + (left + wide) as i32 - 1, below);
        let colour = colour(name);
        self.area
            .draw(&Rectangle::new([from, to], colour.filled()))?;
        let name = shortened(&plain(name), ((wide - 6.0) / CHARACTER).max(0.0) as usize);
        if !name.is_empty() {
            let at = (from.0 + 3, from.1 + 2);
            self.area.draw(&Text::new(name, at, font(11)))?;
        }
        Ok(())
    }
}

fn colour(name: &str) -> RGBColor {
    let is_of = |beginnings: &[&str]| beginnings.iter().any(|part| name.starts_with(part));
    let part = PARTS.iter().find(|(_, _, beginnings)| is_of(beginnings));
    part.map_or(OTHER.1, |(_, colour, _)| *colour)
}

/// A name without the trait that a method is of: `<A as B>::c` is `A::c`.
fn plain(name: &str) -> String {
    let of_trait = name
        .strip_prefix('<')
        .and_then(|rest| rest.split_once(" as "));
    let method = of_trait.and_then(|(of, rest)| Some((of, rest.rsplit_once(">::")?.1)));
    method.map_or_else(|| name.to_owned(), |(of, method)| format!("{of}::{method}"))
}

/// As much of a name as there is room for: its end says most. Nothing where that is next to
/// nothing.
fn shortened(name: &str, room: usize) -> String {
    let length = name.chars().count();
    match room {
        0..4 => String::new(),
        _ if length <= room => name.to_owned(),
        _ => {
            let end: String = name.chars().skip(length - (room - 1)).collect();
            format!("…{end}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::stacks;
    use super::*;

    #[test]
    fn a_flame_graph_names_what_takes_time_and_nothing_else() {
        let sample =
            |function: &str| format!("\n\t 1 {function}\n\t 2 countersign_server::run\n\n");
        let printed = sample("malloc").repeat(600) + &sample("rare");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("flame.svg");
        write(&file, "verify", &stacks::read(&printed)).unwrap();
        let svg = std::fs::read_to_string(file).unwrap();
        assert!(svg.contains("malloc") && svg.contains("countersign_server::run"));
        assert!(svg.contains("601 samples") && !svg.contains("rare"));
    }

    #[test]
    fn a_method_is_named_without_its_trait() {
        let name = "<tower::Oneshot<S,Req> as core::future::future::Future>::poll";
        assert_eq!(plain(name), "tower::Oneshot<S,Req>::poll");
        assert_eq!(plain("<impl a>::b"), "<impl a>::b");
        assert_eq!(plain("a::b"), "a::b");
    }

    #[test]
    fn a_name_is_cut_at_its_beginning() {
        assert_eq!(shortened("a::b::verify", 20), "a::b::verify");
        assert_eq!(shortened("a::b::verify", 7), "…verify");
        assert_eq!(shortened("a::b::verify", 3), "");
    }
}
