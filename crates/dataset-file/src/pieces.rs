//! A file's text in pieces of whole lines, and a piece as rows of equally many cells.

use std::io::Read;

use crate::{
    FileError,
    bytes::Bytes,
    dialect,
    error::{Errors, shown},
};

/// Large enough that a piece costs little more than its bytes, small enough that a few fit anywhere.
const PIECE_BYTES: usize = 2 << 20;
/// Stands for a separator within a cell that was quoted.
const HIDDEN: char = '\u{1f}';

/// Cuts a file.
pub(crate) struct Pieces<R: Read> {
    bytes: Bytes<R>,
    buffer: Vec<u8>,
    next_line: u64,
    ended: bool,
    pub(crate) crlf: bool,
    /// Whether the last line ends as the others do.
    pub(crate) terminated: bool,
}

/// Some whole lines.
pub(crate) struct Piece {
    pub(crate) text: String,
    /// Number of its first line, from 1.
    pub(crate) first_line: u64,
}

impl<R: Read> Pieces<R> {
    pub(crate) fn new(bytes: Bytes<R>) -> Self {
        Self {
            bytes,
            buffer: Vec::new(),
            next_line: 1,
            ended: false,
            crlf: false,
            terminated: true,
        }
    }

    /// The next piece; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Piece>, FileError> {
        if self.ended {
            return Ok(None);
        }
        let first = self.next_line == 1;
        let read = self.bytes.fill(&mut self.buffer, PIECE_BYTES)?;
        if first {
            strip_mark(&mut self.buffer)?;
        }
        self.ended = read < PIECE_BYTES;
        let end = match memchr::memrchr(b'\n', &self.buffer) {
            _ if self.ended => self.buffer.len(),
            Some(last) => last + 1,
            None => {
                return Err(FileError::File(format!(
                    "line {} is longer than {PIECE_BYTES} bytes",
                    self.next_line
                )));
            }
        };
        let rest = self.buffer.split_off(end);
        let bytes = std::mem::replace(&mut self.buffer, rest);
        if self.ended && bytes.is_empty() {
            return Ok(None);
        }
        if self.ended {
            self.terminated = bytes.ends_with(b"\n");
        }
        let first_line = self.next_line;
        self.next_line += memchr::memchr_iter(b'\n', &bytes).count() as u64;
        self.crlf |= memchr::memmem::find(&bytes, b"\r\n").is_some();
        let text = String::from_utf8(bytes).map_err(|error| {
            let good = error.utf8_error().valid_up_to();
            let lines = memchr::memchr_iter(b'\n', &error.as_bytes()[..good]).count() as u64;
            FileError::File(format!(
                "line {} is not UTF-8 text; save the file as UTF-8",
                first_line + lines
            ))
        })?;
        if self.next_line == first_line && text.contains('\r') {
            return Err(FileError::File(
                "lines end in CR alone; save the file with LF or CRLF".to_owned(),
            ));
        }
        Ok(Some(Piece { text, first_line }))
    }
}

/// Takes the mark of UTF-8 off, and refuses what is no text at all.
fn strip_mark(buffer: &mut Vec<u8>) -> Result<(), FileError> {
    let kind = match buffer.as_slice() {
        [0xef, 0xbb, 0xbf, ..] => {
            buffer.drain(..3);
            return Ok(());
        }
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "UTF-16 text; save it as UTF-8",
        [b'P', b'K', 3, 4, ..] => {
            "a ZIP archive or an Excel workbook; unpack it, or save it as CSV"
        }
        [0x28, 0xb5, 0x2f, 0xfd, ..] => "compressed by zstd; gzip is the compression that is read",
        [b'B', b'Z', b'h', ..] => "compressed by bzip2; gzip is the compression that is read",
        [b'P', b'A', b'R', b'1', ..] => "a Parquet file; save it as CSV",
        [0xd0, 0xcf, 0x11, 0xe0, ..] => "an Excel workbook; save it as CSV",
        [b'{' | b'[', ..] => "JSON; save it as CSV",
        [b'<', b'!' | b'?', ..] | [b'<', b'h' | b'H', b't' | b'T', ..] => {
            "a web page or XML; save the data as CSV"
        }
        _ => return Ok(()),
    };
    Err(FileError::File(format!("the file is {kind}")))
}

/// Rows of a piece, all of them with the same number of cells and without quotes.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) text: String,
    /// Line of each row in the file.
    pub(crate) lines: Vec<u32>,
    /// Where each row begins in `text`.
    starts: Vec<u32>,
    delimiter: u8,
}

impl Rows {
    /// Blank lines are left out, and such as have another number of cells, which are errors.
    pub(crate) fn new(
        piece: &Piece,
        skip: usize,
        delimiter: u8,
        width: usize,
        errors: &mut Errors,
    ) -> Self {
        let mut rows = Self {
            text: String::with_capacity(piece.text.len() + 1),
            delimiter,
            ..Self::default()
        };
        for (line, text) in (piece.first_line..).zip(piece.text.split('\n')).skip(skip) {
            let text = text.strip_suffix('\r').unwrap_or(text);
            if text.trim().is_empty() {
                continue;
            }
            rows.starts
                .push(u32::try_from(rows.text.len()).unwrap_or(u32::MAX));
            let found = if text.contains('"') {
                rows.push_quoted(text)
            } else {
                rows.text.push_str(text);
                Some(memchr::memchr_iter(delimiter, text.as_bytes()).count() + 1)
            };
            if found == Some(width) {
                rows.text.push('\n');
                rows.lines.push(u32::try_from(line).unwrap_or(u32::MAX));
                continue;
            }
            // Away with it.
            let start = rows.starts.pop().unwrap_or(0);
            rows.text.truncate(start as usize);
            errors.push(line, "line", || match found {
                None => "has a quote that is not closed; cells cannot go over several lines".to_owned(),
                Some(found) if found > width && delimiter == b',' => format!(
                    "has {found} cells, the first line has {width}; if numbers have decimal commas, write \
                     points, or separate cells by semicolons"
                ),
                Some(found) => format!(
                    "has {found} {}, the first line has {width}; `{}`",
                    if found == 1 { "cell" } else { "cells" },
                    shown(text)
                ),
            });
        }
        rows
    }

    fn push_quoted(&mut self, line: &str) -> Option<usize> {
        let cells = dialect::cells(line, self.delimiter)?;
        for (index, cell) in cells.iter().enumerate() {
            if index > 0 {
                self.text.push(char::from(self.delimiter));
            }
            let hidden = |c: char| {
                if c == char::from(self.delimiter) {
                    HIDDEN
                } else {
                    c
                }
            };
            self.text.extend(cell.chars().map(hidden));
        }
        Some(cells.len())
    }

    pub(crate) const fn len(&self) -> usize {
        self.lines.len()
    }

    /// The text of a cell, as the file has it but for quotes.
    pub(crate) fn cell(&self, row: usize, column: usize) -> String {
        let start = self.starts[row] as usize;
        let line = self.text[start..].split('\n').next().unwrap_or("");
        let cell = line.split(char::from(self.delimiter)).nth(column);
        let shown = |c: char| {
            if c == HIDDEN {
                char::from(self.delimiter)
            } else {
                c
            }
        };
        cell.unwrap_or("").chars().map(shown).collect()
    }

    /// Whether a cell has no text.
    pub(crate) fn is_blank(&self, row: usize, column: usize) -> bool {
        self.cell(row, column).trim().is_empty()
    }
}
