//! Plotly.js, as much of it as the page uses. Series cross the border as typed arrays, never as text.

mod bindings;
mod events;
mod object;

use js_sys::{Array, Float64Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::HtmlElement;

pub(crate) use events::{ChartEvent, Listeners, PlaneEvent};
pub(crate) use object::Object;

/// What to draw: traces and layout, as <https://plotly.com/javascript/reference/> names their attributes.
pub(crate) struct Figure {
    pub(crate) traces: Vec<Object>,
    pub(crate) layout: Object,
    pub(crate) config: Object,
}

/// Plotly could not do it: the script did not load, or a figure is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the chart cannot be drawn ({0})")]
pub(crate) struct PlotlyError(String);

impl From<JsValue> for PlotlyError {
    fn from(error: JsValue) -> Self {
        let message = error
            .dyn_ref::<js_sys::Error>()
            .map(|error| String::from(error.message()));
        Self(
            message
                .or_else(|| error.as_string())
                .unwrap_or_else(|| "no reason given".to_owned()),
        )
    }
}

/// Draws a figure, or changes the one that is there into it.
pub(crate) fn react(element: &HtmlElement, figure: &Figure) -> Result<(), PlotlyError> {
    let traces: Array = figure.traces.iter().map(Object::as_js).collect();
    // The drawing is done when the call returns; the promise only says so once more.
    let _ = bindings::react(
        element,
        &traces,
        figure.layout.as_js(),
        figure.config.as_js(),
    )?;
    Ok(())
}

/// Fits the chart to its element.
pub(crate) fn resize(element: &HtmlElement) -> Result<(), PlotlyError> {
    Ok(bindings::resize(element)?)
}

/// Takes the chart away and frees what it holds.
pub(crate) fn purge(element: &HtmlElement) {
    // Nothing to free where nothing was drawn.
    let _ = bindings::purge(element);
}

/// Lets the browser save the chart as a picture.
pub(crate) fn save_png(
    element: &HtmlElement,
    file_stem: &str,
    background: &str,
) -> Result<(), PlotlyError> {
    // The browser tells the person how the download goes.
    let _ = bindings::save_png(element, file_stem, background)?;
    Ok(())
}

/// A column of numbers; what is not finite is a hole.
pub(crate) fn column(values: impl ExactSizeIterator<Item = f64>) -> JsValue {
    let length = u32::try_from(values.len()).expect("a chart has a few thousand points");
    let column = Float64Array::new_with_length(length);
    for (index, value) in (0..length).zip(values) {
        column.set_index(index, value);
    }
    column.into()
}

/// From and to of x, then of y, as a plane is drawn now.
pub(crate) fn plane(element: &HtmlElement) -> Option<[f64; 4]> {
    bindings::plane(element)
}
