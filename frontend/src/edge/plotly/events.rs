//! What a person does to a chart.

use js_sys::{Array, Date, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::HtmlElement;

use super::bindings::ChartElement;

/// Times are those of the axis, in ms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum ChartEvent {
    /// The hand is moving the axis.
    Moving,
    /// The axis was moved to show these times.
    Moved { from: f64, to: f64 },
    /// Everything back as it was.
    Reset,
    /// The pointer is over this time.
    Hover(f64),
    /// The pointer has left.
    Leave,
}

/// Listeners of one chart; they go with the chart's element.
pub(crate) struct Listeners {
    _closures: Vec<Closure<dyn FnMut(JsValue)>>,
}

impl Listeners {
    /// Attaches to a chart that was drawn at least once.
    pub(crate) fn attach(
        element: &HtmlElement,
        on_event: impl Fn(ChartEvent) + Clone + 'static,
    ) -> Self {
        let chart: &ChartElement = element.unchecked_ref();
        let listen = |name: &str, read: fn(&JsValue) -> Option<ChartEvent>| {
            let on_event = on_event.clone();
            let closure = Closure::<dyn FnMut(JsValue)>::new(move |detail: JsValue| {
                if let Some(event) = read(&detail) {
                    on_event(event);
                }
            });
            chart.on(name, closure.as_ref().unchecked_ref());
            closure
        };
        Self {
            _closures: vec![
                listen("plotly_relayouting", |_| Some(ChartEvent::Moving)),
                listen("plotly_relayout", moved),
                listen("plotly_doubleclick", |_| Some(ChartEvent::Reset)),
                listen("plotly_hover", hovered),
                listen("plotly_unhover", |_| Some(ChartEvent::Leave)),
            ],
        }
    }
}

fn moved(detail: &JsValue) -> Option<ChartEvent> {
    let get = |name: &str| Reflect::get(detail, &JsValue::from_str(name)).ok();
    let (from, to) = match get("xaxis.range").filter(Array::is_array) {
        Some(range) => {
            let range: Array = range.unchecked_into();
            (range.get(0), range.get(1))
        }
        None => (get("xaxis.range[0]")?, get("xaxis.range[1]")?),
    };
    Some(ChartEvent::Moved {
        from: axis_time(&from)?,
        to: axis_time(&to)?,
    })
}

fn hovered(detail: &JsValue) -> Option<ChartEvent> {
    let get = |of: &JsValue, name: &str| Reflect::get(of, &JsValue::from_str(name)).ok();
    let points: Array = get(detail, "points")?.dyn_into().ok()?;
    Some(ChartEvent::Hover(axis_time(&get(&points.get(0), "x")?)?))
}

/// Date axes speak of times as numbers or as `2026-11-22 10:05:00.25`, without a zone.
fn axis_time(value: &JsValue) -> Option<f64> {
    if let Some(number) = value.as_f64() {
        return Some(number);
    }
    let text = value.as_string()?;
    let iso = match text.split_once(' ') {
        Some((date, time)) => format!("{date}T{time}Z"),
        None => text,
    };
    let ms = Date::parse(&iso);
    ms.is_finite().then_some(ms)
}
