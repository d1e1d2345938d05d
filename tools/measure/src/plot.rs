//! Plots as SVG, with nothing but what a browser has. Colours are classes, so that the page decides them for light and dark; a plot that stands in a
//! file of its own ([`file()`]) brings them along.

use std::fmt::Write as _;

const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 260.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 15.0;
const TOP: f64 = 26.0;
const BOTTOM: f64 = 42.0;
/// Colours that the page has; further bars begin again.
const COLOURS: usize = 8;
/// Lines across a plot, about.
const TICKS: f64 = 5.0;

/// A line of a plot: its name, and its points.
#[derive(Debug)]
pub struct Line {
    /// What the legend calls it.
    pub name: String,
    /// Where it goes, from left to right.
    pub points: Vec<(f64, f64)>,
}

/// A stretch of the x axis that is set off from the rest.
#[derive(Debug)]
pub struct Band {
    /// What is written in it.
    pub name: String,
    /// Where it begins.
    pub begin: f64,
    /// Where it ends.
    pub end: f64,
}

/// What a plot of lines shows.
#[derive(Debug)]
pub struct Lines {
    /// Above the plot.
    pub title: String,
    /// What is to the right, with its unit.
    pub x_label: String,
    /// What is upwards, with its unit.
    pub y_label: String,
    /// Powers of ten up the y axis; values at or below 0 are left out.
    pub is_logarithmic: bool,
    /// Behind the lines.
    pub bands: Vec<Band>,
    /// In the order of the legend.
    pub lines: Vec<Line>,
}

/// Groups of bars: one group a name, one bar a series.
#[derive(Debug)]
pub struct Bars {
    /// Above the plot.
    pub title: String,
    /// What is to the right, with its unit.
    pub x_label: String,
    /// What is upwards, with its unit.
    pub y_label: String,
    /// The legend.
    pub series: Vec<String>,
    /// Each with its name, and a value for each series.
    pub groups: Vec<(String, Vec<f64>)>,
}

/// The colours of a plot that stands alone, on white.
const STYLE: &str = "text{font:11px system-ui,sans-serif;fill:#66707d}.title{font-weight:600;font-size:12px;fill:#1c2430}\
.grid{stroke:#dde2e8}.band{fill:#f0c36d40}.line{fill:none;stroke-width:1.6;stroke-linejoin:round}\
.c0.line{stroke:#1f77b4}.c1.line{stroke:#d1662b}.c2.line{stroke:#2a9d5c}.c3.line{stroke:#9355b5}\
.c4.line{stroke:#b8860b}.c5.line{stroke:#0f8b8d}.c6.line{stroke:#c2456b}.c7.line{stroke:#6b7280}\
.c0.bar{fill:#1f77b4}.c1.bar{fill:#d1662b}.c2.bar{fill:#2a9d5c}.c3.bar{fill:#9355b5}\
.c4.bar{fill:#b8860b}.c5.bar{fill:#0f8b8d}.c6.bar{fill:#c2456b}.c7.bar{fill:#6b7280}";

/// A text as HTML and SVG write it.
#[must_use]
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// A plot of [`lines`] or [`bars`] as a file that is complete in itself.
#[must_use]
pub fn file(plot: &str) -> String {
    let head = format!("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\" ");
    let body = format!(">\n<style>{STYLE}</style>\n<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#ffffff\"/>\n");
    plot.replacen("<svg ", &head, 1).replacen(">\n", &body, 1)
}

/// The y axis: from value to height.
struct Axis {
    low: f64,
    high: f64,
    is_logarithmic: bool,
}

impl Axis {
    fn of(values: impl Iterator<Item = f64>, is_logarithmic: bool) -> Self {
        let (mut low, mut high) = (f64::INFINITY, 0.0_f64);
        for value in values.filter(|value| value.is_finite() && *value > 0.0) {
            (low, high) = (low.min(value), high.max(value));
        }
        if high <= 0.0 {
            (low, high) = (1.0, 10.0);
        }
        if is_logarithmic {
            (low, high) = (10_f64.powf(low.log10().floor()), 10_f64.powf(high.log10().ceil()));
            return Axis {
                low,
                high: high.max(low * 10.0),
                is_logarithmic,
            };
        }
        let step = nice(high / TICKS);
        Axis {
            low: 0.0,
            high: (high / step).ceil() * step,
            is_logarithmic,
        }
    }

    fn y(&self, value: f64) -> f64 {
        let share = if self.is_logarithmic {
            (value.max(self.low).log10() - self.low.log10()) / (self.high.log10() - self.low.log10())
        } else {
            value / self.high
        };
        TOP + (HEIGHT - TOP - BOTTOM) * (1.0 - share.clamp(0.0, 1.0))
    }

    fn ticks(&self) -> Vec<f64> {
        let mut ticks = Vec::new();
        let mut tick = self.low;
        let step = nice(self.high / TICKS);
        while tick <= self.high * 1.001 {
            ticks.push(tick);
            tick = if self.is_logarithmic { tick * 10.0 } else { tick + step };
        }
        ticks
    }
}

/// 1, 2 or 5 times a power of ten, at or above `value`.
fn nice(value: f64) -> f64 {
    let power = 10_f64.powf(value.max(1e-9).log10().floor());
    let lead = [1.0, 2.0, 5.0].into_iter().find(|lead| lead * power >= value * 0.999);
    lead.unwrap_or(10.0) * power
}

fn short(value: f64) -> String {
    match value {
        value if value >= 1e6 => format!("{}M", value / 1e6),
        value if value >= 1e4 => format!("{}k", value / 1e3),
        value => format!("{}", (value * 1e6).round() / 1e6),
    }
}

fn open(title: &str, x_label: &str, y_label: &str) -> String {
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">\n",
        escape(title)
    );
    let (middle, bottom) = (LEFT + (WIDTH - LEFT - RIGHT) / 2.0, HEIGHT - 6.0);
    // Writing to a String cannot fail.
    let _ = writeln!(
        svg,
        "<text class=\"title\" x=\"{LEFT}\" y=\"14\">{}</text>",
        escape(title)
    );
    let _ = writeln!(
        svg,
        "<text x=\"{middle}\" y=\"{bottom}\" text-anchor=\"middle\">{}</text>",
        escape(x_label)
    );
    let across = TOP + (HEIGHT - TOP - BOTTOM) / 2.0;
    let _ = writeln!(
        svg,
        "<text transform=\"translate(14 {across}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
        escape(y_label)
    );
    svg
}

fn grid(svg: &mut String, axis: &Axis) {
    for tick in axis.ticks() {
        let (y, end) = (axis.y(tick), WIDTH - RIGHT);
        let _ = writeln!(
            svg,
            "<line class=\"grid\" x1=\"{LEFT}\" y1=\"{y:.1}\" x2=\"{end}\" y2=\"{y:.1}\"/>"
        );
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            LEFT - 6.0,
            y + 4.0,
            short(tick)
        );
    }
}

fn legend(svg: &mut String, names: &[String]) {
    let mut x = WIDTH - RIGHT;
    for (at, name) in names.iter().enumerate().rev() {
        x -= 24.0 + 7.0 * name.len() as f64;
        let colour = at % COLOURS;
        let _ = writeln!(
            svg,
            "<rect class=\"c{colour} bar\" x=\"{x:.1}\" y=\"5\" width=\"10\" height=\"10\"/>"
        );
        let _ = writeln!(svg, "<text x=\"{:.1}\" y=\"14\">{}</text>", x + 14.0, escape(name));
    }
}

/// Lines over time, or over whatever begins at 0.
#[must_use]
pub fn lines(plot: &Lines) -> String {
    let all = || plot.lines.iter().flat_map(|line| &line.points);
    let axis = Axis::of(all().map(|point| point.1), plot.is_logarithmic);
    let x_max = all()
        .map(|point| point.0)
        .chain(plot.bands.iter().map(|band| band.end))
        .fold(1e-3, f64::max);
    let x_of = |value: f64| LEFT + (WIDTH - LEFT - RIGHT) * value / x_max;
    let mut svg = open(&plot.title, &plot.x_label, &plot.y_label);
    for (at, band) in plot.bands.iter().enumerate() {
        // In two rows: steps may follow each other closely.
        let row = TOP + 11.0 + 12.0 * (at % 2) as f64;
        let (x, width) = (x_of(band.begin), (x_of(band.end) - x_of(band.begin)).max(1.5));
        let height = HEIGHT - TOP - BOTTOM;
        let _ = writeln!(
            svg,
            "<rect class=\"band\" x=\"{x:.1}\" y=\"{TOP}\" width=\"{width:.1}\" height=\"{height}\"/>"
        );
        let _ = writeln!(
            svg,
            "<text class=\"mark\" x=\"{:.1}\" y=\"{}\">{}</text>",
            x + 3.0,
            row,
            escape(&band.name)
        );
    }
    grid(&mut svg, &axis);
    let step = nice(x_max / 10.0);
    let mut tick = 0.0;
    while tick <= x_max * 1.001 {
        let (x, y) = (x_of(tick), HEIGHT - BOTTOM + 16.0);
        let _ = writeln!(
            svg,
            "<text x=\"{x:.1}\" y=\"{y}\" text-anchor=\"middle\">{}</text>",
            short(tick)
        );
        tick += step;
    }
    for (at, line) in plot.lines.iter().enumerate() {
        let drawn = line.points.iter().filter(|point| !plot.is_logarithmic || point.1 > 0.0);
        let points: Vec<String> = drawn
            .map(|(x, y)| format!("{:.1},{:.1}", x_of(*x), axis.y(*y)))
            .collect();
        let _ = writeln!(svg, "<polyline class=\"c{at} line\" points=\"{}\"/>", points.join(" "));
    }
    legend(
        &mut svg,
        &plot.lines.iter().map(|line| line.name.clone()).collect::<Vec<_>>(),
    );
    svg.push_str("</svg>\n");
    svg
}

/// Bars side by side.
#[must_use]
pub fn bars(plot: &Bars) -> String {
    let axis = Axis::of(plot.groups.iter().flat_map(|(_, values)| values.iter().copied()), false);
    let mut svg = open(&plot.title, &plot.x_label, &plot.y_label);
    grid(&mut svg, &axis);
    let group_width = (WIDTH - LEFT - RIGHT) / plot.groups.len().max(1) as f64;
    let bar_width = (group_width * 0.8 / plot.series.len().max(1) as f64).min(48.0);
    for (at, (name, values)) in plot.groups.iter().enumerate() {
        let middle = LEFT + group_width * (at as f64 + 0.5);
        let first = middle - bar_width * values.len() as f64 / 2.0;
        for (bar, value) in values.iter().enumerate() {
            let (x, y) = (first + bar_width * bar as f64, axis.y(*value));
            let (width, height) = ((bar_width - 2.0).max(0.5), HEIGHT - BOTTOM - y);
            let tip = format!(
                "{name}, {}: {}",
                plot.series.get(bar).map_or("", String::as_str),
                short(value.round())
            );
            let _ = writeln!(
                svg,
                "<rect class=\"c{} bar\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"><title>{}</title></rect>",
                bar % COLOURS,
                escape(&tip)
            );
        }
        let y = HEIGHT - BOTTOM + 16.0;
        let _ = writeln!(
            svg,
            "<text x=\"{middle:.1}\" y=\"{y}\" text-anchor=\"middle\">{}</text>",
            escape(name)
        );
    }
    legend(&mut svg, &plot.series);
    svg.push_str("</svg>\n");
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_numbers_that_span_the_values() {
        let axis = Axis::of([3.0, 870.0].into_iter(), false);
        assert_eq!(axis.ticks(), [0.0, 200.0, 400.0, 600.0, 800.0, 1_000.0]);
        let axis = Axis::of([3.0, 870.0].into_iter(), true);
        assert_eq!(axis.ticks(), [1.0, 10.0, 100.0, 1_000.0]);
        assert!(axis.y(1.0) > axis.y(1_000.0), "more is higher up");
    }

    #[test]
    fn a_plot_in_a_file_of_its_own_brings_its_colours() {
        let plot = Lines {
            title: "a < b".to_owned(),
            x_label: "s".to_owned(),
            y_label: "n".to_owned(),
            is_logarithmic: false,
            bands: Vec::new(),
            lines: vec![Line {
                name: "n".to_owned(),
                points: vec![(0.0, 1.0), (1.0, 2.0)],
            }],
        };
        let file = file(&lines(&plot));
        assert!(file.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
        assert!(file.contains("<style>") && file.contains("a &lt; b") && file.ends_with("</svg>\n"));
        assert_eq!(file.matches("<svg").count(), 1);
    }

    #[test]
    fn nothing_to_show_is_a_plot_too() {
        let plot = Bars {
            title: String::new(),
            x_label: String::new(),
            y_label: String::new(),
            series: Vec::new(),
            groups: Vec::new(),
        };
        assert!(bars(&plot).ends_with("</svg>\n"));
        assert!(Axis::of([0.0, f64::NAN].into_iter(), true).y(0.0).is_finite());
    }
}
