//! Parameters of the API as a link says them: the names are the same.

use serde::Serialize;
use serde_json::Value;

use super::{Tab, View};

/// The pair view of these parameters (`PairParams`, the `pair` of an alert rule): what a link with them opens.
pub(crate) fn pair_view(params: &impl Serialize) -> View {
    let fields = match serde_json::to_value(params) {
        Ok(Value::Object(fields)) => fields,
        // Nothing but structures and maps comes here; a pair by default is the honest rest.
        Ok(_) | Err(_) => serde_json::Map::new(),
    };
    let get = |name: &str| match fields.get(name)? {
        Value::String(text) => Some(text.clone()),
        value @ (Value::Number(_) | Value::Bool(_)) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    View {
        tab: Tab::Pair,
        ..View::from_query(get)
    }
}
