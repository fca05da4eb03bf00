//! What a person does to a chart.

use js_sys::{Array, Date, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::HtmlElement;

use super::bindings::ChartElement;

/// Times are those of the axis, in ms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum ChartEvent {
    /// The hand is moving the axis, so far to these times where they are known.
    Moving(Option<(f64, f64)>),
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

/// What a person does to a plane without a time axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum PlaneEvent {
    /// The hand is moving it.
    Moving,
    /// It was moved to show these values of x and of y.
    Moved([Option<[f64; 2]>; 2]),
    /// Everything back as it was.
    Reset,
}

impl Listeners {
    /// Attaches to a plane that was drawn at least once.
    pub(crate) fn attach_to_plane(
        element: &HtmlElement,
        on_event: impl Fn(PlaneEvent) + Clone + 'static,
    ) -> Self {
        Self::listen(
            element,
            on_event,
            [
                ("plotly_relayouting", |_| Some(PlaneEvent::Moving)),
                ("plotly_relayout", |detail| {
                    let plane = plane(detail);
                    plane
                        .iter()
                        .any(Option::is_some)
                        .then_some(PlaneEvent::Moved(plane))
                }),
                ("plotly_doubleclick", |_| Some(PlaneEvent::Reset)),
            ],
        )
    }

    /// Attaches to a chart that was drawn at least once.
    pub(crate) fn attach(
        element: &HtmlElement,
        on_event: impl Fn(ChartEvent) + Clone + 'static,
    ) -> Self {
        Self::listen(
            element,
            on_event,
            [
                ("plotly_relayouting", |detail| {
                    Some(ChartEvent::Moving(window(detail)))
                }),
                ("plotly_relayout", moved),
                ("plotly_doubleclick", |_| Some(ChartEvent::Reset)),
                ("plotly_hover", hovered),
                ("plotly_unhover", |_| Some(ChartEvent::Leave)),
            ],
        )
    }

    fn listen<E: 'static, const N: usize>(
        element: &HtmlElement,
        on_event: impl Fn(E) + Clone + 'static,
        events: [(&str, Read<E>); N],
    ) -> Self {
        let chart: &ChartElement = element.unchecked_ref();
        let closures = events.map(|(name, read)| {
            let on_event = on_event.clone();
            let closure = Closure::<dyn FnMut(JsValue)>::new(move |detail: JsValue| {
                if let Some(event) = read(&detail) {
                    on_event(event);
                }
            });
            chart.on(name, closure.as_ref().unchecked_ref());
            closure
        });
        Self {
            _closures: closures.into(),
        }
    }
}

/// What a callback's detail says, if it is of interest.
type Read<E> = fn(&JsValue) -> Option<E>;

fn moved(detail: &JsValue) -> Option<ChartEvent> {
    let (from, to) = window(detail)?;
    Some(ChartEvent::Moved { from, to })
}

fn window(detail: &JsValue) -> Option<(f64, f64)> {
    let [from, to] = ends(detail, "xaxis")?;
    Some((axis_time(&from)?, axis_time(&to)?))
}

/// Both ends of an axis, as Plotly reports them in one of two ways.
fn ends(detail: &JsValue, axis: &str) -> Option<[JsValue; 2]> {
    let get = |name: String| Reflect::get(detail, &JsValue::from_str(&name)).ok();
    match get(format!("{axis}.range")).filter(Array::is_array) {
        Some(range) => {
            let range: Array = range.unchecked_into();
            Some([range.get(0), range.get(1)])
        }
        None => Some([
            get(format!("{axis}.range[0]"))?,
            get(format!("{axis}.range[1]"))?,
        ]),
    }
}

/// From and to of x, then of y, of a plane that was moved; `None` for an axis that stayed.
fn plane(detail: &JsValue) -> [Option<[f64; 2]>; 2] {
    ["xaxis", "yaxis"].map(|axis| {
        let [from, to] = ends(detail, axis)?;
        Some([from.as_f64()?, to.as_f64()?])
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
