//! One leg against the other, and the line of every model.

use api_types::{Model, PairLine, Transform};

use super::{
    Sheet,
    sheet::{axis, config, font},
    trace,
};
use crate::{
    edge::{
        palette::Palette,
        plotly::{Figure, Object, column},
    },
    model::{
        cloud::Cloud,
        pair::{PairPoint, scale::Extent, thin},
    },
};

/// Points of the cloud at most.
const MOST_POINTS: usize = 800;

/// The cloud over the times on screen, older points fainter.
pub(crate) fn figure(
    sheet: &Sheet,
    points: &[PairPoint],
    lines: &[PairLine],
    transform: Transform,
    window: Option<Cloud>,
) -> Figure {
    let palette = &sheet.palette;
    let drawn = thin::sample(points, sheet.range, MOST_POINTS);
    let of = |value: f64| match transform {
        Transform::Level => value,
        Transform::Log => value.ln(),
    };
    let xs = Extent::of(drawn.iter().map(|point| Some(of(point.x))));
    let ys = Extent::of(drawn.iter().map(|point| Some(of(point.y))));
    let mut traces = vec![cloud(&drawn, of, palette)];
    for line in lines {
        traces.extend(xs.and_then(|xs| fitted(line, xs, palette)));
    }
    traces.extend(drawn.last().map(|last| {
        let one = |value: f64| column([of(value)].into_iter());
        trace::marks(one(last.x), one(last.y), "circle-open", 11, &palette.text)
    }));
    let scale = |extent: Option<Extent>, chosen: Option<[f64; 2]>| {
        axis(palette)
            .list(
                "range",
                chosen.unwrap_or_else(|| extent.map_or([0.0, 1.0], Extent::axis)),
            )
            .set("nticks", 5)
            .set("separatethousands", true)
            .set("exponentformat", "none")
    };
    let margin = Object::new()
        .set("l", 8)
        .set("r", 68)
        .set("t", 6)
        .set("b", 24)
        .set("pad", 0);
    let label = Object::new()
        .set("bgcolor", palette.surface.as_str())
        .set("bordercolor", palette.crosshair.as_str())
        .set("font", font(palette).set("color", palette.text.as_str()));
    let layout = Object::new()
        .set("hoverlabel", label)
        .set("uirevision", sheet.revision.as_str())
        .set(
            "xaxis",
            scale(xs, window.map(|window| [window[0], window[1]])),
        )
        .set(
            "yaxis",
            scale(ys, window.map(|window| [window[2], window[3]])).set("side", "right"),
        )
        .set("font", font(palette))
        .set("margin", margin)
        .set("paper_bgcolor", "rgba(0,0,0,0)")
        .set("plot_bgcolor", "rgba(0,0,0,0)")
        .set("dragmode", "pan")
        .set("hovermode", "closest")
        .set("separators", ".\u{202f}")
        .set("autosize", true)
        .set("showlegend", false);
    Figure {
        traces,
        layout,
        config: config(),
    }
}

fn cloud(points: &[PairPoint], of: impl Fn(f64) -> f64, palette: &Palette) -> Object {
    let ages = column((0..points.len()).map(|at| at as f64));
    let marker = Object::new()
        .set("size", 4)
        .set("color", ages)
        .list(
            "colorscale",
            [pair(0, &palette.cloud_old), pair(1, &palette.cloud_new)],
        )
        .set("showscale", false);
    Object::new()
        .set("type", "scatter")
        .set("mode", "markers")
        .set("x", column(points.iter().map(|point| of(point.x))))
        .set("y", column(points.iter().map(|point| of(point.y))))
        .set("marker", marker)
        .set("hoverinfo", "x+y")
        .set("showlegend", false)
}

fn pair(at: i32, colour: &str) -> js_sys::Array {
    js_sys::Array::of2(&at.into(), &colour.into())
}

fn fitted(line: &PairLine, xs: Extent, palette: &Palette) -> Option<Object> {
    let (alpha, beta) = line.alpha.zip(line.beta)?;
    // Beyond the cloud, so that a moved screen still has its lines.
    let room = xs.high - xs.low;
    let ends = [xs.low - room, xs.high + room];
    let ys = ends.map(|x| alpha + beta * x);
    Some(
        trace::line(
            column(ends.into_iter()),
            column(ys.into_iter()),
            colour(line.model, palette),
            1.6,
        )
        .set("name", line.model.as_str())
        .set("hoverinfo", "skip"),
    )
}

/// The colour of a model.
pub(crate) fn colour(model: Model, palette: &Palette) -> &str {
    match model {
        Model::Ols => &palette.ols,
        Model::Huber => &palette.huber,
        Model::TheilSen => &palette.theil_sen,
        Model::Kalman => &palette.kalman,
    }
}
