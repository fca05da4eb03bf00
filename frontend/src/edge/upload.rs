//! Sending a file, with progress: `fetch` tells none.

use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Event, File, FormData, ProgressEvent, XmlHttpRequest};

/// How far a file is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Progress {
    /// So many bytes are sent.
    Sent(f64),
    /// The server has answered.
    Answered { status: u16, text: String },
    /// There is no answer.
    Broken,
}

/// A file on its way; dropping it ends that.
pub(crate) struct Transfer {
    request: XmlHttpRequest,
    _on_progress: Closure<dyn FnMut(ProgressEvent)>,
    _on_load: Closure<dyn FnMut(Event)>,
    _on_error: Closure<dyn FnMut(Event)>,
}

impl Transfer {
    /// Sends a file. `id` is that of the request, by which the server can be asked how far it is. `None` if the browser does not even try.
    pub(crate) fn start(
        path: &str,
        id: &str,
        file: &File,
        on_progress: impl Fn(Progress) + Clone + 'static,
    ) -> Option<Self> {
        let request = XmlHttpRequest::new().ok()?;
        request.open_with_async("POST", path, true).ok()?;
        request.set_request_header("x-request-id", id).ok()?;
        let report = on_progress.clone();
        let sent = Closure::<dyn FnMut(ProgressEvent)>::new(move |event: ProgressEvent| {
            report(Progress::Sent(event.loaded()));
        });
        request
            .upload()
            .ok()?
            .set_onprogress(Some(sent.as_ref().unchecked_ref()));
        let (report, answered) = (on_progress.clone(), request.clone());
        let on_load = Closure::<dyn FnMut(Event)>::new(move |_| {
            report(Progress::Answered {
                status: answered.status().unwrap_or(0),
                text: answered.response_text().ok().flatten().unwrap_or_default(),
            });
        });
        request.set_onload(Some(on_load.as_ref().unchecked_ref()));
        let on_error = Closure::<dyn FnMut(Event)>::new(move |_| on_progress(Progress::Broken));
        request.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        // A form, because it carries the file's name, which may be that of the symbol.
        let form = FormData::new().ok()?;
        form.append_with_blob_and_filename("file", file, &file.name())
            .ok()?;
        request.send_with_opt_form_data(Some(&form)).ok()?;
        Some(Self {
            request,
            _on_progress: sent,
            _on_load: on_load,
            _on_error: on_error,
        })
    }
}

impl Drop for Transfer {
    fn drop(&mut self) {
        self.request.set_onload(None);
        self.request.set_onerror(None);
        if let Ok(upload) = self.request.upload() {
            upload.set_onprogress(None);
        }
        // Does nothing once it is answered.
        let _ = self.request.abort();
    }
}
