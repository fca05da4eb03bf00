//! From rows of text to columns of values, by polars.

use std::{io::Cursor, sync::Arc};

use polars_core::prelude::{Column, DataFrame, DataType, Field, Schema};
use polars_io::{SerReader, csv::read::CsvReadOptions};

use crate::{FileError, pieces::Rows};

/// What a column is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Whole,
    Number,
    Text,
}

/// The columns that were asked for. A cell that is blank, or not of its column's kind, is `None`.
pub(crate) struct Table(DataFrame);

impl Table {
    /// `wanted` are positions of columns and what to read them as.
    pub(crate) fn new(
        rows: &Rows,
        delimiter: u8,
        width: usize,
        wanted: &[(usize, Kind)],
    ) -> Result<Self, FileError> {
        let kind = |at: usize| wanted.iter().find(|(column, _)| *column == at);
        let fields = (0..width).map(|at| {
            let kind = match kind(at) {
                Some((_, Kind::Whole)) => DataType::Int64,
                Some((_, Kind::Number)) => DataType::Float64,
                Some((_, Kind::Text)) | None => DataType::String,
            };
            Field::new(name(at).into(), kind)
        });
        let schema: Schema = fields.collect();
        let projection: Vec<usize> = wanted.iter().map(|(at, _)| *at).collect();
        // Polars takes text that begins with the bytes of a compressed file, which `x` and a control character
        // are, for one. So a line of our own comes first.
        let text = format!("-\n{}", rows.text);
        let frame = CsvReadOptions::default()
            .with_skip_lines(1)
            .with_has_header(false)
            .with_schema(Some(Arc::new(schema)))
            .with_projection(Some(Arc::new(projection)))
            .with_ignore_errors(true)
            .with_raise_if_empty(false)
            // Other cores are for those who are watching the market.
            .with_n_threads(Some(1))
            .map_parse_options(|options| options.with_separator(delimiter).with_quote_char(None))
            .into_reader_with_file_handle(Cursor::new(text.as_bytes()))
            .finish()
            .map_err(|error| FileError::Parser(error.to_string()))?;
        if frame.height() != rows.len() {
            return Err(FileError::Parser(format!(
                "{} rows of {} lines",
                frame.height(),
                rows.len()
            )));
        }
        Ok(Self(frame))
    }

    fn column(&self, at: usize) -> Result<&Column, FileError> {
        self.0.column(&name(at)).map_err(parser)
    }

    pub(crate) fn numbers(&self, at: usize) -> Result<Vec<Option<f64>>, FileError> {
        Ok(self.column(at)?.f64().map_err(parser)?.iter().collect())
    }

    pub(crate) fn wholes(&self, at: usize) -> Result<Vec<Option<i64>>, FileError> {
        Ok(self.column(at)?.i64().map_err(parser)?.iter().collect())
    }

    pub(crate) fn texts(&self, at: usize) -> Result<Vec<Option<&str>>, FileError> {
        Ok(self.column(at)?.str().map_err(parser)?.iter().collect())
    }
}

fn name(at: usize) -> String {
    at.to_string()
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the signature that map_err asks for"
)]
fn parser(error: polars_core::error::PolarsError) -> FileError {
    FileError::Parser(error.to_string())
}
