//! CSV downloads, written while they are sent.
//!
//! Every call with `format=csv` goes through here: times are RFC 3339, numbers the shortest text that reads
//! back as the same number, `null` an empty cell; text that a spreadsheet would take for a formula is
//! neutralised by an apostrophe, numbers never are.

mod cells;

use std::{fmt, str::FromStr};

use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::{Stream, StreamExt, stream};

use crate::problem::ApiError;

pub(crate) use cells::Row;

/// Rows that are written at once where all of them are there.
const ROWS_A_PIECE: usize = 2_000;

/// What `format` can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) enum Format {
    #[default]
    Json,
    Csv,
}

impl FromStr for Format {
    type Err = BadFormat;

    fn from_str(text: &str) -> Result<Self, BadFormat> {
        match text {
            "json" => Ok(Self::Json),
            "csv" => Ok(Self::Csv),
            _ => Err(BadFormat),
        }
    }
}

/// No format.
#[derive(Debug)]
pub(crate) struct BadFormat;

impl fmt::Display for BadFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("is no format; json and csv are allowed")
    }
}

/// Some rows as text: what a download is made of.
#[derive(Debug, Default)]
pub(crate) struct Piece(Vec<u8>);

impl Piece {
    /// Adds a row, whose cells `write` writes in the order of the header.
    pub(crate) fn row(&mut self, write: impl FnOnce(&mut Row<'_>)) {
        let mut row = Row::new(&mut self.0);
        write(&mut row);
        row.end();
    }
}

/// `count` rows that are all there; they become text a few at a time, as the client takes them.
pub(crate) fn rows(
    count: usize,
    mut write: impl FnMut(usize, &mut Row<'_>) + Send + 'static,
) -> impl Stream<Item = Result<Piece, ApiError>> + Send + 'static {
    let starts = (0..count).step_by(ROWS_A_PIECE);
    stream::iter(starts.map(move |start| {
        let mut piece = Piece::default();
        for index in start..count.min(start + ROWS_A_PIECE) {
            piece.row(|row| write(index, row));
        }
        Ok(piece)
    }))
}

/// The answer: a file of this name, `header` first. Waits for the first piece, so that what fails at once is
/// answered as every other error is; what fails later cuts the connection, so that no client takes a part for
/// the whole.
pub(crate) async fn download(
    file_name: &str,
    header: &[&str],
    pieces: impl Stream<Item = Result<Piece, ApiError>> + Send + 'static,
) -> Result<Response, ApiError> {
    let mut pieces = Box::pin(pieces);
    let mut first = Piece::default();
    first.row(|row| header.iter().for_each(|name| row.text(name)));
    if let Some(piece) = pieces.next().await {
        first.0.extend(piece?.0);
    }
    let rest = pieces.map(|piece| {
        piece
            .map(|piece| Bytes::from(piece.0))
            .inspect_err(|error| {
                tracing::warn!(%error, "a download was cut off");
            })
    });
    let body = stream::once(async { Ok(Bytes::from(first.0)) }).chain(rest);
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/csv; charset=utf-8; header=present"),
        ),
        (header::CONTENT_DISPOSITION, disposition(file_name)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, Body::from_stream(body)).into_response())
}

/// `attachment` with the name as it is, and in ASCII for those who know no better (RFC 6266).
fn disposition(file_name: &str) -> HeaderValue {
    let safe = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    let name: String = file_name
        .chars()
        .map(|c| if safe(c) { c } else { '_' })
        .take(128)
        .collect();
    let ascii: String = name
        .chars()
        .map(|c| if c.is_ascii() { c } else { '_' })
        .collect();
    let mut text = format!("attachment; filename=\"{ascii}\"");
    if ascii != name {
        let encoded: String = name
            .bytes()
            .map(|b| match b {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => {
                    char::from(b).to_string()
                }
                _ => format!("%{b:02X}"),
            })
            .collect();
        text.push_str(&format!("; filename*=UTF-8''{encoded}"));
    }
    HeaderValue::from_str(&text).expect("letters, digits and punctuation")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_hold_nothing_that_a_header_or_a_file_system_could_be_misled_by() {
        let name = |text: &str| disposition(text).to_str().unwrap().to_owned();
        assert_eq!(
            name("bars_BTC.csv"),
            "attachment; filename=\"bars_BTC.csv\""
        );
        assert_eq!(
            name("../a\"b\r\n.csv"),
            "attachment; filename=\".._a_b__.csv\""
        );
        assert_eq!(
            name("币.csv"),
            "attachment; filename=\"_.csv\"; filename*=UTF-8''%E5%B8%81.csv"
        );
    }

    #[tokio::test]
    async fn rows_come_in_pieces_and_none_is_lost_between_them() {
        let count = 2 * ROWS_A_PIECE + 1;
        let answer = download("a.csv", &["n"], rows(count, |n, row| row.integer(n as i64)))
            .await
            .unwrap();
        let body = axum::body::to_bytes(answer.into_body(), usize::MAX)
            .await
            .unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "n");
        assert!(
            lines[1..]
                .iter()
                .enumerate()
                .all(|(n, line)| line.parse() == Ok(n))
        );
        assert_eq!(lines.len(), count + 1);
    }
}
