//! Rules, where they stand, and what they have said.

mod draft;
mod editor;
mod history;
mod notices;
mod page;
mod rule;
mod rules;

pub(super) use page::Alerts;
