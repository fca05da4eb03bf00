//! Plain JavaScript objects, attribute by attribute.

use js_sys::{Array, Reflect};
use wasm_bindgen::JsValue;

/// An object under construction.
#[derive(Clone, Debug)]
pub(crate) struct Object(JsValue);

impl Object {
    pub(crate) fn new() -> Self {
        Self(js_sys::Object::new().into())
    }

    /// Sets an attribute.
    pub(crate) fn set(self, name: &str, value: impl Into<JsValue>) -> Self {
        // Fails on sealed objects and proxies alone.
        let _ = Reflect::set(&self.0, &JsValue::from_str(name), &value.into());
        self
    }

    /// Sets an attribute to a list.
    pub(crate) fn list<V: Into<JsValue>>(
        self,
        name: &str,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        let values: Array = values.into_iter().map(Into::into).collect();
        self.set(name, values)
    }

    pub(crate) const fn as_js(&self) -> &JsValue {
        &self.0
    }
}

impl From<Object> for JsValue {
    fn from(object: Object) -> Self {
        object.0
    }
}
