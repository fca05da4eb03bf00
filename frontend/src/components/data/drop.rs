//! Where files are dropped.

use leptos::{html, prelude::*};
use leptos_use::{UseDropZoneOptions, UseDropZoneReturn, use_drop_zone_with_options};
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;

use crate::{
    components::{
        form::Field,
        icon::{Icon, Shape},
    },
    stores::{Reading, Stores},
};

/// A place to drop files on, with a button for those who have no mouse.
#[component]
pub(super) fn DropZone() -> impl IntoView {
    let stores = Stores::from_context();
    let zone = NodeRef::<html::Div>::new();
    let input = NodeRef::<html::Input>::new();
    let (symbol, format) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let send = move |files: Vec<web_sys::File>| {
        let reading = Reading {
            symbol: symbol.get_untracked(),
            time_format: format.get_untracked(),
        };
        for file in files {
            stores.uploads.send(stores, &file, &reading);
        }
    };
    let UseDropZoneReturn {
        is_over_drop_zone, ..
    } = use_drop_zone_with_options(
        zone,
        UseDropZoneOptions::default().on_drop(move |event| send(event.files)),
    );
    let on_pick = move |event: web_sys::Event| {
        let Some(input) = event
            .target()
            .and_then(|target| target.dyn_into::<HtmlInputElement>().ok())
        else {
            return;
        };
        let files = input.files();
        let count = files.as_ref().map_or(0, web_sys::FileList::length);
        send(
            (0..count)
                .filter_map(|at| files.as_ref()?.item(at))
                .collect(),
        );
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
                <div node_ref=zone class="drop" class:over=is_over_drop_zone data-testid="drop">
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
                        <Field label="Symbol" name="upload-symbol" value=symbol placeholder="from the file"/>
                        <Field label="Format of times" name="upload-format" value=format placeholder="%d.%m.%Y %H:%M" wide=true/>
                    </div>
                </details>
            </div>
        </section>
    }
}
