//! The plots: every chart over the same seconds, with the mail and the doors.

use std::path::Path;

use plotters::coord::Shift;
use plotters::coord::ranged1d::{AsRangedCoord, Ranged, ValueFormatter};
use plotters::prelude::*;

use super::charts::{self, Chart, Line};
use super::day::Day;
use super::results::Results;
use crate::Error;

const WIDTH: u32 = 960;
/// Of one chart.
const HEIGHT: u32 = 380;
/// Left for the names of the lines, right of the chart.
const NAMES: i32 = 210;
const INK: RGBColor = RGBColor(30, 30, 30);
const GRID: RGBColor = RGBColor(225, 225, 225);
const MARK: RGBColor = RGBColor(120, 120, 120);
// Apart for people who see no red or no green, and in print (Okabe and Ito).
const COLOURS: [RGBColor; 8] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(0, 0, 0),
    RGBColor(150, 150, 150),
];

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), Box<dyn std::error::Error>>;

/// Draws all of them.
pub(super) fn write(results: &Results) -> Result<(), Error> {
    for (name, charts) in charts::all(results) {
        let file = results.plan.out.join(name);
        draw_all(&file, &charts, results.plan.day)
            .map_err(|error| format!("{} cannot be drawn: {error}", file.display()))?;
    }
    Ok(())
}

fn draw_all(file: &Path, charts: &[Chart], day: Day) -> Drawn {
    let size = (WIDTH, HEIGHT * charts.len() as u32);
    let area = SVGBackend::new(file, size).into_drawing_area();
    // On a ground of its own, so that it can be read on a dark page too.
    area.fill(&WHITE)?;
    for (area, chart) in area.split_evenly((charts.len(), 1)).iter().zip(charts) {
        let points = chart.lines.iter().flat_map(|line| &line.points);
        let most = points.map(|(_, value)| *value).fold(1.0, f64::max);
        match chart.log_from {
            Some(least) => draw(area, chart, day, (least..most * 1.5).log_scale())?,
            None => draw(area, chart, day, 0.0..most * 1.1)?,
        }
    }
    area.present()?;
    Ok(())
}

fn draw<Y>(area: &Area<'_>, chart: &Chart, day: Day, heights: Y) -> Drawn
where
    Y: AsRangedCoord<Value = f64>,
    Y::CoordDescType: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    let mut context = ChartBuilder::on(area)
        .caption(chart.title, font(20, INK))
        .margin(14)
        .margin_right(NAMES)
        .x_label_area_size(44)
        .y_label_area_size(64)
        .build_cartesian_2d(0.0..day.end(), heights)?;
    context
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(INK)
        .label_style(font(14, INK))
        .x_desc("seconds")
        .y_desc(chart.unit)
        .x_label_formatter(&|second| format!("{second:.0}"))
        .y_label_formatter(&|value| format!("{value}"))
        .draw()?;
    let least = chart.log_from.unwrap_or_default();
    for line in &chart.lines {
        let points = line.points.iter();
        let points = points.map(|(at, value)| (*at, value.max(least)));
        context.draw_series(LineSeries::new(points, style(line)))?;
    }
    let bottom = context.as_coord_spec().get_y_range().start;
    let marks = [(day.mail(), "mail goes out"), (day.doors(), "doors")];
    let places = marks.map(|(at, name)| (context.backend_coord(&(at, bottom)), name));
    let (_, heights) = context.plotting_area().get_pixel_range();
    let (left, above) = area.get_base_pixel();
    for ((x, _), name) in places {
        let (x, top) = (x - left, heights.start - above);
        let mark = [(x, top), (x, heights.end - above)];
        area.draw(&PathElement::new(mark, MARK.stroke_width(1)))?;
        area.draw(&Text::new(name, (x + 4, top + 2), font(13, MARK)))?;
    }
    names(area, &chart.lines)
}

fn style(line: &Line) -> ShapeStyle {
    let colour = COLOURS[line.number % COLOURS.len()];
    colour.stroke_width(if line.thin { 1 } else { 2 })
}

fn font(size: u32, colour: RGBColor) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&colour)
}

/// The names of the lines, each beside its colour, right of the chart.
fn names(area: &Area<'_>, lines: &[Line]) -> Drawn {
    let left = WIDTH as i32 - NAMES + 10;
    let named = lines.iter().filter_map(|line| Some((line, line.name?)));
    for (place, (line, name)) in (0..).zip(named) {
        let y = 52 + 20 * place;
        let sample = [(left, y + 6), (left + 16, y + 6)];
        area.draw(&PathElement::new(sample, style(line)))?;
        area.draw(&Text::new(name, (left + 22, y), font(12, INK)))?;
    }
    Ok(())
}
