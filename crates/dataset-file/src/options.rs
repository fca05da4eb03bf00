//! What the uploader says about a file, and how large it may be.

use api_types::TimeUnit;
use market::Symbol;

use crate::TimeFormat;

/// What the uploader says about a file; whatever is `None` the file decides.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The symbol of a file that does not name it.
    pub symbol: Option<Symbol>,
    /// Name of the file, from which the symbol is taken if nothing else says it.
    pub file_name: Option<String>,
    /// How times are written.
    pub time_format: Option<TimeFormat>,
    /// Unit of times that are numbers; [`TimeUnit::Iso`] if they are none. Without meaning beside a format.
    pub time_unit: Option<TimeUnit>,
}

/// How large a file may be.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Most bytes after decompression.
    pub expanded_bytes: u64,
    /// Most rows.
    pub rows: u64,
    /// Most symbols.
    pub series: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            expanded_bytes: 1 << 30,
            rows: 10_000_000,
            series: 5_000,
        }
    }
}
