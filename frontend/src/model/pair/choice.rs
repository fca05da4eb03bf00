//! What a person has chosen to see of a pair.

use api_types::{
    BarLength, Baseline, CorrelationOf, Fit, Interval, Model, Noise, Transform, ZKind,
};

use super::{Leg, Span};

/// The controls of the pair view.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PairChoice {
    pub(crate) y: Leg,
    pub(crate) x: Leg,
    pub(crate) interval: BarLength,
    pub(crate) span: Span,
    pub(crate) model: Model,
    /// `None`: as the sources ask for.
    pub(crate) fit: Option<Fit>,
    pub(crate) lookback: u32,
    /// Live and in-sample: the fit ends here, ms since the epoch.
    pub(crate) fit_time: Option<i64>,
    pub(crate) transform: Transform,
    pub(crate) window: u32,
    pub(crate) baseline: Baseline,
    pub(crate) z: ZKind,
    pub(crate) noise: Noise,
    pub(crate) memory: f64,
    pub(crate) correlation_of: CorrelationOf,
    pub(crate) entry: f64,
    pub(crate) exit: f64,
}

impl Default for PairChoice {
    fn default() -> Self {
        Self {
            y: Leg::default(),
            x: Leg::default(),
            interval: Interval::M1.into(),
            span: Span::default(),
            model: Model::Ols,
            fit: None,
            lookback: 500,
            fit_time: None,
            transform: Transform::Level,
            window: 60,
            baseline: Baseline::Inclusive,
            z: ZKind::Rolling,
            noise: Noise::Memory,
            memory: 100.0,
            correlation_of: CorrelationOf::Returns,
            entry: 2.0,
            exit: 0.5,
        }
    }
}

impl PairChoice {
    /// Bars of a fit that the server takes.
    pub(crate) const LOOKBACK: (u32, u32) = (30, 10_000);
    /// Bars of a window that the server takes.
    pub(crate) const WINDOW: (u32, u32) = (3, 10_000);
    /// Bars of memory that the server takes.
    pub(crate) const MEMORY: (f64, f64) = (5.0, 10_000.0);

    /// Whether both legs come from the feed, so that the numbers move.
    pub(crate) const fn is_live(&self) -> bool {
        self.y.source.is_live() && self.x.source.is_live()
    }

    /// Whether a leg comes from the feed.
    pub(crate) const fn has_live(&self) -> bool {
        self.y.source.is_live() || self.x.source.is_live()
    }

    /// Whether new bars keep arriving in what is shown.
    pub(crate) const fn follows(&self) -> bool {
        self.is_live() && self.span.follows()
    }

    /// Which bars the coefficients come from: what was chosen or what is right for the sources.
    pub(crate) fn effective_fit(&self) -> Fit {
        let by_source = if self.has_live() {
            Fit::WalkForward
        } else {
            Fit::InSample
        };
        self.fit.unwrap_or(by_source)
    }

    /// Whether the coefficients are those of a snapshot that can be taken anew.
    pub(crate) fn can_refit(&self) -> bool {
        self.model != Model::Kalman && self.effective_fit() == Fit::InSample && self.follows()
    }

    /// Whether `lookback` means anything.
    pub(crate) fn takes_lookback(&self) -> bool {
        match self.model {
            Model::Kalman => self.noise != Noise::Pykalman,
            Model::Ols | Model::Huber | Model::TheilSen => self.effective_fit() == Fit::WalkForward,
        }
    }

    /// The legs change places; the zoom and all else stay.
    pub(crate) fn swap(&mut self) {
        std::mem::swap(&mut self.y, &mut self.x);
        self.fit_time = self.fit_time.filter(|_| self.can_refit());
    }

    /// |z| cannot get as far as this: an entry threshold at or above it never fires.
    pub(crate) fn z_limit(&self) -> Option<f64> {
        let window = f64::from(self.window);
        let is_limited = self.z == ZKind::Rolling && self.baseline == Baseline::Inclusive;
        is_limited.then(|| (window - 1.0) / window.sqrt())
    }

    /// Undoes what contradicts the rest: it may have been chosen for another model or source.
    pub(crate) fn settle(&mut self) {
        if self.model != Model::Kalman || self.noise == Noise::Pykalman {
            self.z = ZKind::Rolling;
        }
        if !self.can_refit() {
            self.fit_time = None;
        }
        if let (true, Span::Last(bars)) = (self.is_live(), &mut self.span) {
            *bars = (*bars).min(Span::MOST_LIVE);
        }
        if self.has_live() && self.interval.as_interval().is_none() {
            self.interval = Interval::M1.into();
        }
    }

    /// Whether both have the same z-score at every bar, whatever part of it they show and whichever thresholds they have.
    pub(crate) fn has_z_of(&self, other: &Self) -> bool {
        let z_alone = |choice: &Self| {
            let leg = |leg: &Leg| Leg::new(leg.source, leg.short().to_owned());
            let usual = Self::default();
            Self {
                y: leg(&choice.y),
                x: leg(&choice.x),
                span: usual.span,
                fit: (choice.model != Model::Kalman).then(|| choice.effective_fit()),
                fit_time: None,
                lookback: if choice.takes_lookback() {
                    choice.lookback
                } else {
                    usual.lookback
                },
                correlation_of: usual.correlation_of,
                entry: usual.entry,
                exit: usual.exit,
                ..choice.clone()
            }
        };
        z_alone(self) == z_alone(other)
    }

    /// The legs, y first.
    pub(crate) const fn legs(&self) -> [&Leg; 2] {
        [&self.y, &self.x]
    }

    /// `ETHUSDT / BTCUSDT`.
    pub(crate) fn name(&self) -> String {
        format!("{} / {}", self.y.short(), self.x.short())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::pair::Source;

    #[test]
    fn live_pairs_walk_forward_and_uploads_are_fitted_whole_unless_told_otherwise() {
        let mut choice = PairChoice::default();
        assert_eq!(choice.effective_fit(), Fit::WalkForward);
        choice.x.source = Source::Dataset(1);
        assert_eq!(choice.effective_fit(), Fit::WalkForward);
        choice.y.source = Source::Dataset(1);
        assert_eq!(choice.effective_fit(), Fit::InSample);
        assert!(
            !choice.can_refit(),
            "nothing arrives that could be fitted anew"
        );
        choice.fit = Some(Fit::WalkForward);
        assert!(choice.takes_lookback());
    }

    #[test]
    fn the_largest_z_of_an_inclusive_window_is_known() {
        let mut choice = PairChoice {
            window: 4,
            ..PairChoice::default()
        };
        assert_eq!(choice.z_limit(), Some(1.5));
        choice.baseline = Baseline::Exclusive;
        assert_eq!(choice.z_limit(), None);
    }

    #[test]
    fn a_rules_z_is_that_on_screen_whatever_the_venue_is_called_and_the_thresholds_are() {
        let shown = PairChoice {
            y: Leg::new(Source::Live, "ETHUSDT".into()),
            x: Leg::new(Source::Live, "BTCUSDT".into()),
            span: Span::Last(300),
            ..PairChoice::default()
        };
        let rule = PairChoice {
            y: Leg::new(Source::Live, "simulated:ETHUSDT".into()),
            entry: 3.0,
            fit: Some(Fit::WalkForward),
            ..shown.clone()
        };
        assert!(shown.has_z_of(&rule));
        let repainting = PairChoice {
            fit: Some(Fit::InSample),
            ..shown.clone()
        };
        assert!(!repainting.has_z_of(&rule));
        let wider = PairChoice {
            window: 90,
            ..rule.clone()
        };
        assert!(!shown.has_z_of(&wider));
    }

    #[test]
    fn what_was_chosen_for_another_model_is_undone() {
        let mut choice = PairChoice {
            z: ZKind::Innovation,
            fit: Some(Fit::InSample),
            fit_time: Some(5),
            ..PairChoice::default()
        };
        choice.settle();
        assert_eq!(choice.z, ZKind::Rolling);
        assert_eq!(choice.fit_time, Some(5));
        choice.model = Model::Kalman;
        choice.settle();
        assert_eq!(choice.fit_time, None);
        choice.span = Span::Last(50_000);
        choice.settle();
        assert_eq!(choice.span, Span::Last(Span::MOST_LIVE));
        choice.x.source = Source::Dataset(1);
        choice.span = Span::Last(50_000);
        choice.settle();
        assert_eq!(choice.span, Span::Last(50_000), "nobody has to follow it");
    }
}
