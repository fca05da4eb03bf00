//! What all charts over time have in common: the same margins, so that one moment is at the same place in each.

use crate::{
    edge::{
        clock,
        palette::Palette,
        plotly::{Figure, Object},
    },
    model::{TimeRange, Zone, pair::scale::Extent},
};

/// Space to the left of the drawing, px.
pub(crate) const LEFT_MARGIN: i32 = 8;
/// Space for the labels at the right, px.
pub(crate) const RIGHT_MARGIN: i32 = 68;
/// Space for two lines of labels below, as the style sheet's crosshair knows, px.
const BOTTOM_MARGIN: i32 = 34;
/// Space for one label on the time axis, px.
const PX_A_TIME: i32 = 92;
/// Space for one label on a value axis, px.
const PX_A_VALUE: i32 = 34;

/// What a chart is drawn on.
pub(crate) struct Sheet {
    /// The times on screen.
    pub(crate) range: TimeRange,
    pub(crate) zone: Zone,
    pub(crate) palette: Palette,
    /// Size of the chart, px.
    pub(crate) width: i32,
    pub(crate) height: i32,
    /// What is shown: while it stays, so does what a hand has done to the chart.
    pub(crate) revision: String,
}

impl Sheet {
    /// Points of a line at most: more than two a pixel cannot be told apart.
    pub(crate) fn most_points(&self) -> usize {
        usize::try_from(self.width.max(100) * 2).unwrap_or(usize::MAX)
    }

    /// Candles at most: narrower ones cannot be told apart.
    pub(crate) fn most_candles(&self) -> usize {
        usize::try_from(self.width.max(120) / 4).unwrap_or(usize::MAX)
    }

    /// A figure over time. `value_axes` are set as they are named, each over its part of the height.
    pub(crate) fn figure(
        &self,
        traces: Vec<Object>,
        value_axes: impl IntoIterator<Item = (&'static str, Object)>,
        shapes: Vec<Object>,
    ) -> Figure {
        let palette = &self.palette;
        let wall = |ms: i64| clock::to_wall(ms, self.zone) as f64;
        let times = axis(palette)
            .set("type", "date")
            .list("range", [wall(self.range.from), wall(self.range.to)])
            .set("rangeslider", Object::new().set("visible", false))
            .set("nticks", (self.width / PX_A_TIME).clamp(3, 14))
            .set("ticklabelmode", "instant")
            .set("anchor", "free")
            .set("position", 0);
        let margin = Object::new()
            .set("l", LEFT_MARGIN)
            .set("r", RIGHT_MARGIN)
            .set("t", 6)
            .set("b", BOTTOM_MARGIN)
            .set("pad", 0);
        let mut layout = Object::new()
            .set("uirevision", self.revision.as_str())
            .set("xaxis", times)
            .set("font", font(palette))
            .set("margin", margin)
            .set("paper_bgcolor", "rgba(0,0,0,0)")
            .set("plot_bgcolor", "rgba(0,0,0,0)")
            .set("dragmode", "pan")
            .set("hovermode", "x")
            .set("hoverdistance", -1)
            .set("barmode", "overlay")
            .set("bargap", 0.25)
            .set("separators", ".\u{202f}")
            .set("autosize", true)
            .set("showlegend", false)
            .list("shapes", shapes);
        for (name, value_axis) in value_axes {
            layout = layout.set(name, value_axis);
        }
        Figure {
            traces,
            layout,
            config: config(),
        }
    }

    /// An axis of values at the right, over the part of the height from `bottom` to `top` (0 … 1), reaching as far as `extent`.
    pub(crate) fn values(&self, extent: Option<Extent>, bottom: f64, top: f64) -> Object {
        let range = extent.map_or([0.0, 1.0], Extent::axis);
        let labels = (f64::from(self.height) * (top - bottom)) as i32 / PX_A_VALUE;
        axis(&self.palette)
            .set("side", "right")
            .list("domain", [bottom, top])
            .list("range", range)
            .set("fixedrange", true)
            .set("nticks", labels.clamp(2, 9))
            .set("separatethousands", true)
            .set("exponentformat", "none")
    }
}

/// How a chart behaves under a hand.
pub(crate) fn config() -> Object {
    Object::new()
        .set("displayModeBar", false)
        .set("scrollZoom", true)
        .set("doubleClick", false)
        .set("showTips", false)
        .set("responsive", false)
}

/// The type of labels.
pub(crate) fn font(palette: &Palette) -> Object {
    Object::new()
        .set("family", palette.font.as_str())
        .set("size", 11)
        .set("color", palette.muted.as_str())
}

/// A quiet axis.
pub(crate) fn axis(palette: &Palette) -> Object {
    Object::new()
        .set("gridcolor", palette.grid.as_str())
        .set("linecolor", palette.grid.as_str())
        .set("zeroline", false)
        .set("showline", false)
        .set("ticks", "")
        .set("showspikes", false)
}

/// A line across the chart at `value` of the value axis `axis` (`y`, `y2`).
pub(crate) fn level(axis: &str, value: f64, colour: &str, dash: &str) -> Object {
    let line = Object::new()
        .set("color", colour)
        .set("width", 1)
        .set("dash", dash);
    across(axis, value, value)
        .set("type", "line")
        .set("line", line)
}

/// A tinted stretch of the value axis.
pub(crate) fn zone(axis: &str, from: f64, to: f64, colour: &str) -> Object {
    across(axis, from, to)
        .set("type", "rect")
        .set("fillcolor", colour)
        .set("line", Object::new().set("width", 0))
}

fn across(axis: &str, from: f64, to: f64) -> Object {
    Object::new()
        .set("layer", "below")
        .set("xref", "paper")
        .set("x0", 0)
        .set("x1", 1)
        .set("yref", axis)
        .set("y0", from)
        .set("y1", to)
}
