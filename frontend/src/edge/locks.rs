//! Locks that all pages of a browser share. They are there only where the page came over a safe way: HTTPS, or this machine.

use js_sys::{Array, Function, Object, Promise, Reflect};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortController;

// web-sys has these only behind a compiler flag.
#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = ["navigator", "locks"], js_name = request)]
    fn request(name: &str, options: &JsValue, callback: &JsValue) -> Result<Promise, JsValue>;

    #[wasm_bindgen(catch, js_namespace = ["navigator", "locks"], js_name = query)]
    fn query() -> Result<Promise, JsValue>;
}

/// Whether this browser has them here.
pub(crate) fn are_there() -> bool {
    let locks = Reflect::get(&window().navigator(), &"locks".into());
    locks.is_ok_and(|locks| !locks.is_undefined() && !locks.is_null())
}

/// A lock that is held until this is dropped or the page ends.
#[derive(Debug)]
pub(crate) struct Lease(Function);

impl Drop for Lease {
    fn drop(&mut self) {
        // Resolves the promise that the browser waits for; that cannot fail.
        let _ = self.0.call0(&JsValue::NULL);
    }
}

/// A place in the queue for a lock; dropping it leaves the queue.
#[derive(Debug)]
pub(crate) struct Queued(AbortController);

impl Drop for Queued {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Waits for a lock and hands it to `on_granted`. `None` if there are no locks.
pub(crate) fn wait_for(name: &str, on_granted: impl FnOnce(Lease) + 'static) -> Option<Queued> {
    let controller = AbortController::new().ok()?;
    let callback = Closure::once_into_js(move |_lock: JsValue| -> JsValue {
        let mut resolve = None;
        let held = Promise::new(&mut |resolved, _| resolve = Some(resolved));
        if let Some(resolve) = resolve {
            on_granted(Lease(resolve));
        }
        held.into()
    });
    let options = Object::new();
    // Fails only for objects that are frozen.
    let _ = Reflect::set(&options, &"signal".into(), &controller.signal());
    let settled = request(name, &options, &callback).ok()?;
    wasm_bindgen_futures::spawn_local(async move {
        // Rejected when the queue was left, which is how it is left.
        let _ = JsFuture::from(settled).await;
    });
    Some(Queued(controller))
}

/// Does something while no other page does anything under that name. Returns false, with nothing done, if there are no locks.
pub(crate) fn hold_for(name: &str, what: impl FnOnce() + 'static) -> bool {
    let callback = Closure::once_into_js(move |_lock: JsValue| what());
    request(name, &Object::new(), &callback).is_ok()
}

/// How many pages wait for a lock whose name begins so.
pub(crate) async fn waiting(prefix: &str) -> usize {
    let Ok(promise) = query() else { return 0 };
    let Ok(state) = JsFuture::from(promise).await else {
        return 0;
    };
    let pending = Reflect::get(&state, &"pending".into()).unwrap_or_default();
    let Ok(pending) = pending.dyn_into::<Array>() else {
        return 0;
    };
    let names = pending
        .iter()
        .filter_map(|lock| Reflect::get(&lock, &"name".into()).ok()?.as_string());
    names.filter(|name| name.starts_with(prefix)).count()
}
