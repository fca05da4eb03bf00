//! The checks that every row passes.

mod checks;

use std::{
    collections::HashMap,
    io::{Read, Seek, Write},
};

use crate::{
    FileError, Limits, Row, Spool,
    cells::{Kind, Table},
    columns::Columns,
    error::{Errors, shown},
    names,
    pieces::Rows,
    spacing::{Spacing, Step},
    time::{Clock, Moment},
};
use checks::{number, prices};

/// Where more than one row of so many repeats a time, these are no bars with a few mistakes.
const TRADES_SHARE: u64 = 10;

/// A symbol while its rows are read.
#[derive(Debug)]
pub(crate) struct Series {
    pub(crate) symbol: String,
    pub(crate) spacing: Spacing,
}

/// Reads piece after piece.
pub(crate) struct Checker<'a, F: Read + Write + Seek> {
    pub(crate) columns: Columns,
    clock: Clock,
    delimiter: u8,
    limits: &'a Limits,
    spool: &'a mut Spool<F>,
    pub(crate) errors: Errors,
    pub(crate) series: Vec<Series>,
    by_name: HashMap<String, u32>,
    pub(crate) rows: u64,
    /// Rows with the time of the one before.
    repeats: u64,
    pub(crate) naive: bool,
}

/// The columns of one piece.
struct Values<'t> {
    wholes: Option<Vec<Option<i64>>>,
    times: Option<Vec<Option<&'t str>>>,
    symbols: Option<Vec<Option<&'t str>>>,
    open: Option<Vec<Option<f64>>>,
    high: Option<Vec<Option<f64>>>,
    low: Option<Vec<Option<f64>>>,
    volume: Option<Vec<Option<f64>>>,
    closes: Vec<Vec<Option<f64>>>,
}

impl<'a, F: Read + Write + Seek> Checker<'a, F> {
    /// `symbol` is that of a file that names none.
    pub(crate) fn new(
        columns: Columns,
        clock: Clock,
        delimiter: u8,
        symbol: Option<String>,
        limits: &'a Limits,
        spool: &'a mut Spool<F>,
    ) -> Result<Self, FileError> {
        let mut checker = Self {
            columns,
            clock,
            delimiter,
            limits,
            spool,
            errors: Errors::default(),
            series: Vec::new(),
            by_name: HashMap::new(),
            rows: 0,
            repeats: 0,
            naive: false,
        };
        let named = checker
            .columns
            .closes
            .iter()
            .filter_map(|(_, name)| name.clone());
        for symbol in named.chain(symbol).collect::<Vec<_>>() {
            checker.add_series(symbol)?;
        }
        Ok(checker)
    }

    pub(crate) const fn clock(&self) -> &Clock {
        &self.clock
    }

    fn add_series(&mut self, symbol: String) -> Result<u32, FileError> {
        let most = self.limits.series;
        if self.series.len() >= most {
            return Err(FileError::File(format!(
                "there are more than {most} symbols"
            )));
        }
        let position = u32::try_from(self.series.len()).unwrap_or(u32::MAX);
        self.series.push(Series {
            symbol,
            spacing: Spacing::default(),
        });
        Ok(position)
    }

    /// Reads the rows of a piece.
    pub(crate) fn read(&mut self, rows: &Rows) -> Result<(), FileError> {
        if rows.len() == 0 {
            return Ok(());
        }
        let time_kind = match self.clock {
            Clock::Number { .. } => Kind::Whole,
            Clock::Iso | Clock::Format(_) => Kind::Text,
        };
        let mut wanted = vec![(self.columns.time, time_kind)];
        wanted.extend(self.columns.symbol.map(|at| (at, Kind::Text)));
        let optional = [
            self.columns.open,
            self.columns.high,
            self.columns.low,
            self.columns.volume,
        ];
        wanted.extend(optional.into_iter().flatten().map(|at| (at, Kind::Number)));
        wanted.extend(
            self.columns
                .closes
                .iter()
                .map(|(at, _)| (*at, Kind::Number)),
        );
        let table = Table::new(rows, self.delimiter, self.columns.names.len(), &wanted)?;
        let numbers = |at: Option<usize>| at.map(|at| table.numbers(at)).transpose();
        let values = Values {
            wholes: (time_kind == Kind::Whole)
                .then(|| table.wholes(self.columns.time))
                .transpose()?,
            times: (time_kind == Kind::Text)
                .then(|| table.texts(self.columns.time))
                .transpose()?,
            symbols: self.columns.symbol.map(|at| table.texts(at)).transpose()?,
            open: numbers(self.columns.open)?,
            high: numbers(self.columns.high)?,
            low: numbers(self.columns.low)?,
            volume: numbers(self.columns.volume)?,
            closes: self
                .columns
                .closes
                .iter()
                .map(|(at, _)| table.numbers(*at))
                .collect::<Result<_, _>>()?,
        };
        for row in 0..rows.len() {
            self.read_row(rows, &values, row)?;
        }
        Ok(())
    }

    fn read_row(&mut self, rows: &Rows, values: &Values<'_>, row: usize) -> Result<(), FileError> {
        let time = self.time(rows, values, row);
        if self.columns.symbol.is_none() && self.columns.closes[0].1.is_some() {
            return self.read_wide(rows, values, row, time);
        }
        let series = match &values.symbols {
            None => Some(0),
            Some(symbols) => self.symbol(rows, row, symbols[row])?,
        };
        let columns = self.columns.clone_places();
        let mut cell = |at: Option<usize>, column: &Option<Vec<Option<f64>>>| {
            let (at, column) = at.zip(column.as_ref())?;
            self.value(rows, row, at, column[row]).ok().flatten()
        };
        let open = cell(columns.open, &values.open);
        let high = cell(columns.high, &values.high);
        let low = cell(columns.low, &values.low);
        let volume = cell(columns.volume, &values.volume);
        let close = self.value(rows, row, columns.close, values.closes[0][row]);
        if close == Ok(None) {
            self.error(rows, row, columns.close, || {
                "is empty; every row needs a close".to_owned()
            });
        }
        let close = close.ok().flatten();
        let line = u64::from(rows.lines[row]);
        let names = &self.columns.names;
        let at = [
            columns.open,
            columns.high,
            columns.low,
            Some(columns.close),
            columns.volume,
        ];
        prices([open, high, low, close, volume], |which, detail| {
            if let Some(at) = at[which] {
                self.errors.push(line, column_name(names, at), || detail);
            }
        });
        let (Some(time_ms), Some(series), Some(close)) = (time, series, close) else {
            return Ok(());
        };
        self.push(Row {
            series,
            line: rows.lines[row],
            time_ms,
            open,
            high,
            low,
            close,
            volume,
        })
    }

    /// A row of a wide file: a close for each symbol that has one then.
    fn read_wide(
        &mut self,
        rows: &Rows,
        values: &Values<'_>,
        row: usize,
        time: Option<i64>,
    ) -> Result<(), FileError> {
        for series in 0..self.columns.closes.len() {
            let at = self.columns.closes[series].0;
            let Ok(Some(close)) = self.value(rows, row, at, values.closes[series][row]) else {
                continue;
            };
            let line = u64::from(rows.lines[row]);
            let names = &self.columns.names;
            prices([None, None, None, Some(close), None], |_, detail| {
                self.errors.push(line, column_name(names, at), || detail);
            });
            if let Some(time_ms) = time {
                self.push(Row {
                    series: u32::try_from(series).unwrap_or(u32::MAX),
                    line: rows.lines[row],
                    time_ms,
                    open: None,
                    high: None,
                    low: None,
                    close,
                    volume: None,
                })?;
            }
        }
        Ok(())
    }

    fn push(&mut self, row: Row) -> Result<(), FileError> {
        self.rows += 1;
        if self.rows > self.limits.rows {
            return Err(FileError::TooManyRows(self.limits.rows));
        }
        let series = &mut self.series[row.series as usize];
        if series.spacing.push(row.time_ms) == Step::Repeats {
            self.repeats += 1;
            let (line, symbol) = (u64::from(row.line), &series.symbol);
            let name = column_name(&self.columns.names, self.columns.time);
            self.errors.push(line, name, || duplicate(symbol, None));
        }
        if self.errors.is_empty() {
            self.spool.push(&row)?;
        }
        Ok(())
    }

    fn time(&mut self, rows: &Rows, values: &Values<'_>, row: usize) -> Option<i64> {
        let at = self.columns.time;
        let read = match (&values.wholes, &values.times) {
            (Some(wholes), _) => match wholes[row] {
                Some(whole) => self
                    .clock
                    .whole(whole)
                    .map(|ms| Moment { ms, naive: false }),
                None => self.clock.read(&rows.cell(row, at)),
            },
            (None, Some(times)) => match times[row] {
                Some(text) => self.clock.read(text),
                None => self.clock.read(""),
            },
            (None, None) => return None,
        };
        match read {
            Ok(moment) => {
                self.naive |= moment.naive;
                Some(moment.ms)
            }
            Err(detail) => {
                self.error(rows, row, at, || detail);
                None
            }
        }
    }

    fn symbol(
        &mut self,
        rows: &Rows,
        row: usize,
        text: Option<&str>,
    ) -> Result<Option<u32>, FileError> {
        let at = self.columns.symbol.unwrap_or_default();
        let text = text.unwrap_or("");
        if let Some(series) = self.by_name.get(text) {
            return Ok(Some(*series));
        }
        let Some((symbol, changed)) = names::symbol(text) else {
            self.error(rows, row, at, || {
                format!("is `{}`, which names no symbol", shown(text))
            });
            return Ok(None);
        };
        let symbol = symbol.to_string();
        let known = self
            .series
            .iter()
            .position(|series| series.symbol == symbol);
        let series = match known {
            Some(known) => u32::try_from(known).unwrap_or(u32::MAX),
            None => {
                if changed {
                    let note = format!("The symbol `{}` is called {symbol} here.", shown(text));
                    self.columns.notes.push(note);
                }
                self.add_series(symbol)?
            }
        };
        // Spellings of a name are as many as a hostile file likes.
        if self.by_name.len() < 2 * self.limits.series {
            self.by_name.insert(text.to_owned(), series);
        }
        Ok(Some(series))
    }

    /// The number in a cell; `Err` when there is none but text, which is recorded.
    fn value(
        &mut self,
        rows: &Rows,
        row: usize,
        column: usize,
        parsed: Option<f64>,
    ) -> Result<Option<f64>, ()> {
        let read = match parsed {
            Some(value) if value.is_finite() => return Ok(Some(value)),
            _ if rows.is_blank(row, column) => return Ok(None),
            _ => number(&rows.cell(row, column)),
        };
        match read {
            Ok(value) => Ok(Some(value)),
            Err(detail) => {
                self.error(rows, row, column, || detail);
                Err(())
            }
        }
    }

    fn error(&mut self, rows: &Rows, row: usize, column: usize, detail: impl FnOnce() -> String) {
        let line = u64::from(rows.lines[row]);
        let name = column_name(&self.columns.names, column);
        self.errors.push(line, name, detail);
    }

    /// What all errors together say.
    pub(crate) fn hint(&self) -> Option<&'static str> {
        (self.repeats * TRADES_SHARE > self.rows).then_some(
            "Many rows have the time of the row before: are they single trades? An upload takes bars, one row for each time.",
        )
    }

    /// Finds equal times where rows go to and fro, and the spacing of such series.
    pub(crate) fn sort(&mut self) -> Result<(), FileError> {
        let mixed = |series: &Series| series.spacing.is_mixed();
        if !self.errors.is_empty() || !self.series.iter().any(mixed) {
            return Ok(());
        }
        let mut keys: Vec<(u32, i64, u32)> = Vec::new();
        for row in self.spool.rewind()? {
            let row = row?;
            if mixed(&self.series[row.series as usize]) {
                keys.push((row.series, row.time_ms, row.line));
            }
        }
        keys.sort_unstable();
        let name = column_name(&self.columns.names, self.columns.time).to_owned();
        for same in keys.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            for (series, _, line) in &same[1..] {
                let symbol = &self.series[*series as usize].symbol;
                let first = same[0].2;
                self.errors
                    .push(u64::from(*line), &name, || duplicate(symbol, Some(first)));
            }
        }
        for of_one in keys.chunk_by(|a, b| a.0 == b.0) {
            let sorted = Spacing::of_sorted(of_one.iter().map(|(_, time_ms, _)| *time_ms));
            let spacing = &mut self.series[of_one[0].0 as usize].spacing;
            *spacing = sorted.was_unsorted();
        }
        Ok(())
    }
}

fn duplicate(symbol: &str, first: Option<u32>) -> String {
    let place = match first {
        Some(line) => format!("line {line}"),
        None => "the row of it before".to_owned(),
    };
    format!("{symbol} has this time twice, here and in {place}; a time has one row")
}

fn column_name(names: &[String], at: usize) -> &str {
    match names.get(at).map(String::as_str) {
        None | Some("") => "column 1",
        Some(name) => name,
    }
}

/// Positions of the columns of a file that is not wide.
#[derive(Clone, Copy)]
struct Places {
    open: Option<usize>,
    high: Option<usize>,
    low: Option<usize>,
    close: usize,
    volume: Option<usize>,
}

impl Columns {
    fn clone_places(&self) -> Places {
        Places {
            open: self.open,
            high: self.high,
            low: self.low,
            close: self.closes[0].0,
            volume: self.volume,
        }
    }
}
