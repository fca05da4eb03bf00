//! Good rows on their way to the database: records of one size, so that a million of them need no memory.

use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};

/// A checked row of a file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// Position of its symbol in [`Summary::series`](crate::Summary::series).
    pub series: u32,
    /// Line of the file, counted from 1.
    pub line: u32,
    /// Its time, ms since the epoch.
    pub time_ms: i64,
    /// First price.
    pub open: Option<f64>,
    /// Highest price.
    pub high: Option<f64>,
    /// Lowest price.
    pub low: Option<f64>,
    /// Last price.
    pub close: f64,
    /// Volume.
    pub volume: Option<f64>,
}

const RECORD_BYTES: usize = 56;
/// No value: a NaN, which no checked number is.
const NONE: u64 = u64::MAX;

/// Collects rows in a file.
#[derive(Debug)]
pub struct Spool<F: Read + Write + Seek> {
    writer: BufWriter<F>,
}

impl<F: Read + Write + Seek> Spool<F> {
    /// Rows go to `target`, which is empty.
    pub fn new(target: F) -> Self {
        Self {
            writer: BufWriter::with_capacity(1 << 18, target),
        }
    }

    pub(crate) fn push(&mut self, row: &Row) -> io::Result<()> {
        let bits = |value: Option<f64>| value.map_or(NONE, f64::to_bits);
        let mut record = [0; RECORD_BYTES];
        record[..4].copy_from_slice(&row.series.to_le_bytes());
        record[4..8].copy_from_slice(&row.line.to_le_bytes());
        record[8..16].copy_from_slice(&row.time_ms.to_le_bytes());
        let values = [row.open, row.high, row.low, Some(row.close), row.volume];
        for (place, value) in record[16..].chunks_exact_mut(8).zip(values) {
            place.copy_from_slice(&bits(value).to_le_bytes());
        }
        self.writer.write_all(&record)
    }

    /// The rows from the first on; no more are to be pushed.
    pub(crate) fn rewind(&mut self) -> io::Result<SpoolReader<&mut F>> {
        self.writer.flush()?;
        let target = self.writer.get_mut();
        target.seek(SeekFrom::Start(0))?;
        Ok(SpoolReader::new(target))
    }

    /// The rows, from the first on.
    ///
    /// # Errors
    /// When the last rows cannot be written.
    pub fn into_reader(self) -> io::Result<SpoolReader<F>> {
        let mut target = self
            .writer
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        target.seek(SeekFrom::Start(0))?;
        Ok(SpoolReader::new(target))
    }
}

/// Reads the rows of a [`Spool`] back, in the order of the file.
#[derive(Debug)]
pub struct SpoolReader<R: Read> {
    reader: BufReader<R>,
}

impl<R: Read> SpoolReader<R> {
    fn new(source: R) -> Self {
        Self {
            reader: BufReader::with_capacity(1 << 18, source),
        }
    }

    fn read(&mut self) -> io::Result<Option<Row>> {
        let mut record = [0; RECORD_BYTES];
        match self.reader.read_exact(&mut record) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error),
        }
        let four = |at: usize| u32::from_le_bytes([0, 1, 2, 3].map(|i| record[at + i]));
        let eight =
            |at: usize| u64::from_le_bytes([0, 1, 2, 3, 4, 5, 6, 7].map(|i| record[at + i]));
        let value = |at: usize| {
            Some(eight(at))
                .filter(|bits| *bits != NONE)
                .map(f64::from_bits)
        };
        Ok(Some(Row {
            series: four(0),
            line: four(4),
            time_ms: eight(8).cast_signed(),
            open: value(16),
            high: value(24),
            low: value(32),
            close: f64::from_bits(eight(40)),
            volume: value(48),
        }))
    }
}

impl<R: Read> Iterator for SpoolReader<R> {
    type Item = io::Result<Row>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}
