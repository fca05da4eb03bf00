//! Which column of a file is what.

mod synonyms;

use std::collections::HashSet;

use api_types::FileLayout;

use crate::{FileError, error::shown, names};
use synonyms::{Role, normal};

/// Which column of a file is what, by position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Columns {
    pub(crate) layout: FileLayout,
    /// Names for messages; numbers where the file has none.
    pub(crate) names: Vec<String>,
    pub(crate) time: usize,
    pub(crate) symbol: Option<usize>,
    pub(crate) open: Option<usize>,
    pub(crate) high: Option<usize>,
    pub(crate) low: Option<usize>,
    pub(crate) volume: Option<usize>,
    /// Columns of closes; with a symbol each in wide files, else one.
    pub(crate) closes: Vec<(usize, Option<String>)>,
    pub(crate) ignored: Vec<String>,
    pub(crate) notes: Vec<String>,
}

/// Columns of Binance's kline files.
const KLINE_COLUMNS: usize = 12;

impl Columns {
    /// Of a line of Binance's kline files, which have no header.
    pub(crate) fn of_kline(cells: &[String]) -> Option<Self> {
        let whole = |at: usize| cells[at].parse::<u64>().ok();
        let is_kline = cells.len() == KLINE_COLUMNS
            && whole(6)? >= whole(0)?
            && cells[1..6].iter().all(|cell| cell.parse::<f64>().is_ok());
        is_kline.then(|| Self {
            layout: FileLayout::Klines,
            names: (1..=KLINE_COLUMNS).map(|n| n.to_string()).collect(),
            time: 0,
            symbol: None,
            open: Some(1),
            high: Some(2),
            low: Some(3),
            volume: Some(5),
            closes: vec![(4, None)],
            ignored: (7..=KLINE_COLUMNS).map(|n| n.to_string()).collect(),
            notes: Vec::new(),
        })
    }

    /// Of a line of names.
    ///
    /// # Errors
    /// When there is no time or no close among them, or when two columns could be meant.
    pub(crate) fn of_header(cells: &[String]) -> Result<Self, FileError> {
        let names: Vec<String> = cells.iter().map(|cell| cell.trim().to_owned()).collect();
        let normals: Vec<String> = names.iter().map(|name| normal(name)).collect();
        let find = |role: Role| synonyms::find(role, &normals);
        let time = match find(Role::Time)? {
            Some(time) => time,
            // Pandas writes an index without a name.
            None if names[0].is_empty() => 0,
            None => return Err(no_time(&names)),
        };
        if is_analytics(&normals) {
            return Self::wide(names, time, |at| matches!(normals[at].as_str(), "y" | "x"));
        }
        let (close, symbol) = (find(Role::Close)?, find(Role::Symbol)?);
        let (open, high) = (find(Role::Open)?, find(Role::High)?);
        let (low, volume) = (find(Role::Low)?, find(Role::Volume)?);
        let Some(close) = close else {
            let others = [open, high, low, volume, symbol];
            if others.iter().any(Option::is_some) {
                return Err(FileError::File(format!(
                    "no column is named close (or a synonym, as price or last); there are {}",
                    listed(&names)
                )));
            }
            return Self::wide(names, time, |_| true);
        };
        let used = [Some(time), Some(close), symbol, open, high, low, volume];
        let unused = |at: &usize| !used.contains(&Some(*at));
        let ignored = (0..names.len()).filter(unused).map(|at| names[at].clone());
        Ok(Self {
            layout: match symbol {
                Some(_) => FileLayout::Long,
                None => FileLayout::Single,
            },
            time,
            symbol,
            open,
            high,
            low,
            volume,
            closes: vec![(close, None)],
            ignored: ignored.collect(),
            notes: Vec::new(),
            names,
        })
    }

    fn wide(
        names: Vec<String>,
        time: usize,
        is_close: impl Fn(usize) -> bool,
    ) -> Result<Self, FileError> {
        let mut columns = Self {
            layout: FileLayout::Wide,
            time,
            symbol: None,
            open: None,
            high: None,
            low: None,
            volume: None,
            closes: Vec::new(),
            ignored: Vec::new(),
            notes: Vec::new(),
            names: Vec::new(),
        };
        let mut known = HashSet::new();
        for (at, name) in names.iter().enumerate().filter(|(at, _)| *at != time) {
            if name.is_empty() || !is_close(at) {
                columns.ignored.push(name.clone());
                continue;
            }
            let (symbol, changed) = names::symbol(name).ok_or_else(|| {
                FileError::File(format!(
                    "the column `{}` is named as no symbol is",
                    shown(name)
                ))
            })?;
            let symbol = symbol.to_string();
            if changed {
                let note = format!("The symbol `{}` is called {symbol} here.", shown(name));
                columns.notes.push(note);
            }
            if !known.insert(symbol.clone()) {
                return Err(FileError::File(format!("two columns are named {symbol}")));
            }
            columns.closes.push((at, Some(symbol)));
        }
        if columns.closes.is_empty() {
            return Err(FileError::File(
                "there is no column besides the time".to_owned(),
            ));
        }
        columns.names = names;
        Ok(columns)
    }

    /// Which of open, high, low and volume there are not.
    pub(crate) fn absent(&self) -> Vec<String> {
        let places = [
            ("open", self.open),
            ("high", self.high),
            ("low", self.low),
            ("volume", self.volume),
        ];
        let absent = places.into_iter().filter(|(_, at)| at.is_none());
        absent.map(|(name, _)| name.to_owned()).collect()
    }
}

/// An export of pair analytics, in which only two columns are prices.
fn is_analytics(normals: &[String]) -> bool {
    ["y", "x", "alpha", "beta", "spread", "z"]
        .iter()
        .all(|name| normals.iter().any(|normal| normal == name))
}

fn no_time(names: &[String]) -> FileError {
    let mut detail = format!(
        "no column of the first line is named time (or a synonym, as timestamp, date or open_time); there \
         are {}",
        listed(names)
    );
    let number = |name: &String| name.parse::<f64>().is_ok();
    if names.iter().filter(|name| number(name)).count() * 2 > names.len() {
        detail.push_str(
            ". The first line must be made of names; only Binance's kline files, of twelve columns, go \
             without",
        );
    }
    FileError::File(detail)
}

fn listed(names: &[String]) -> String {
    let mut listed: Vec<String> = names
        .iter()
        .take(12)
        .map(|name| format!("`{}`", shown(name)))
        .collect();
    if names.len() > listed.len() {
        listed.push("…".to_owned());
    }
    listed.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(header: &str) -> Result<Columns, FileError> {
        let cells: Vec<String> = header.split(',').map(str::to_owned).collect();
        Columns::of_header(&cells)
    }

    #[test]
    fn names_are_known_in_any_case_and_by_their_synonyms() {
        let found = columns("Open Time,OPEN,High_Price,low,Last,Vol.,Trades").unwrap();
        assert_eq!(found.layout, FileLayout::Single);
        assert_eq!((found.time, found.open, found.high), (0, Some(1), Some(2)));
        assert_eq!(
            (found.low, found.closes[0].0, found.volume),
            (Some(3), 4, Some(5))
        );
        assert_eq!(found.ignored, ["Trades"]);
        let found = columns("symbol,open_time_ms,open,high,low,close,volume").unwrap();
        assert_eq!((found.layout, found.symbol), (FileLayout::Long, Some(0)));
        let found = columns("t,o,h,l,c,v").unwrap();
        assert_eq!((found.closes[0].0, found.volume), (4, Some(5)));
        let found = columns("Date,Close,Adj Close").unwrap();
        assert_eq!(
            (found.closes[0].0, &found.ignored[..]),
            (1, &["Adj Close".to_owned()][..])
        );
    }

    #[test]
    fn without_a_close_every_column_is_one_also_where_tickers_are_single_letters() {
        for header in ["date,KO,PEP", "date,C,V", ",T,O"] {
            let found = columns(header).unwrap();
            assert_eq!(found.layout, FileLayout::Wide, "{header}");
            assert_eq!(found.closes.len(), 2);
            assert_eq!(found.absent(), ["open", "high", "low", "volume"]);
        }
        assert!(columns("date,ko,KO").is_err());
    }

    #[test]
    fn of_an_export_of_analytics_the_prices_are_read() {
        let found =
            columns("time,y,x,alpha,beta,spread,spreadMean,spreadSd,z,correlation,closed").unwrap();
        let symbols: Vec<_> = found
            .closes
            .iter()
            .map(|(_, name)| name.as_deref())
            .collect();
        assert_eq!(symbols, [Some("Y"), Some("X")]);
        assert_eq!(found.ignored.len(), 8);
    }

    #[test]
    fn a_file_without_time_or_close_is_told_what_it_has() {
        let error = columns("open,close").unwrap_err().to_string();
        assert!(error.contains("`open`, `close`"), "{error}");
        let error = columns("time,open,high").unwrap_err().to_string();
        assert!(error.contains("close"), "{error}");
        let error = columns("1704067200,1.5,1.6").unwrap_err().to_string();
        assert!(error.contains("names"), "{error}");
        assert!(columns("time,close,Close").is_err());
        assert!(columns("time").is_err());
    }

    #[test]
    fn twelve_numbers_are_a_kline() {
        let kline = "1704067200000,1,2,0.5,1.5,10,1704067259999,15,3,5,7,0";
        let cells: Vec<String> = kline.split(',').map(str::to_owned).collect();
        assert_eq!(Columns::of_kline(&cells).unwrap().closes[0].0, 4);
        assert!(Columns::of_kline(&cells[..11]).is_none());
    }
}
