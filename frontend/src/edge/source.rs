//! One connection of server-sent events.

use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Event, EventSource, MessageEvent};

/// What happens on a connection.
#[derive(Debug)]
pub(crate) enum Signal {
    /// The server has answered.
    Opened,
    /// An event, with the position in the stream that it stands for.
    Message { id: String, data: String },
    /// The connection is over.
    Closed,
}

/// An open connection; dropping it closes it.
///
/// The browser would reconnect by itself, but not after an answer other than 200, which is what a server that is starting gives. So this
/// closes at the first failure, and whoever opened it decides about the next.
pub(crate) struct Source {
    source: EventSource,
    _on_open: Closure<dyn FnMut(Event)>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(Event)>,
}

impl Source {
    /// Connects. `None` if the browser does not even try.
    pub(crate) fn open(url: &str, on_signal: impl Fn(Signal) + Clone + 'static) -> Option<Self> {
        let source = EventSource::new(url).ok()?;
        let report = on_signal.clone();
        let on_open = Closure::<dyn FnMut(Event)>::new(move |_| report(Signal::Opened));
        let report = on_signal.clone();
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            report(Signal::Message {
                id: event.last_event_id(),
                data: event.data().as_string().unwrap_or_default(),
            });
        });
        let closing = source.clone();
        let on_error = Closure::<dyn FnMut(Event)>::new(move |_| {
            closing.close();
            on_signal(Signal::Closed);
        });
        source.set_onopen(Some(on_open.as_ref().unchecked_ref()));
        source.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        source.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        Some(Self {
            source,
            _on_open: on_open,
            _on_message: on_message,
            _on_error: on_error,
        })
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.source.set_onopen(None);
        self.source.set_onmessage(None);
        self.source.set_onerror(None);
        self.source.close();
    }
}
