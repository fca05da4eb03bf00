//! What all pages of a browser remember together, at once and in one place.

use leptos::prelude::window;

/// Which alerts were told already, the newest last.
const TOLD: &str = "spreadscope.told";
const MOST: usize = 200;

/// Notes that an alert is being told. Returns false if some page has told it before.
///
/// Two pages may ask in the same instant: whoever calls holds a lock.
pub(crate) fn is_first_to_tell(id: &str) -> bool {
    // A page without storage remembers nothing beyond itself, which the caller does anyway.
    let Ok(Some(storage)) = window().local_storage() else {
        return true;
    };
    let text = storage.get_item(TOLD).ok().flatten().unwrap_or_default();
    let mut told: Vec<String> = serde_json::from_str(&text).unwrap_or_default();
    if told.iter().any(|known| known == id) {
        return false;
    }
    told.push(id.to_owned());
    let surplus = told.len().saturating_sub(MOST);
    told.drain(..surplus);
    if let Ok(text) = serde_json::to_string(&told) {
        // A full storage forgets; better twice than never.
        let _ = storage.set_item(TOLD, &text);
    }
    true
}
