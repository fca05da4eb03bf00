//! What is known of a pair when a bar closes.

use super::bars::Bars;
use crate::{
    error::{Error, Result},
    pair::{Hedge, PairParams, analyse},
    parameters::{Baseline, Transform, Window},
    zscore::zscore,
};

/// z-score and hedge ratio at the close of each bar, of that bar and those before it alone.
///
/// There is no way to make signals from coefficients that know the future.
#[derive(Clone, Debug)]
pub struct Signals {
    pub(super) transform: Transform,
    pub(super) spread: Vec<Option<f64>>,
    pub(super) z: Vec<Option<f64>>,
    pub(super) beta: Vec<Option<f64>>,
}

impl Signals {
    /// Analyses the closes of `bars`. O(n), or what the hedge costs.
    ///
    /// β is the one in force at the bar; for a Kalman filter the filtered one, which knows the bar's close, as
    /// whoever trades at the next open does.
    ///
    /// # Errors
    /// [`Error::BadParameter`] for a hedge fitted in sample or given from outside; those of [`analyse`].
    pub fn of(bars: &Bars<'_>, params: &PairParams) -> Result<Self> {
        match params.hedge() {
            Hedge::InSample(_) | Hedge::Fixed(_) => {
                return Err(Error::BadParameter {
                    name: "fit",
                    allowed: "walk_forward in a backtest, or the model kalman",
                });
            }
            Hedge::WalkForward { .. } | Hedge::Kalman { .. } => {}
        }
        let analysis = analyse(bars.y_closes(), bars.x_closes(), params)?;
        let beta = |line: &Option<crate::Line>| line.map(|line| line.beta);
        Ok(Self {
            transform: params.transform(),
            beta: analysis.lines.iter().map(beta).collect(),
            spread: analysis.spread,
            z: analysis.z,
        })
    }

    /// Measures the same spreads over another window.
    pub(super) fn rescore(&mut self, window: Window, baseline: Baseline) -> Result<()> {
        self.z = zscore(&self.spread, window, baseline)?;
        Ok(())
    }

    /// z-score at each close.
    #[must_use]
    pub fn z(&self) -> &[Option<f64>] {
        &self.z
    }

    /// Hedge ratio at each close.
    #[must_use]
    pub fn beta(&self) -> &[Option<f64>] {
        &self.beta
    }
}
