//! How figures are laid out for people.

use chrono::{DateTime, SecondsFormat};
use comfy_table::{CellAlignment, Table, presets};

/// Two columns: what, and how much.
pub(super) fn facts(rows: &[(&str, String)]) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    for (name, value) in rows {
        table.add_row([*name, value.as_str()]);
    }
    right(&mut table, 1);
    table.to_string()
}

/// A header, and rows of which all columns but the first `left` are figures.
pub(super) fn columns(header: &[&str], rows: &[Vec<String>], left: usize) -> String {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header(header);
    for row in rows {
        table.add_row(row);
    }
    for column in left..header.len() {
        right(&mut table, column);
    }
    table.to_string()
}

fn right(table: &mut Table, column: usize) {
    if let Some(column) = table.column_mut(column) {
        column.set_cell_alignment(CellAlignment::Right);
    }
}

/// A number with so many decimals, or a dash where there is none.
pub(super) fn number(value: impl Into<Option<f64>>, decimals: usize) -> String {
    let value = value.into();
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.decimals$}"))
}

/// A share in percent.
pub(super) fn percent(value: impl Into<Option<f64>>) -> String {
    let value = value.into();
    value.map_or_else(|| "–".to_owned(), |value| format!("{:.2} %", value * 100.0))
}

/// UTC.
pub(super) fn time(ms: i64) -> String {
    let time = DateTime::from_timestamp_millis(ms);
    time.map_or_else(
        || ms.to_string(),
        |time| time.to_rfc3339_opts(SecondsFormat::Secs, true),
    )
}
