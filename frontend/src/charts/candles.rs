//! Candles with volume below, the price of the moment at the right edge.

use api_types::BarRow;

use super::{Sheet, sheet::level, trace};
use crate::{
    edge::{
        palette::Palette,
        plotly::{Figure, Object, column},
    },
    model::{draw::Drawn, format, pair::scale::Extent},
};

/// Share of the height that volume takes.
const VOLUME_SHARE: f64 = 0.17;
const PRICE_FLOOR: f64 = 0.21;

/// `last` is the close of the latest bar and whether that bar rises; `decimals` are those of the prices.
pub(crate) fn figure(sheet: &Sheet, drawn: &Drawn, last: (f64, bool), decimals: usize) -> Figure {
    let palette = &sheet.palette;
    let traces = vec![
        candles(sheet, drawn),
        volume(
            sheet,
            drawn,
            |bar| bar.close >= bar.open,
            &palette.volume_up,
        ),
        volume(
            sheet,
            drawn,
            |bar| bar.close < bar.open,
            &palette.volume_down,
        ),
    ];
    let prices = drawn.prices.map(|(low, high)| Extent { low, high });
    let prices = sheet
        .values(prices, PRICE_FLOOR, 1.0)
        .set("tickformat", format!(",.{decimals}f"));
    let volumes = sheet
        .values(None, 0.0, VOLUME_SHARE)
        .list("range", [0.0, drawn.volume.max(1e-12) * 1.08])
        .set("nticks", 2)
        .set("tickformat", "~s");
    let (price, is_rising) = last;
    let colour = if is_rising {
        &palette.up
    } else {
        &palette.down
    };
    let mut figure = sheet.figure(
        traces,
        [("yaxis", prices), ("yaxis2", volumes)],
        vec![level("y", price, colour, "dot")],
    );
    // Out of sight of the prices, a label would stand over the volume.
    if drawn
        .prices
        .is_some_and(|(low, high)| low <= price && price <= high)
    {
        let label = price_label(price, decimals, colour, palette);
        figure.layout = figure.layout.list("annotations", [label]);
    }
    figure
}

fn candles(sheet: &Sheet, drawn: &Drawn) -> Object {
    let bars = &drawn.candles;
    let palette = &sheet.palette;
    let prices = |price: fn(&BarRow) -> f64| column(bars.iter().map(price));
    let side = |colour: &str| {
        let line = Object::new().set("color", colour).set("width", 1);
        Object::new().set("line", line).set("fillcolor", colour)
    };
    Object::new()
        .set("type", "candlestick")
        .set(
            "x",
            trace::times(bars.iter().map(|bar| bar.time), sheet.zone),
        )
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

fn volume(sheet: &Sheet, drawn: &Drawn, is_on_side: fn(&BarRow) -> bool, colour: &str) -> Object {
    let bars: Vec<_> = drawn.candles.iter().filter(|bar| is_on_side(bar)).collect();
    let marker = Object::new()
        .set("color", colour)
        .set("line", Object::new().set("width", 0));
    Object::new()
        .set("type", "bar")
        .set(
            "x",
            trace::times(bars.iter().map(|bar| bar.time), sheet.zone),
        )
        .set("y", column(bars.iter().map(|bar| bar.volume)))
        .set("yaxis", "y2")
        .set("marker", marker)
        .set("hoverinfo", "skip")
        .set("showlegend", false)
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
