//! The drill table.

use anyhow::Result;

/// What came of a drill.
#[derive(Debug)]
pub struct Row {
    /// The drill.
    pub drill: String,
    /// Faults that struck: those of the exchange, kills, and the database's.
    pub faults: u64,
    /// Trades of the exchange since coverage began.
    pub sent: u64,
    /// Those that are stored.
    pub stored: u64,
    /// Those that are rejected, with the reason.
    pub rejected: u64,
    /// Trades that came more than once.
    pub duplicates: u64,
    /// Gaps that were recorded.
    pub gaps: u64,
    /// Those of them that are filled.
    pub repaired: u64,
    /// Bars that equal the truth.
    pub bars: u64,
    /// The most memory that an ingestor has had, in kB.
    pub peak_kb: u64,
    /// What is wrong, if anything.
    pub verdict: Result<()>,
}

impl Row {
    /// Of a drill that did not come to its end.
    pub(crate) fn of(drill: &str, verdict: Result<()>) -> Self {
        Self {
            drill: drill.to_owned(),
            faults: 0,
            sent: 0,
            stored: 0,
            rejected: 0,
            duplicates: 0,
            gaps: 0,
            repaired: 0,
            bars: 0,
            peak_kb: 0,
            verdict,
        }
    }
}

const HEAD: [&str; 10] = [
    "faults",
    "sent",
    "stored",
    "rejected",
    "duplicates",
    "gaps",
    "repaired",
    "bars",
    "peak MB",
    "verdict",
];

/// Prints rows below a head.
pub fn print(rows: &[Row]) {
    let width = rows
        .iter()
        .map(|row| row.drill.len())
        .max()
        .unwrap_or(0)
        .max(5);
    print!("{:<width$}", "drill");
    for (column, name) in HEAD.iter().enumerate() {
        match column {
            9 => print!("  {name}"),
            _ => print!(" {name:>10}"),
        }
    }
    println!();
    for row in rows {
        print!("{:<width$}", row.drill);
        for count in [
            row.faults,
            row.sent,
            row.stored,
            row.rejected,
            row.duplicates,
            row.gaps,
            row.repaired,
            row.bars,
            row.peak_kb / 1_024,
        ] {
            print!(" {count:>10}");
        }
        match &row.verdict {
            Ok(()) => println!("  holds"),
            Err(error) => println!("  FAILS: {error:#}"),
        }
    }
}
