//! Reading a file from its first byte to its last.

use std::io::{Read, Seek, Write};

use api_types::{Delimiter, FileLayout, FileReading};

use crate::{
    FileError, Limits, Options, Spool, Summary,
    bytes::Bytes,
    columns::Columns,
    dialect, names,
    pieces::{Piece, Pieces, Rows},
    rows::Checker,
    time::Clock,
};

/// Reads a file: gzip or plain text, UTF-8. Good rows go to `spool`, which is empty; `watch` is told the rows
/// read so far every few megabytes, and ends the reading by `false`.
///
/// Memory does not grow with the file, but for 16 bytes a row of series whose rows go to and fro in time.
///
/// # Errors
/// [`FileError::Rows`] with the first errors of rows, after all have been read; else the first error of the
/// file as a whole. What the spool holds is of no use then.
pub fn read<F: Read + Write + Seek>(
    file: impl Read,
    options: &Options,
    limits: &Limits,
    spool: &mut Spool<F>,
    watch: &dyn Fn(u64) -> bool,
) -> Result<Summary, FileError> {
    let bytes = Bytes::new(file, limits.expanded_bytes)?;
    let gzip = bytes.is_gzip();
    let mut pieces = Pieces::new(bytes);
    let first = pieces.next()?.ok_or_else(empty)?;
    let start = Start::of(&first, options)?;
    let (delimiter, layout) = (start.delimiter, start.columns.layout);
    let width = start.columns.names.len();
    let symbol = symbol(layout, options)?;
    let byte = dialect::byte(delimiter);
    let mut checker = Checker::new(start.columns, start.clock, byte, symbol, limits, spool)?;
    let (mut piece, mut skip) = (first, start.skip);
    loop {
        let rows = Rows::new(&piece, skip, byte, width, &mut checker.errors);
        checker.read(&rows)?;
        if !watch(checker.rows) {
            return Err(FileError::GivenUp);
        }
        let Some(next) = pieces.next()? else { break };
        (piece, skip) = (next, 0);
    }
    checker.sort()?;
    let errors = std::mem::take(&mut checker.errors);
    if !errors.is_empty() {
        return Err(errors.into_error(checker.hint()));
    }
    if checker.rows == 0 {
        return Err(empty());
    }
    let mut notes = std::mem::take(&mut checker.columns.notes);
    if !pieces.terminated {
        notes.push(
            "The last line has no line end: if the file was cut off, its last number may be too."
                .to_owned(),
        );
    }
    Ok(summary(
        &checker,
        delimiter,
        gzip,
        options,
        start.header,
        notes,
    ))
}

fn summary<F: Read + Write + Seek>(
    checker: &Checker<'_, F>,
    delimiter: Delimiter,
    gzip: bool,
    options: &Options,
    header: bool,
    mut notes: Vec<String>,
) -> Summary {
    let columns = &checker.columns;
    for series in checker
        .series
        .iter()
        .filter(|series| series.spacing.rows == 0)
    {
        notes.push(format!("{} has no rows and was left out.", series.symbol));
    }
    notes.truncate(MAX_NOTES);
    Summary {
        series: checker
            .series
            .iter()
            .map(|series| series.spacing.summary(series.symbol.clone()))
            .collect(),
        rows: checker.rows,
        reading: FileReading {
            layout: columns.layout,
            delimiter,
            gzip,
            header,
            time_column: columns.names[columns.time].clone(),
            time_unit: checker.clock().unit(),
            time_format: options
                .time_format
                .as_ref()
                .map(|format| format.as_str().to_owned()),
            naive_as_utc: checker.naive,
            sorted: checker
                .series
                .iter()
                .any(|series| series.spacing.is_unsorted()),
            absent: columns.absent(),
            ignored: columns.ignored.clone(),
            notes,
        },
    }
}

/// More than anybody reads.
const MAX_NOTES: usize = 50;

/// What the first lines of a file tell.
struct Start {
    columns: Columns,
    clock: Clock,
    delimiter: Delimiter,
    header: bool,
    /// Lines that are no rows.
    skip: usize,
}

impl Start {
    fn of(piece: &Piece, options: &Options) -> Result<Self, FileError> {
        let lines = (0..).zip(piece.text.split('\n'));
        let mut lines = lines.filter(|(_, line)| !is_remark(line.trim()));
        let (first_at, first) = lines.next().ok_or_else(empty)?;
        let first = first.trim_end_matches('\r');
        let delimiter = dialect::of_line(first).ok_or_else(|| {
            FileError::File(
                "the first line has no comma, semicolon or tab; it must be made of names, at least of a \
                 time and a close"
                    .to_owned(),
            )
        })?;
        let split = |line: &str| dialect::cells(line, dialect::byte(delimiter));
        let cells = split(first).ok_or_else(|| {
            FileError::File(format!(
                "line {} has a quote that is not closed",
                first_at + 1
            ))
        })?;
        let (columns, skip, time) = match Columns::of_kline(&cells) {
            Some(columns) => (columns, first_at, cells[0].clone()),
            None => {
                let columns = Columns::of_header(&cells)?;
                let time = lines
                    .filter_map(|(_, line)| split(line.trim_end_matches('\r')))
                    .find_map(|cells| {
                        cells
                            .get(columns.time)
                            .filter(|cell| !cell.trim().is_empty())
                            .cloned()
                    });
                (columns, first_at + 1, time.unwrap_or_default())
            }
        };
        let clock = Clock::infer(&time, options.time_format.as_ref(), options.time_unit);
        Ok(Self {
            header: columns.layout != FileLayout::Klines,
            columns,
            clock,
            delimiter,
            skip,
        })
    }
}

/// Lines that may stand before the first one that counts: blank ones, comments, what tells Excel the separator (which is seen
/// anyway), and the address of the site that the file is from.
fn is_remark(line: &str) -> bool {
    let lower = line.to_lowercase();
    let is_address = ["http://", "https://", "www."]
        .iter()
        .any(|start| lower.starts_with(start));
    line.is_empty()
        || line.starts_with('#')
        || lower.starts_with("sep=")
        || is_address && dialect::of_line(line).is_none()
}

fn symbol(layout: FileLayout, options: &Options) -> Result<Option<String>, FileError> {
    let given = options.symbol.as_ref().map(ToString::to_string);
    match layout {
        FileLayout::Long | FileLayout::Wide if given.is_some() => Err(FileError::NamesSymbols),
        FileLayout::Long | FileLayout::Wide => Ok(None),
        FileLayout::Single | FileLayout::Klines => {
            let of_file = || names::of_file(options.file_name.as_deref()?);
            given
                .or_else(|| of_file().map(|symbol| symbol.to_string()))
                .map(Some)
                .ok_or(FileError::NeedsSymbol)
        }
    }
}

fn empty() -> FileError {
    FileError::File("the file has no rows".to_owned())
}
