//! Where files are chosen.

use leptos::{html, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;

use crate::{
    components::{
        form::Field,
        icon::{Icon, Shape},
    },
    stores::Stores,
};

/// A button to choose files by, and a reminder that they can be dropped anywhere on the page.
#[component]
pub(super) fn DropZone() -> impl IntoView {
    let stores = Stores::from_context();
    let uploads = stores.uploads;
    let input = NodeRef::<html::Input>::new();
    let on_pick = move |event: web_sys::Event| {
        let Some(input) = event
            .target()
            .and_then(|target| target.dyn_into::<HtmlInputElement>().ok())
        else {
            return;
        };
        if let Some(files) = input.files() {
            for file in (0..files.length()).filter_map(|at| files.item(at)) {
                uploads.send(stores, &file);
            }
        }
        // So that the same file can be chosen again, mended.
        input.set_value("");
    };
    let pick = move |_| {
        if let Some(input) = input.get_untracked() {
            input.click();
        }
    };
    view! {
        <section class="panel natural" aria-labelledby="upload-title">
            <div class="toolbar"><h2 id="upload-title">"Upload"</h2></div>
            <div class="panel-body">
                <div class="drop" data-testid="drop">
                    <Icon shape=Shape::Upload/>
                    <p><strong>"Drop one or two CSV files here"</strong>" or "
                        <button type="button" class="button" data-testid="pick" on:click=pick>"choose files"</button>
                    </p>
                    <p class="label">"Time and close, or OHLCV; one symbol, several in a column or side by side, or Binance klines; gzip, too. 256 MB at most."</p>
                    <input
                        node_ref=input
                        type="file"
                        class="sr-only"
                        tabindex="-1"
                        aria-hidden="true"
                        multiple
                        accept=".csv,.tsv,.txt,.gz,text/csv"
                        data-testid="file"
                        on:change=on_pick
                    />
                </div>
                <details class="more-options">
                    <summary>"When a file does not explain itself"</summary>
                    <div class="form-line flush">
                        <Field label="Symbol" name="upload-symbol" value=uploads.symbol placeholder="from the file"/>
                        <Field label="Format of times" name="upload-format" value=uploads.time_format placeholder="%d.%m.%Y %H:%M" wide=true/>
                    </div>
                </details>
            </div>
        </section>
    }
}
