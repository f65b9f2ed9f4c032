//! The plots: ratios with their spread and what is claimed, and latencies.

use std::path::Path;

use plotters::coord::Shift;
use plotters::coord::ranged1d::ValueFormatter;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

use super::Results;
use super::side::Side;
use super::statistics::{Measured, median};
use super::turns;
use crate::Error;

const WIDTH: u32 = 960;
/// Of a row.
const HEIGHT: u32 = 56;
/// Of the caption, the axis and the margins together.
const AROUND: u32 = 130;
/// Labels there may be on the axis of the figures.
const FIGURES: usize = 12;
/// Labels there may be on the axis of the rows: so many that each row is among them, and those between rows
/// stay empty.
const PLACES: usize = 20;
/// Between a label and the axis: an en space.
const GAP: char = '\u{2002}';
/// Left of the axis, for the names of the rows.
const NAMES: u32 = 190;
// Apart for people who see no red or no green, and in print (Okabe and Ito).
const SUBJECT: RGBColor = RGBColor(0, 114, 178);
const BASELINE: RGBColor = RGBColor(213, 94, 0);
const TARGET: RGBColor = RGBColor(60, 60, 60);
const INK: RGBColor = RGBColor(30, 30, 30);
const GRID: RGBColor = RGBColor(225, 225, 225);

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
/// A plot of rows.
type Draw = fn(&Area<'_>, &[turns::Measured]) -> Drawn;
type Drawn = Result<(), Box<dyn std::error::Error>>;

/// Draws what was asked over HTTP; nothing where nothing was.
pub(super) fn write(results: &Results) -> Result<(), Error> {
    let (rows, out) = (&results.http, &results.plan.out);
    if rows.is_empty() {
        return Ok(());
    }
    let plots: [(&str, Draw); 2] = [("ratios.svg", ratios), ("latencies.svg", latencies)];
    for (name, draw) in plots {
        let file = out.join(name);
        let drawn = on(&file, rows, draw);
        drawn.map_err(|error| format!("{} cannot be drawn: {error}", file.display()))?;
    }
    Ok(())
}

fn on(file: &Path, rows: &[turns::Measured], draw: Draw) -> Drawn {
    let size = (WIDTH, HEIGHT * rows.len() as u32 + AROUND);
    let area = SVGBackend::new(file, size).into_drawing_area();
    // On a ground of its own, so that it can be read on a dark page too.
    area.fill(&WHITE)?;
    draw(&area, rows)?;
    area.present()?;
    Ok(())
}

/// A row's place from the bottom: the first row is at the top.
fn place(rows: &[turns::Measured], number: usize) -> f64 {
    (rows.len() - 1 - number) as f64
}

/// What stands beside a place: the name of the row there, and nothing between rows.
fn name(rows: &[turns::Measured], at: f64) -> String {
    let there = |(number, _): &(usize, _)| (place(rows, *number) - at).abs() < 0.01;
    let row = rows.iter().enumerate().find(there);
    row.map_or_else(String::new, |(_, row)| format!("{}{GAP}", row.name))
}

/// The axes: the figures below, the names of the rows beside.
fn mesh<X: Ranged<ValueType = f64> + ValueFormatter<f64>>(
    chart: &mut ChartContext<'_, SVGBackend<'_>, Cartesian2d<X, RangedCoordf64>>,
    rows: &[turns::Measured],
    what: &str,
    figure: &dyn Fn(&f64) -> String,
) -> Drawn {
    chart
        .configure_mesh()
        .disable_y_mesh()
        .x_labels(FIGURES)
        .y_labels(PLACES)
        .set_tick_mark_size(LabelAreaPosition::Left, 0)
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(INK)
        .label_style(("sans-serif", 14).into_font().color(&INK))
        .x_desc(what)
        .x_label_formatter(figure)
        .y_label_formatter(&|place| name(rows, *place))
        .draw()?;
    Ok(())
}

fn ratios(area: &Area<'_>, rows: &[turns::Measured]) -> Drawn {
    let ratios = rows
        .iter()
        .map(|row| Measured::ratio(&row.subject.rates(), &row.baseline.rates()));
    let ratios: Vec<_> = ratios.collect();
    let most = ratios.iter().map(|ratio| ratio.most).fold(1.0, f64::max);
    let heights = -0.6..rows.len() as f64 - 0.4;
    let mut chart = ChartBuilder::on(area)
        .caption(
            "Requests a second, of those of a minimal hyper server",
            ("sans-serif", 20).into_font().color(&INK),
        )
        .margin(14)
        .x_label_area_size(44)
        .y_label_area_size(NAMES)
        .build_cartesian_2d(0.0..most * 1.05, heights)?;
    let what = "the dot is the median, the line its spread, the tick what is claimed at least";
    mesh(&mut chart, rows, what, &|ratio| format!("{ratio:.1}"))?;
    for (number, (row, ratio)) in rows.iter().zip(&ratios).enumerate() {
        let (place, claimed) = (place(rows, number), row.claimed.share);
        let spread = vec![(ratio.least, place), (ratio.most, place)];
        let tick = vec![(claimed, place - 0.25), (claimed, place + 0.25)];
        chart.draw_series([
            PathElement::new(spread, SUBJECT.stroke_width(3)),
            PathElement::new(tick, TARGET.stroke_width(2)),
        ])?;
        chart.draw_series([Circle::new((ratio.value, place), 5, SUBJECT.filled())])?;
    }
    Ok(())
}

fn latencies(area: &Area<'_>, rows: &[turns::Measured]) -> Drawn {
    let millis = |micros: Vec<f64>| median(&micros) / 1000.0;
    let of = |side: &Side| (millis(side.p50()), millis(side.p99()));
    let both: Vec<_> = rows
        .iter()
        .map(|row| [(SUBJECT, of(&row.subject)), (BASELINE, of(&row.baseline))])
        .collect();
    let all = both
        .iter()
        .flatten()
        .flat_map(|(_, (p50, p99))| [*p50, *p99]);
    let (least, most) = all.fold((f64::MAX, f64::MIN), |(least, most), millis| {
        (least.min(millis), most.max(millis))
    });
    let heights = -0.6..rows.len() as f64 - 0.4;
    let mut chart = ChartBuilder::on(area)
        .caption(
            "Latency at a fixed rate: Countersign (blue), hyper (orange)",
            ("sans-serif", 20).into_font().color(&INK),
        )
        .margin(14)
        .x_label_area_size(44)
        .y_label_area_size(NAMES)
        .build_cartesian_2d((least * 0.7..most * 1.4).log_scale(), heights)?;
    let what = "ms, from the median (dot) to p99 (ring)";
    mesh(&mut chart, rows, what, &|millis| format!("{millis}"))?;
    for (number, sides) in both.iter().enumerate() {
        for (above, (colour, (p50, p99))) in [0.12, -0.12].into_iter().zip(sides) {
            let place = place(rows, number) + above;
            let line = vec![(*p50, place), (*p99, place)];
            chart.draw_series([PathElement::new(line, colour.stroke_width(2))])?;
            chart.draw_series([Circle::new((*p50, place), 4, colour.filled())])?;
            chart.draw_series([Circle::new((*p99, place), 4, colour.stroke_width(2))])?;
        }
    }
    Ok(())
}
