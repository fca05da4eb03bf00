//! The dashboard of Spreadscope: Leptos in WebAssembly, charts by Plotly.js.
//!
//! | module | holds |
//! | --- | --- |
//! | [`model`] | plain values and their rules; no browser, tested on the host |
//! | [`stores`] | the reactive state of the page, and what changes it |
//! | [`edge`] | where effects happen: network, storage, address bar, clock, Plotly |
//! | [`charts`] | figures: what Plotly is told to draw |
//! | [`components`] | what is on the page, a component a file |
//!
//! Data flow one way: the edge writes to stores, components read them, and a click writes to the view, which the edge follows.

mod app;
mod charts;
mod components;
mod edge;
mod model;
mod stores;

use leptos::prelude::*;

fn main() {
    edge::page::show_panics();
    mount_to_body(app::App);
    edge::page::remove_boot_screen();
}
