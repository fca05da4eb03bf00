//! What is on the page, a component a file.

mod age;
mod alerts;
mod backfill;
mod badge;
mod brand;
mod candle_chart;
mod chart_actions;
mod chart_panel;
mod chart_state;
mod clock;
mod connection_banner;
mod content;
mod feed_state;
mod form;
mod header;
mod icon;
mod interval_picker;
mod later;
mod market;
mod painter;
mod readout;
mod screen;
mod status_line;
mod symbol_picker;
mod tabs;
mod theme_toggle;
mod tile;
mod tiles;
mod toasts;
mod watchlist;
mod zone_toggle;

pub(crate) use connection_banner::ConnectionBanner;
pub(crate) use content::Content;
pub(crate) use header::Header;
pub(crate) use status_line::StatusLine;
pub(crate) use toasts::Toasts;
