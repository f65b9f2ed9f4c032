//! The plot: what was asked for and sent, and what it cost, hour by hour.

use std::error::Error;

use plotters::coord::Shift;
use plotters::prelude::*;

use super::replay::Replay;
use super::trace::Partner;

const SIZE: (u32, u32) = (960, 720);
// Apart for people who see no red or no green, and in print (Okabe and Ito).
const HONEST: RGBColor = RGBColor(0, 114, 178);
const ATTACK: RGBColor = RGBColor(213, 94, 0);
const CAP: RGBColor = RGBColor(60, 60, 60);
const INK: RGBColor = RGBColor(30, 30, 30);
const GRID: RGBColor = RGBColor(225, 225, 225);

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Draws both replays into a file.
pub(super) fn write(path: &str, quiet: &Replay, attacked: &Replay) -> Result<(), Box<dyn Error>> {
    let area = SVGBackend::new(path, SIZE).into_drawing_area();
    // On a ground of its own, so that it can be read on a dark page too.
    area.fill(&WHITE)?;
    let (above, below) = area.split_vertically(SIZE.1 / 2);
    messages(&above, attacked)?;
    spend(&below, quiet, attacked)?;
    area.present()?;
    Ok(())
}

/// A line in a chart: its name, colour and values, and whether it is a thin one.
struct Line {
    name: &'static str,
    colour: RGBColor,
    values: Vec<f64>,
    thin: bool,
}

fn messages(area: &Area<'_>, replay: &Replay) -> Result<(), Box<dyn Error>> {
    let of = |column: usize| replay.hours.iter().map(|hour| hour[column]).collect();
    let lines = [
        Line {
            name: "sent to honest people",
            colour: HONEST,
            values: of(0),
            thin: false,
        },
        Line {
            name: "asked for by the attack",
            colour: ATTACK,
            values: of(1),
            thin: true,
        },
        Line {
            name: "sent to the attack",
            colour: ATTACK,
            values: of(2),
            thin: false,
        },
    ];
    chart(
        area,
        ("All partners, under attack", "messages an hour"),
        &lines,
    )
}

fn spend(area: &Area<'_>, quiet: &Replay, attacked: &Replay) -> Result<(), Box<dyn Error>> {
    let of = |replay: &Replay| replay.hours.iter().map(|hour| hour[3]).collect::<Vec<_>>();
    let cap = Partner::ALL[0].daily.parse().unwrap_or_default();
    let lines = [
        Line {
            name: "under attack",
            colour: ATTACK,
            values: of(attacked),
            thin: false,
        },
        Line {
            name: "honest people alone",
            colour: HONEST,
            values: of(quiet),
            thin: false,
        },
        Line {
            name: "budget",
            colour: CAP,
            values: vec![cap; quiet.hours.len()],
            thin: true,
        },
    ];
    chart(area, ("Spent that day by northstar", "EUR"), &lines)
}

fn chart(
    area: &Area<'_>,
    (title, unit): (&str, &str),
    lines: &[Line],
) -> Result<(), Box<dyn Error>> {
    let hours = lines.first().map_or(0, |line| line.values.len());
    let values = lines.iter().flat_map(|line| line.values.iter().copied());
    let most = values.fold(0.0, f64::max) * 1.1;
    let mut chart = ChartBuilder::on(area)
        .caption(title, ("sans-serif", 20).into_font().color(&INK))
        .margin(14)
        .x_label_area_size(44)
        .y_label_area_size(64)
        .build_cartesian_2d(1.0..hours as f64, 0.0..most)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(INK)
        .label_style(("sans-serif", 14).into_font().color(&INK))
        .x_desc("hours since the first midnight, UTC")
        .y_desc(unit)
        .x_labels(13)
        .x_label_formatter(&|hour| format!("{hour:.0}"))
        .y_label_formatter(&|value| format!("{value:.0}"))
        .draw()?;
    for line in lines {
        let width = if line.thin { 1 } else { 3 };
        let style = line.colour.stroke_width(width);
        let points = line.values.iter().enumerate();
        let points = points.map(|(hour, value)| ((hour + 1) as f64, *value));
        chart
            .draw_series(LineSeries::new(points, style))?
            .label(line.name)
            .legend(move |(x, y)| PathElement::new(vec![(x, y), (x + 18, y)], style));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE)
        .border_style(GRID)
        .label_font(("sans-serif", 14).into_font().color(&INK))
        .draw()?;
    Ok(())
}
