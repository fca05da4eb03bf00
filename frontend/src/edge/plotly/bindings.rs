//! The functions of the global `Plotly`.

use js_sys::{Array, Promise};
use wasm_bindgen::prelude::*;
use web_sys::HtmlElement;

use super::Object;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = Plotly, js_name = react, catch)]
    pub(super) fn react(
        element: &HtmlElement,
        data: &Array,
        layout: &JsValue,
        config: &JsValue,
    ) -> Result<Promise, JsValue>;

    #[wasm_bindgen(js_namespace = Plotly, js_name = purge, catch)]
    pub(super) fn purge(element: &HtmlElement) -> Result<(), JsValue>;

    #[wasm_bindgen(js_namespace = ["Plotly", "Plots"], js_name = resize, catch)]
    pub(super) fn resize(element: &HtmlElement) -> Result<(), JsValue>;

    #[wasm_bindgen(js_namespace = Plotly, js_name = downloadImage, catch)]
    fn download_image(figure: &JsValue, options: &JsValue) -> Result<Promise, JsValue>;

    /// The methods that Plotly adds to the element of a chart.
    #[wasm_bindgen(extends = HtmlElement)]
    pub(super) type ChartElement;

    #[wasm_bindgen(method)]
    pub(super) fn on(this: &ChartElement, event: &str, listener: &js_sys::Function);

    #[wasm_bindgen(method, getter)]
    fn data(this: &ChartElement) -> JsValue;

    #[wasm_bindgen(method, getter)]
    fn layout(this: &ChartElement) -> JsValue;
}

/// The chart itself has no background, so that the page shows through; a picture needs one.
pub(super) fn save_png(
    element: &HtmlElement,
    file_stem: &str,
    background: &str,
) -> Result<Promise, JsValue> {
    let chart: &ChartElement = element.unchecked_ref();
    let layout = js_sys::Object::assign(
        &js_sys::Object::new(),
        chart.layout().unchecked_ref::<js_sys::Object>(),
    );
    js_sys::Reflect::set(&layout, &"paper_bgcolor".into(), &background.into())?;
    let figure = Object::new()
        .set("data", chart.data())
        .set("layout", layout);
    let options = Object::new()
        .set("format", "png")
        .set("filename", file_stem)
        .set("width", element.client_width())
        .set("height", element.client_height())
        .set("scale", 2);
    download_image(figure.as_js(), options.as_js())
}

/// Both ends of both axes.
pub(super) fn plane(element: &HtmlElement) -> Option<[f64; 4]> {
    let chart: &ChartElement = element.unchecked_ref();
    let layout = chart.layout();
    let get = |of: &JsValue, name: &str| js_sys::Reflect::get(of, &name.into()).ok();
    let ends = |axis: &str| -> Option<[f64; 2]> {
        let range: Array = get(&get(&layout, axis)?, "range")?.dyn_into().ok()?;
        Some([range.get(0).as_f64()?, range.get(1).as_f64()?])
    };
    let ([x0, x1], [y0, y1]) = (ends("xaxis")?, ends("yaxis")?);
    Some([x0, x1, y0, y1])
}
