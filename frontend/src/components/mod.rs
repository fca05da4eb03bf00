//! What is on the page, a component a file.

mod access_banner;
mod alerts;
mod backfill;
mod backtest;
mod badge;
mod brand;
mod clock;
mod connection_banner;
mod content;
mod controls;
mod data;
mod drop_veil;
mod feed_state;
mod form;
mod header;
mod icon;
mod line;
mod painter;
mod pair;
mod radar;
mod scanner;
mod status_line;
mod tabs;
mod theme_toggle;
mod toasts;
mod watchlist;
mod zone_toggle;

pub(crate) use access_banner::AccessBanner;
pub(crate) use connection_banner::ConnectionBanner;
pub(crate) use content::Content;
pub(crate) use drop_veil::DropVeil;
pub(crate) use header::Header;
pub(crate) use status_line::StatusLine;
pub(crate) use toasts::Toasts;
