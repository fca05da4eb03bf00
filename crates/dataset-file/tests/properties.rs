//! Whatever comes, the reader answers; and what it takes, it takes to the last bit.

use std::io::Cursor;

use dataset_file::{FileError, Limits, Options, Row, Spool, read};
use proptest::prelude::*;

fn rows(bytes: &[u8]) -> Result<Vec<Row>, FileError> {
    let options = Options {
        symbol: None,
        file_name: Some("x.csv".to_owned()),
        ..Options::default()
    };
    let limits = Limits {
        expanded_bytes: 1 << 22,
        ..Limits::default()
    };
    let mut spool = Spool::new(Cursor::new(Vec::new()));
    read(bytes, &options, &limits, &mut spool, &|_| true)?;
    Ok(spool.into_reader()?.collect::<Result<_, _>>()?)
}

/// Nothing is a defect of the parser.
fn answers(bytes: &[u8]) -> Result<(), TestCaseError> {
    if let Err(FileError::Parser(detail)) = rows(bytes) {
        return Err(TestCaseError::fail(format!(
            "{detail}: {:?}",
            String::from_utf8_lossy(bytes)
        )));
    }
    Ok(())
}

/// Pieces of which files that are nearly right are made.
fn token() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => Just(",".to_owned()),
        4 => Just("\n".to_owned()),
        2 => prop::sample::select(vec![
            "\r\n", "\r", ";", "\t", "\"", "\"\"", " ", "time", "close", "open", "high", "symbol", "A", "B",
            "'", "-", "+", ".", "1e400", "NaN", "inf", "2024-08-08", "01/02/2024", "1723075200",
            "1723075200000", "\u{feff}", "\u{0}", "é", "=1+1", "x\u{1}", "#", "sep=;", "\u{1f}",
        ]).prop_map(str::to_owned),
        3 => any::<f64>().prop_map(|value| value.to_string()),
        2 => any::<i64>().prop_map(|value| value.to_string()),
        1 => "\\PC{0,5}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_bytes_break_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        answers(&bytes)?;
    }

    #[test]
    fn no_text_that_is_nearly_a_file_breaks_the_reader(
        header in prop::sample::select(vec![
            "", "time,close\n", "time;close\n", "time,open,high,low,close,volume\n", "time,A,B\n",
            "symbol,time,close\n", "time\tclose\r\n", "\"time\",\"close\"\n",
        ]),
        tokens in prop::collection::vec(token(), 0..80),
    ) {
        answers(format!("{header}{}", tokens.concat()).as_bytes())?;
    }

    #[test]
    fn no_damaged_gzip_breaks_the_reader(at in 0_usize..200, byte in any::<u8>()) {
        use std::io::Write;
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        for row in 0..50 {
            writeln!(encoder, "{row},{row}.5").unwrap();
        }
        let mut packed = encoder.finish().unwrap();
        let at = at % packed.len();
        packed[at] = byte;
        answers(&packed)?;
    }

    #[test]
    fn every_number_is_read_to_its_last_bit(
        values in prop::collection::vec((any::<f64>(), any::<f64>()), 1..50),
        delimiter in prop::sample::select(vec![',', ';', '\t']),
    ) {
        let usable = |value: f64| if value.is_finite() && value != 0.0 { value.abs() } else { 1.5 };
        let values: Vec<(f64, f64)> = values.into_iter().map(|(a, b)| (usable(a), usable(b))).collect();
        let mut text = format!("time{delimiter}close{delimiter}volume\n");
        for (second, (close, volume)) in values.iter().enumerate() {
            text.push_str(&format!("{second}{delimiter}{close}{delimiter}{volume:e}\n"));
        }
        let found = rows(text.as_bytes()).unwrap();
        prop_assert_eq!(found.len(), values.len());
        for (row, (close, volume)) in found.iter().zip(&values) {
            prop_assert_eq!(row.close.to_bits(), close.to_bits());
            prop_assert_eq!(row.volume.unwrap().to_bits(), volume.to_bits());
        }
    }
}
