//! Lines, bands and marks over time.

use wasm_bindgen::JsValue;

use crate::{
    edge::{
        clock,
        plotly::{Object, column},
    },
    model::{Zone, pair::PairPoint},
};

/// Axes know no zones: they are given the times of the wall clock.
pub(crate) fn times(times: impl ExactSizeIterator<Item = i64>, zone: Zone) -> JsValue {
    column(times.map(|time| clock::to_wall(time, zone) as f64))
}

/// The times of points.
pub(crate) fn times_of(points: &[PairPoint], zone: Zone) -> JsValue {
    times(points.iter().map(|point| point.time), zone)
}

/// The values of points; what is unknown is a hole.
pub(crate) fn values_of(
    points: &[PairPoint],
    value: impl Fn(&PairPoint) -> Option<f64>,
) -> JsValue {
    column(points.iter().map(|point| value(point).unwrap_or(f64::NAN)))
}

/// A line.
pub(crate) fn line(x: JsValue, y: JsValue, colour: &str, width: f64) -> Object {
    let line = Object::new()
        .set("color", colour)
        .set("width", width)
        .set("simplify", false);
    Object::new()
        .set("type", "scatter")
        .set("mode", "lines")
        .set("x", x)
        .set("y", y)
        .set("line", line)
        .set("connectgaps", false)
        .set("hoverinfo", "none")
        .set("showlegend", false)
}

/// The area between two lines: the lower edge, then the upper one.
pub(crate) fn band(x: &JsValue, low: JsValue, high: JsValue, fill: &str) -> [Object; 2] {
    let edge = |y: JsValue| line(x.clone(), y, "rgba(0,0,0,0)", 0.0).set("hoverinfo", "skip");
    [
        edge(low),
        edge(high).set("fill", "tonexty").set("fillcolor", fill),
    ]
}

/// Marks without a line between them.
pub(crate) fn marks(x: JsValue, y: JsValue, symbol: &str, size: i32, colour: &str) -> Object {
    let marker = Object::new()
        .set("symbol", symbol)
        .set("size", size)
        .set("color", colour);
    Object::new()
        .set("type", "scatter")
        .set("mode", "markers")
        .set("x", x)
        .set("y", y)
        .set("marker", marker)
        .set("hoverinfo", "skip")
        .set("showlegend", false)
}

/// The newest value as a dot; hollow while its bar is open.
pub(crate) fn newest(
    points: &[PairPoint],
    zone: Zone,
    colour: &str,
    value: impl Fn(&PairPoint) -> Option<f64>,
) -> Option<Object> {
    let last = points.last()?;
    let symbol = if last.closed { "circle" } else { "circle-open" };
    let dot = std::slice::from_ref(last);
    Some(marks(
        times_of(dot, zone),
        values_of(dot, value),
        symbol,
        6,
        colour,
    ))
}
