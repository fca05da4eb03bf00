//! What can be wrong with a file.

use std::{fmt, io};

/// So many errors of rows are told; the rest is counted.
pub const MAX_ROW_ERRORS: usize = 50;

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Something about the file as a whole; the text says what, and what would be right.
    #[error("{0}")]
    File(String),
    /// The file does not name its symbol, and nobody else did.
    #[error("the file does not say which symbol it is of")]
    NeedsSymbol,
    /// A symbol was given for a file that names its own.
    #[error("the file names its symbols itself")]
    NamesSymbols,
    /// Single rows.
    #[error("{total} rows or cells are wrong")]
    Rows {
        /// The first of them, by line; at least one, at most [`MAX_ROW_ERRORS`].
        errors: Vec<RowError>,
        /// How many there are.
        total: u64,
        /// What they say together, if that is something.
        hint: Option<&'static str>,
    },
    /// More bytes than allowed, after decompression.
    #[error("the file has more than {0} bytes when it is decompressed")]
    TooLarge(u64),
    /// More rows than allowed.
    #[error("the file has more than {0} rows")]
    TooManyRows(u64),
    /// Whoever watched did not want more.
    #[error("reading was given up")]
    GivenUp,
    /// The file could not be read, or the spool not written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A defect: the parser did not do what it does.
    #[error("the parser failed: {0}")]
    Parser(String),
}

/// One thing that is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError {
    /// Line of the file, counted from 1.
    pub line: u64,
    /// Name of the column, or its number where columns have no names; `line` for the row as a whole.
    pub column: String,
    /// What is wrong, and what would be right.
    pub detail: String,
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, {}: {}", self.line, self.column, self.detail)
    }
}

/// Errors as they are found. Pieces of a file come in order, so the first ones are kept.
#[derive(Debug, Default)]
pub(crate) struct Errors {
    kept: Vec<RowError>,
    total: u64,
}

impl Errors {
    pub(crate) fn push(&mut self, line: u64, column: &str, detail: impl FnOnce() -> String) {
        self.total += 1;
        // Within a piece errors come column by column: keep those of the lowest lines.
        if self.kept.len() >= 2 * MAX_ROW_ERRORS {
            self.kept.sort_by_key(|error| error.line);
            self.kept.truncate(MAX_ROW_ERRORS);
        }
        let worst = self.kept.iter().map(|error| error.line).max();
        if self.kept.len() < MAX_ROW_ERRORS || worst.is_some_and(|worst| line < worst) {
            self.kept.push(RowError {
                line,
                column: column.to_owned(),
                detail: detail(),
            });
        }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.total == 0
    }

    pub(crate) fn into_error(mut self, hint: Option<&'static str>) -> FileError {
        self.kept.sort_by_key(|error| error.line);
        self.kept.truncate(MAX_ROW_ERRORS);
        FileError::Rows {
            errors: self.kept,
            total: self.total,
            hint,
        }
    }
}

/// Text of a file as it may stand in a message.
pub(crate) fn shown(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(40)
        .collect();
    if text.chars().nth(40).is_some() {
        shown.push('…');
    }
    shown
}
