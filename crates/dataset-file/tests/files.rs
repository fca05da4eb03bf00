//! Files as people have them, and as they should not have them.

#![expect(
    clippy::unwrap_used,
    reason = "what a test does not expect is its failure"
)]

use std::io::{Cursor, Write};

use api_types::{Delimiter, FileLayout, TimeUnit};
use dataset_file::{FileError, Limits, Options, Row, Spool, Summary, read};
use flate2::{Compression, write::GzEncoder};

fn read_with(
    bytes: &[u8],
    options: &Options,
    limits: &Limits,
) -> Result<(Summary, Vec<Row>), FileError> {
    let mut spool = Spool::new(Cursor::new(Vec::new()));
    let summary = read(bytes, options, limits, &mut spool, &|_| true)?;
    let rows: Vec<Row> = spool.into_reader()?.collect::<Result<_, _>>()?;
    assert_eq!(rows.len() as u64, summary.rows);
    Ok((summary, rows))
}

fn options() -> Options {
    Options {
        symbol: Some("BTC".parse().unwrap()),
        ..Options::default()
    }
}

fn good(text: &str) -> (Summary, Vec<Row>) {
    read_with(text.as_bytes(), &options(), &Limits::default())
        .unwrap_or_else(|error| panic!("{error:?}"))
}

/// What is wrong, as `line column: detail`.
fn wrong(text: &str) -> Vec<String> {
    match read_with(text.as_bytes(), &options(), &Limits::default()) {
        Err(FileError::Rows { errors, total, .. }) => {
            assert_eq!(errors.len() as u64, total.min(50));
            errors
                .into_iter()
                .map(|error| format!("{} {}: {}", error.line, error.column, error.detail))
                .collect()
        }
        other => panic!("{other:?}"),
    }
}

fn refused(text: &str) -> String {
    match read_with(text.as_bytes(), &options(), &Limits::default()) {
        Err(FileError::File(detail)) => detail,
        other => panic!("{other:?}"),
    }
}

const PLAIN: &str = "time,open,high,low,close,volume\n\
                     2024-08-08T00:00:00Z,1,3,0.5,2,10\n\
                     2024-08-08T00:01:00Z,2,4,1.5,3,0\n\
                     2024-08-08T00:03:00Z,3,3,3,3,1e-3\n";

#[test]
fn a_plain_file_is_read_to_its_last_cell() {
    let (summary, rows) = good(PLAIN);
    assert_eq!(summary.reading.layout, FileLayout::Single);
    assert_eq!(summary.reading.time_unit, TimeUnit::Iso);
    assert!(!summary.reading.naive_as_utc && !summary.reading.sorted);
    assert!(summary.reading.notes.is_empty());
    let series = &summary.series[0];
    assert_eq!((series.symbol.as_str(), series.rows), ("BTC", 3));
    assert_eq!(series.interval.unwrap().to_string(), "1m");
    assert_eq!((series.gaps, series.missing), (1, 1));
    let expected = Row {
        series: 0,
        line: 4,
        time_ms: 1_723_075_380_000,
        open: Some(3.0),
        high: Some(3.0),
        low: Some(3.0),
        close: 3.0,
        volume: Some(1e-3),
    };
    assert_eq!(rows[2], expected);
}

#[test]
fn line_ends_marks_separators_quotes_and_blank_lines_make_no_difference() {
    let (_, expected) = good(PLAIN);
    let times = |rows: &[Row]| {
        rows.iter()
            .map(|row| (row.time_ms, row.close))
            .collect::<Vec<_>>()
    };
    let variants = [
        PLAIN.replace('\n', "\r\n"),
        format!("\u{feff}{PLAIN}"),
        PLAIN.replace(',', ";"),
        PLAIN.replace(',', "\t"),
        PLAIN.replace('\n', "\n\n"),
        format!("# from my broker\nsep=,\n{PLAIN}\n\n"),
        format!("https://www.example.com/data\n{PLAIN}"),
        PLAIN
            .replace("00:00Z", "00:00Z\"")
            .replace("01:00Z", "01:00Z\"")
            .replace("03:00Z", "03:00Z\"")
            .replace("\n2024", "\n\"2024"),
        PLAIN.replace(',', " , "),
        PLAIN.trim_end().to_owned(),
    ];
    for text in variants {
        let (summary, rows) = good(&text);
        assert_eq!(times(&rows), times(&expected), "{text}");
        assert_eq!(summary.rows, 3);
    }
    let (summary, _) = good(&PLAIN.replace(',', ";"));
    assert_eq!(summary.reading.delimiter, Delimiter::Semicolon);
    let (summary, _) = good(PLAIN.trim_end());
    assert!(
        summary.reading.notes[0].contains("cut off"),
        "{:?}",
        summary.reading.notes
    );
}

#[test]
fn what_a_file_does_not_have_is_null_and_said() {
    let (summary, rows) = good("Date,Close,Note\n2024-08-08,1.5,a\n2024-08-09,2.5,\"b, c\"\n");
    assert_eq!(summary.reading.absent, ["open", "high", "low", "volume"]);
    assert_eq!(summary.reading.ignored, ["Note"]);
    assert!(summary.reading.naive_as_utc);
    assert_eq!(
        (rows[0].open, rows[0].volume, rows[1].close),
        (None, None, 2.5)
    );
    let (_, rows) = good("time,close,volume\n1,1.5,\n2,2.5,7\n");
    assert_eq!((rows[0].volume, rows[1].volume), (None, Some(7.0)));
}

#[test]
fn long_files_name_their_symbols_and_wide_ones_have_a_column_each() {
    let none = Options::default();
    let read = |text: &str| read_with(text.as_bytes(), &none, &Limits::default()).unwrap();
    let (summary, rows) = read("ticker,unix,price\nb,10,1\na,10,2\nb,20,3\nBTC/USDT,5,1\n");
    let names: Vec<_> = summary
        .series
        .iter()
        .map(|series| series.symbol.as_str())
        .collect();
    assert_eq!(names, ["B", "A", "BTC_USDT"]);
    assert_eq!((rows[2].series, rows[2].close), (0, 3.0));
    assert!(summary.reading.notes[0].contains("BTC_USDT"));
    assert_eq!(summary.reading.layout, FileLayout::Long);

    let (summary, rows) =
        read("date,KO,PEP\n2024-08-08,60,170\n2024-08-09,61,\n2024-08-12,62,172\n");
    assert_eq!(summary.reading.layout, FileLayout::Wide);
    assert_eq!(rows.len(), 5);
    assert_eq!(
        summary
            .series
            .iter()
            .map(|series| series.rows)
            .collect::<Vec<_>>(),
        [3, 2]
    );

    for text in [
        "ticker,unix,price\nb,10,1\n",
        "date,KO,PEP\n2024-08-08,60,170\n",
    ] {
        let named = read_with(text.as_bytes(), &options(), &Limits::default());
        assert!(matches!(named, Err(FileError::NamesSymbols)));
    }
}

#[test]
fn klines_of_binance_are_known_without_a_header() {
    let text = "1704067200000,42283.58,42298.62,42261.02,42298.61,35.92724,1704067259999,1518958.6,1327,20.1,850000.1,0\n\
                1704067260000,42298.62,42320.00,42298.61,42320.00,21.16779,1704067319999,895580.6,1348,15.2,643000.2,0\n";
    let named = Options {
        file_name: Some("BTCUSDT-1m-2024-01.csv".to_owned()),
        ..Options::default()
    };
    let (summary, rows) = read_with(text.as_bytes(), &named, &Limits::default()).unwrap();
    assert_eq!(summary.reading.layout, FileLayout::Klines);
    assert_eq!(summary.series[0].symbol, "BTCUSDT");
    assert_eq!(
        (rows[1].high, rows[1].volume),
        (Some(42320.0), Some(21.16779))
    );
    let unnamed = read_with(text.as_bytes(), &Options::default(), &Limits::default());
    assert!(matches!(unnamed, Err(FileError::NeedsSymbol)));
}

#[test]
fn rows_in_any_order_are_the_same_series() {
    let sorted = good("time,close\n60,1\n120,2\n180,3\n300,4\n");
    for text in [
        "time,close\n300,4\n180,3\n120,2\n60,1\n",
        "time,close\n120,2\n60,1\n300,4\n180,3\n",
    ] {
        let (summary, _) = good(text);
        assert_eq!(summary.series, sorted.0.series);
        assert!(summary.reading.sorted);
    }
}

#[test]
fn a_time_that_comes_twice_is_an_error_wherever_it_comes() {
    assert!(
        wrong("time,close\n60,1\n120,2\n120,2\n")[0].starts_with("4 time: BTC has this time twice")
    );
    let errors = wrong("time,close\n120,2\n60,1\n180,3\n120,5\n60,1\n");
    assert_eq!(errors.len(), 2);
    assert!(
        errors[0].starts_with("5 time") && errors[0].contains("line 2"),
        "{errors:?}"
    );
    assert!(
        errors[1].starts_with("6 time") && errors[1].contains("line 3"),
        "{errors:?}"
    );
}

#[test]
fn single_trades_are_told_from_bars_with_a_mistake() {
    let hint = |text: &str| match read_with(text.as_bytes(), &options(), &Limits::default()) {
        Err(FileError::Rows { hint, .. }) => hint,
        other => panic!("{other:?}"),
    };
    let trades: String = (0..30)
        .map(|n| format!("{},{}.5\n", n / 3, n + 1))
        .collect();
    let said = hint(&format!("time,price\n{trades}")).unwrap();
    assert!(said.contains("trades"), "{said}");
    let bars: String = (0..30).map(|n| format!("{n},1.5\n")).collect();
    assert_eq!(hint(&format!("time,price\n{bars}29,1.5\n")), None);
}

#[test]
fn every_wrong_cell_is_told_with_line_and_column() {
    let header = "time,open,high,low,close,volume\n";
    let cases = [
        ("60,1,3,0.5,-2,10", "2 close", "greater than 0"),
        ("60,1,3,0.5,0,10", "2 close", "greater than 0"),
        ("60,1,3,0.5,,10", "2 close", "is empty"),
        ("60,1,3,0.5,2,-1", "2 volume", "0 or greater"),
        ("60,1,1.5,0.5,2,10", "2 high", "below the close"),
        ("60,1,3,1.5,2,10", "2 low", "above the open"),
        ("60,1,3,0.5,two,10", "2 close", "`two`, no number"),
        ("60,1,3,0.5,inf,10", "2 close", "finite"),
        ("60,1,NaN,0.5,2,10", "2 high", "empty"),
        ("60,1,3,0.5,\"2,5\",10", "2 close", "decimal comma"),
        ("60,1,3,0.5,\"1,234.5\",10", "2 close", "thousands"),
        ("soon,1,3,0.5,2,10", "2 time", "no time"),
        (",1,3,0.5,2,10", "2 time", "is empty"),
        ("60,1,3,0.5,2", "2 line", "5 cells, the first line has 6"),
        ("60,1,3,0,5,2,10", "2 line", "decimal commas"),
        ("60,1,3,0.5,2,\"10", "2 line", "quote"),
    ];
    for (row, place, hint) in cases {
        let errors = wrong(&format!("{header}{row}\n"));
        assert!(
            errors
                .iter()
                .any(|error| error.starts_with(place) && error.contains(hint)),
            "{row}: {errors:?}"
        );
    }
}

#[test]
fn decimal_commas_between_semicolons_are_refused_with_a_hint() {
    let errors = wrong("Datum;Date;Close\nx;2024-08-08;60000,5\nx;2024-08-09;1.234,5\n");
    assert!(
        errors[0].starts_with("2 Close") && errors[0].contains("60000.5"),
        "{errors:?}"
    );
    assert!(
        errors[1].contains("decimal comma") && errors[1].contains("1234.5"),
        "{errors:?}"
    );
}

#[test]
fn day_first_dates_need_a_format() {
    let text = "date,close\n01/02/2024,1\n02/02/2024,2\n";
    let errors = wrong(text);
    assert!(
        errors[0].contains("ambiguous") && errors[0].contains("timeFormat"),
        "{errors:?}"
    );
    let with = |format: &str| {
        let options = Options {
            time_format: Some(format.parse().unwrap()),
            ..options()
        };
        read_with(text.as_bytes(), &options, &Limits::default())
            .unwrap()
            .0
            .series[0]
            .interval
    };
    assert_eq!(with("%d/%m/%Y").unwrap().to_string(), "1d");
    assert_eq!(with("%m/%d/%Y").unwrap().to_string(), "31d");
}

#[test]
fn of_many_errors_the_first_fifty_are_told_and_all_are_counted() {
    let mut text = "time,close\n".to_owned();
    for row in 0..200_000 {
        text.push_str(&format!(
            "{},{}\n",
            row * 60,
            if row % 2 == 0 { "x" } else { "1.5" }
        ));
    }
    match read_with(text.as_bytes(), &options(), &Limits::default()) {
        Err(FileError::Rows { errors, total, .. }) => {
            assert_eq!(total, 100_000);
            let lines: Vec<u64> = errors.iter().map(|error| error.line).collect();
            assert_eq!(lines, (0..50).map(|n| 2 + 2 * n).collect::<Vec<_>>());
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_no_file_of_prices_is_refused_with_what_it_is() {
    for (text, hint) in [
        ("", "no rows"),
        ("\n\n", "no rows"),
        ("time,close\n", "no rows"),
        ("hello", "no comma"),
        ("{\"a\":1,\"b\":2}\n", "JSON"),
        ("[{\"a\":1},{\"b\":2}]\n", "JSON"),
        ("<!DOCTYPE html>\n<p>a, b</p>\n", "web page"),
        ("a,b\n1,2\n", "time"),
        ("time,close\r1,2\r", "CR"),
        ("PK\u{3}\u{4}rest", "Excel"),
    ] {
        let detail = refused(text);
        assert!(detail.contains(hint), "{text:?}: {detail}");
    }
    let utf16: Vec<u8> = "time,close\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let marked = [&[0xff, 0xfe], &utf16[..]].concat();
    let latin = b"time,close\n1,2\n2,3\xe9\n".to_vec();
    for (bytes, hint) in [(marked, "UTF-16"), (latin, "line 3")] {
        match read_with(&bytes, &options(), &Limits::default()) {
            Err(FileError::File(detail)) => assert!(detail.contains(hint), "{detail}"),
            other => panic!("{other:?}"),
        }
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn gzip_is_read_a_broken_one_refused_and_a_bomb_capped() {
    let packed = gzip(PLAIN.as_bytes());
    let (summary, rows) = read_with(&packed, &options(), &Limits::default()).unwrap();
    assert!(summary.reading.gzip && rows.len() == 3);
    let cut = read_with(&packed[..packed.len() - 9], &options(), &Limits::default());
    assert!(
        matches!(&cut, Err(FileError::File(detail)) if detail.contains("gzip")),
        "{cut:?}"
    );

    let bomb = gzip(&vec![b'1'; 64 << 20]);
    assert!(bomb.len() < 100_000);
    let limits = Limits {
        expanded_bytes: 1 << 20,
        ..Limits::default()
    };
    let blown = read_with(&bomb, &options(), &limits);
    assert!(
        matches!(blown, Err(FileError::TooLarge(1_048_576))),
        "{blown:?}"
    );
}

#[test]
fn limits_are_kept() {
    let rows = Limits {
        rows: 2,
        ..Limits::default()
    };
    let many = read_with(PLAIN.as_bytes(), &options(), &rows);
    assert!(matches!(many, Err(FileError::TooManyRows(2))));
    let exact = Limits {
        expanded_bytes: PLAIN.len() as u64,
        ..Limits::default()
    };
    assert!(read_with(PLAIN.as_bytes(), &options(), &exact).is_ok());
    let series = Limits {
        series: 1,
        ..Limits::default()
    };
    let wide = read_with(b"date,A,B\n2024-08-08,1,2\n", &Options::default(), &series);
    assert!(matches!(wide, Err(FileError::File(_))));
    let mut spool = Spool::new(Cursor::new(Vec::new()));
    let given_up = read(
        PLAIN.as_bytes(),
        &options(),
        &Limits::default(),
        &mut spool,
        &|_| false,
    );
    assert!(matches!(given_up, Err(FileError::GivenUp)));
}

#[test]
fn a_file_of_many_pieces_is_read_as_one() {
    let mut text = "time,open,high,low,close,volume\n".to_owned();
    let count = 150_000;
    for row in 0..count {
        let price = 60_000.0 + f64::from(row) / 7.0;
        text.push_str(&format!(
            "{},{price},{price},{price},{price},0.125\n",
            1_700_000_000 + row * 60
        ));
    }
    assert!(text.len() > 8 << 20);
    let (summary, rows) = good(&text);
    assert_eq!(
        (summary.series[0].rows, summary.series[0].gaps),
        (150_000, 0)
    );
    for (index, row) in (0..).zip(&rows) {
        assert_eq!(row.line, index + 2);
        assert_eq!(
            row.close.to_bits(),
            (60_000.0 + f64::from(index) / 7.0).to_bits()
        );
    }
    // Cut in the middle of a line.
    let cut = wrong(&text[..text.len() - 40]);
    assert!(
        cut[0].starts_with(&format!("{} line", count + 1)),
        "{cut:?}"
    );
}
