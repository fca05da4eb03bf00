//! What was traded while the simulator ran, whatever the faults made of it.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

use crate::{
    SimTrade, SymbolSpec,
    wire::{CSV_HEADER, push_csv_row},
};

/// First and next id of each symbol's trades since start. The trades themselves need no memory:
/// the series gives them again by id.
#[derive(Debug)]
pub(crate) struct Truth(Vec<(AtomicU64, AtomicU64)>);

impl Truth {
    /// `first` id that will be traded, by symbol.
    pub(crate) fn new(first: &[u64]) -> Self {
        Self(
            first
                .iter()
                .map(|id| (AtomicU64::new(*id), AtomicU64::new(*id)))
                .collect(),
        )
    }

    /// First id since start and the one that comes next.
    pub(crate) fn ids(&self, symbol: usize) -> (u64, u64) {
        let (first, next) = &self.0[symbol];
        (first.load(Ordering::Acquire), next.load(Ordering::Acquire))
    }

    /// Notes that the trades before `next` have happened.
    pub(crate) fn advance(&self, symbol: usize, next: u64) {
        self.0[symbol].1.store(next, Ordering::Release);
    }
}

/// The file that every trade is written to.
#[derive(Debug)]
pub(crate) struct TruthFile {
    out: BufWriter<File>,
    rows: Vec<u8>,
}

impl TruthFile {
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let mut out = BufWriter::new(File::create(path)?);
        out.write_all(CSV_HEADER.as_bytes())?;
        out.flush()?;
        Ok(Self {
            out,
            rows: Vec::new(),
        })
    }

    pub(crate) fn write(&mut self, spec: &SymbolSpec, trades: &[SimTrade]) -> io::Result<()> {
        self.rows.clear();
        for trade in trades {
            push_csv_row(&mut self.rows, spec, trade);
        }
        self.out.write_all(&self.rows)
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
