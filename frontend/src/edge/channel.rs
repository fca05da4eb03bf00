//! Messages between the pages of one browser.

use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{BroadcastChannel, MessageEvent};

/// An open channel. What a page sends, all others hear, in order; it does not hear itself.
///
/// Not that of leptos-use: it keeps the latest message alone, and no alert may be lost between two.
pub(crate) struct Channel {
    channel: BroadcastChannel,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
}

impl Channel {
    /// `None` if the browser has none.
    pub(crate) fn open(name: &str, on_message: impl Fn(&str) + 'static) -> Option<Self> {
        let channel = BroadcastChannel::new(name).ok()?;
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(text) = event.data().as_string() {
                on_message(&text);
            }
        });
        channel.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        Some(Self {
            channel,
            _on_message: on_message,
        })
    }

    /// Tells all other pages.
    pub(crate) fn send(&self, text: &str) {
        // Fails only on a closed channel.
        let _ = self.channel.post_message(&JsValue::from_str(text));
    }
}
