//! What is asked of the test and what it answers.

/// The deterministic terms of the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum DetOrder {
    /// None (`det_order = -1`).
    None,
    /// A constant (`det_order = 0`).
    #[default]
    Constant,
    /// A constant and a linear trend (`det_order = 1`).
    Trend,
}

/// Parameters of [`johansen`](super::johansen()); the default is a constant and one lagged difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct JohansenOptions {
    /// The deterministic terms.
    pub det_order: DetOrder,
    /// Lagged differences of every series in the model (`k_ar_diff`).
    pub lagged_differences: usize,
}

impl Default for JohansenOptions {
    fn default() -> Self {
        Self {
            det_order: DetOrder::Constant,
            lagged_differences: 1,
        }
    }
}

/// Values above which a statistic rejects.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JohansenValues {
    /// With 90 % confidence.
    pub at_90: f64,
    /// With 95 % confidence.
    pub at_95: f64,
    /// With 99 % confidence.
    pub at_99: f64,
}

/// The statistic for one rank.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JohansenRank {
    /// The likelihood-ratio statistic.
    pub statistic: f64,
    /// Its critical values.
    pub critical: JohansenValues,
}

/// The outcome for m series. Every list has m entries.
#[derive(Clone, Debug, PartialEq)]
pub struct Johansen {
    /// Trace statistics: entry r tests "at most r stationary combinations".
    pub trace: Vec<JohansenRank>,
    /// Maximum-eigenvalue statistics: entry r tests r combinations against r + 1.
    pub max_eigenvalue: Vec<JohansenRank>,
    /// Eigenvalues (squared canonical correlations), falling, in 0 … 1.
    pub eigenvalues: Vec<f64>,
    /// The combination that belongs to each eigenvalue: one weight per series, in 1/unit of that
    /// series, scaled so that the combination has unit variance once lagged differences are regressed
    /// out, first weight not negative.
    pub vectors: Vec<Vec<f64>>,
    /// Rows of the regression: n − 1 − lagged differences.
    pub observations: usize,
}

impl Johansen {
    /// The number of stationary combinations by the trace statistic at 95 %: the first r that is not
    /// rejected.
    #[must_use]
    pub fn rank_at_95(&self) -> usize {
        self.trace
            .iter()
            .take_while(|rank| rank.statistic > rank.critical.at_95)
            .count()
    }
}
