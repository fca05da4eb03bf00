//! Candles with volume below, the price of the moment at the right edge.

use api_types::BarRow;
use wasm_bindgen::JsValue;

use crate::{
    edge::{
        clock,
        palette::Palette,
        plotly::{Figure, Object, column},
    },
    model::{TimeRange, Zone, draw::Drawn, format},
};

/// Everything that the figure depends on.
pub(crate) struct Inputs<'a> {
    pub(crate) drawn: &'a Drawn,
    pub(crate) range: TimeRange,
    pub(crate) zone: Zone,
    pub(crate) palette: &'a Palette,
    /// Close of the latest bar, and whether that bar rises.
    pub(crate) last: Option<(f64, bool)>,
    pub(crate) decimals: usize,
    /// Width of the chart, px.
    pub(crate) width: i32,
    /// What is shown: while it stays, so does what a hand has done to the chart.
    pub(crate) revision: &'a str,
}

/// Share of the height that volume takes.
const VOLUME_SHARE: f64 = 0.18;
const PRICE_FLOOR: f64 = 0.22;
/// Space for one label on the time axis, px.
const PX_A_TIME: i32 = 84;
/// Space for the price labels, px.
const RIGHT_MARGIN: i32 = 78;

/// The figure.
pub(crate) fn figure(inputs: &Inputs<'_>) -> Figure {
    Figure {
        traces: vec![
            candles(inputs),
            volume(
                inputs,
                |bar| bar.close >= bar.open,
                &inputs.palette.volume_up,
            ),
            volume(
                inputs,
                |bar| bar.close < bar.open,
                &inputs.palette.volume_down,
            ),
        ],
        layout: layout(inputs),
        config: Object::new()
            .set("displayModeBar", false)
            .set("scrollZoom", true)
            .set("doubleClick", false)
            .set("showTips", false)
            .set("responsive", false),
    }
}

fn candles(inputs: &Inputs<'_>) -> Object {
    let bars = &inputs.drawn.candles;
    let palette = inputs.palette;
    let prices = |price: fn(&BarRow) -> f64| column(bars.iter().map(price));
    let side = |colour: &str| {
        let line = Object::new().set("color", colour).set("width", 1);
        Object::new().set("line", line).set("fillcolor", colour)
    };
    Object::new()
        .set("type", "candlestick")
        .set("x", times(bars, inputs.zone))
        .set("open", prices(|bar| bar.open))
        .set("high", prices(|bar| bar.high))
        .set("low", prices(|bar| bar.low))
        .set("close", prices(|bar| bar.close))
        .set("increasing", side(&palette.up))
        .set("decreasing", side(&palette.down))
        .set("whiskerwidth", 0)
        .set("hoverinfo", "none")
        .set("showlegend", false)
}

fn volume(inputs: &Inputs<'_>, is_on_side: fn(&BarRow) -> bool, colour: &str) -> Object {
    let bars: Vec<_> = inputs
        .drawn
        .candles
        .iter()
        .filter(|bar| is_on_side(bar))
        .copied()
        .collect();
    Object::new()
        .set("type", "bar")
        .set("x", times(&bars, inputs.zone))
        .set("y", column(bars.iter().map(|bar| bar.volume)))
        .set("yaxis", "y2")
        .set(
            "marker",
            Object::new()
                .set("color", colour)
                .set("line", Object::new().set("width", 0)),
        )
        .set("hoverinfo", "skip")
        .set("showlegend", false)
}

fn layout(inputs: &Inputs<'_>) -> Object {
    let palette = inputs.palette;
    let font = Object::new()
        .set("family", palette.font.as_str())
        .set("size", 11)
        .set("color", palette.muted.as_str());
    let (low, high) = inputs.drawn.prices.unwrap_or((0.0, 1.0));
    let room = if high > low {
        (high - low) * 0.07
    } else {
        high.abs() * 0.001 + 1e-9
    };
    let prices = axis(palette)
        .set("side", "right")
        .list("domain", [PRICE_FLOOR, 1.0])
        .list("range", [low - room, high + room])
        .set("fixedrange", true)
        .set("tickformat", format!(",.{}f", inputs.decimals))
        .set("nticks", 9)
        .set("separatethousands", true);
    let volumes = axis(palette)
        .set("side", "right")
        .list("domain", [0.0, VOLUME_SHARE])
        .list("range", [0.0, inputs.drawn.volume.max(1e-12) * 1.08])
        .set("fixedrange", true)
        .set("nticks", 3)
        .set("tickformat", "~s")
        .set("showspikes", false);
    let wall = |ms: i64| clock::to_wall(ms, inputs.zone) as f64;
    let times = axis(palette)
        .set("type", "date")
        .list("range", [wall(inputs.range.from), wall(inputs.range.to)])
        .set("rangeslider", Object::new().set("visible", false))
        .set("anchor", "y2")
        .set("nticks", (inputs.width / PX_A_TIME).clamp(3, 14))
        .set("ticklabelmode", "instant")
        .set("spikemode", "across");
    let margin = Object::new()
        .set("l", 6)
        .set("r", RIGHT_MARGIN)
        .set("t", 8)
        .set("b", 38)
        .set("pad", 0);
    let layout = Object::new()
        .set("uirevision", inputs.revision)
        .set("xaxis", times)
        .set("yaxis", prices)
        .set("yaxis2", volumes)
        .set("font", font)
        .set("margin", margin)
        .set("paper_bgcolor", "rgba(0,0,0,0)")
        .set("plot_bgcolor", "rgba(0,0,0,0)")
        .set("dragmode", "pan")
        .set("hovermode", "x")
        .set("hoverdistance", 400)
        .set("spikedistance", -1)
        .set("barmode", "overlay")
        .set("bargap", 0.25)
        .set("separators", ".\u{202f}")
        .set("autosize", true)
        .set("showlegend", false);
    match inputs.last {
        Some((price, is_rising)) => {
            let colour = if is_rising {
                &palette.up
            } else {
                &palette.down
            };
            layout.list("shapes", [price_line(price, colour)]).list(
                "annotations",
                [price_label(price, inputs.decimals, colour, palette)],
            )
        }
        None => layout,
    }
}

fn axis(palette: &Palette) -> Object {
    Object::new()
        .set("gridcolor", palette.grid.as_str())
        .set("linecolor", palette.grid.as_str())
        .set("zeroline", false)
        .set("showline", false)
        .set("ticks", "")
        .set("showspikes", true)
        .set("spikesnap", "cursor")
        .set("spikemode", "across")
        .set("spikethickness", -2)
        .set("spikedash", "dot")
        .set("spikecolor", palette.crosshair.as_str())
}

fn price_line(price: f64, colour: &str) -> Object {
    let line = Object::new()
        .set("color", colour)
        .set("width", 1)
        .set("dash", "dot");
    Object::new()
        .set("type", "line")
        .set("layer", "below")
        .set("xref", "paper")
        .set("x0", 0)
        .set("x1", 1)
        .set("yref", "y")
        .set("y0", price)
        .set("y1", price)
        .set("line", line)
}

fn price_label(price: f64, decimals: usize, colour: &str, palette: &Palette) -> Object {
    let font = Object::new()
        .set("size", 11)
        .set("color", palette.on_price.as_str());
    Object::new()
        .set("xref", "paper")
        .set("x", 1)
        .set("xanchor", "left")
        .set("yref", "y")
        .set("y", price)
        .set("yanchor", "middle")
        .set("text", format::price(price, decimals))
        .set("showarrow", false)
        .set("bgcolor", colour)
        .set("borderpad", 3)
        .set("font", font)
}

/// Axes know no zones: they are given the times of the wall clock.
fn times(bars: &[BarRow], zone: Zone) -> JsValue {
    column(bars.iter().map(|bar| clock::to_wall(bar.time, zone) as f64))
}
