//! A choice as names and values: for the address bar, for requests and for topics. The names are the API's.

use std::{fmt::Display, str::FromStr};

use api_types::{Fit, Model, Noise, ZKind};

use super::{Leg, PairChoice, Span};
use crate::model::TimeRange;

/// Names and values of a query string.
pub(crate) type Query = Vec<(&'static str, String)>;

impl PairChoice {
    /// Reads a link. What it does not say, or says wrongly, is as by default: a link of another version still opens.
    pub(crate) fn from_query(get: &dyn Fn(&str) -> Option<String>) -> Self {
        let usual = Self::default();
        let leg = |name: &str, source: &str| Leg {
            source: read(get, source)
                .or_else(|| read(get, "source"))
                .unwrap_or_default(),
            name: get(name).unwrap_or_default(),
        };
        let between = read(get, "startTime").zip(read(get, "endTime"));
        let between = between.and_then(|(from, to)| TimeRange::new(from, to));
        let limit = read(get, "limit").map(|limit: u32| limit.clamp(Span::FEWEST, Span::MOST));
        let last = limit.map_or(usual.span, Span::Last);
        let mut choice = Self {
            y: leg("y", "ySource"),
            x: leg("x", "xSource"),
            interval: read(get, "interval").unwrap_or(usual.interval),
            span: between.map_or(last, Span::Between),
            model: read(get, "model").unwrap_or(usual.model),
            fit: read(get, "fit"),
            lookback: whole(get, "lookback", Self::LOOKBACK).unwrap_or(usual.lookback),
            fit_time: read(get, "fitTime"),
            transform: read(get, "transform").unwrap_or(usual.transform),
            window: whole(get, "window", Self::WINDOW).unwrap_or(usual.window),
            baseline: read(get, "baseline").unwrap_or(usual.baseline),
            z: read(get, "z").unwrap_or(usual.z),
            noise: read(get, "noise").unwrap_or(usual.noise),
            memory: positive(get, "memory").unwrap_or(usual.memory),
            correlation_of: read(get, "correlationOf").unwrap_or(usual.correlation_of),
            entry: positive(get, "entry").unwrap_or(usual.entry),
            exit: read(get, "exit")
                .filter(|exit: &f64| exit.is_finite())
                .unwrap_or(usual.exit),
        };
        choice.settle();
        choice
    }

    /// What differs from the defaults, for a link that can be read.
    pub(crate) fn to_query(&self) -> Query {
        let usual = Self::default();
        let mut query = Query::new();
        let mut put = |name: &'static str, value: &dyn Display, is_usual: bool| {
            if !is_usual {
                query.push((name, value.to_string()));
            }
        };
        put("y", &self.y.name, self.y.name.is_empty());
        put("x", &self.x.name, self.x.name.is_empty());
        put("ySource", &self.y.source, self.y.source.is_live());
        put("xSource", &self.x.source, self.x.source.is_live());
        put("interval", &self.interval, false);
        match self.span {
            Span::Last(limit) => put("limit", &limit, self.span == usual.span),
            Span::Between(range) => {
                put("startTime", &range.from, false);
                put("endTime", &range.to, false);
            }
        }
        put("model", &self.model, self.model == usual.model);
        if let Some(fit) = self.fit {
            put("fit", &fit, false);
        }
        put("lookback", &self.lookback, self.lookback == usual.lookback);
        if let Some(time) = self.fit_time {
            put("fitTime", &time, false);
        }
        put(
            "transform",
            &self.transform,
            self.transform == usual.transform,
        );
        put("window", &self.window, self.window == usual.window);
        put("baseline", &self.baseline, self.baseline == usual.baseline);
        put("z", &self.z, self.z == usual.z);
        put("noise", &self.noise, self.noise == usual.noise);
        put("memory", &self.memory, self.memory == usual.memory);
        put(
            "correlationOf",
            &self.correlation_of,
            self.correlation_of == usual.correlation_of,
        );
        put("entry", &self.entry, self.entry == usual.entry);
        put("exit", &self.exit, self.exit == usual.exit);
        query
    }

    /// What the API is asked: everything that applies, nothing left to its defaults. `names` are those by which the API knows the legs.
    pub(crate) fn to_request(&self, names: [&str; 2]) -> Query {
        let is_kalman = self.model == Model::Kalman;
        let mut query: Query = vec![
            ("y", names[0].to_owned()),
            ("x", names[1].to_owned()),
            ("ySource", self.y.source.to_string()),
            ("xSource", self.x.source.to_string()),
            ("interval", self.interval.to_string()),
        ];
        let mut put = |name, value: &dyn Display| query.push((name, value.to_string()));
        match self.span {
            Span::Last(limit) => put("limit", &limit),
            Span::Between(range) => {
                put("limit", &Span::MOST);
                put("startTime", &range.from);
                put("endTime", &range.to);
            }
        }
        put("model", &self.model);
        if is_kalman {
            put("noise", &self.noise);
            put("z", &self.z);
            if self.noise == Noise::Memory {
                put("memory", &self.memory);
            }
        } else {
            put("fit", &self.effective_fit());
        }
        if self.takes_lookback() {
            put("lookback", &self.lookback);
        }
        if let (Some(time), Fit::InSample, true) =
            (self.fit_time, self.effective_fit(), self.can_refit())
        {
            put("fitTime", &time);
        }
        put("transform", &self.transform);
        put("window", &self.window);
        if self.z == ZKind::Rolling {
            put("baseline", &self.baseline);
        }
        put("correlationOf", &self.correlation_of);
        put("entry", &self.entry);
        put("exit", &self.exit);
        query
    }
}

fn read<T: FromStr>(get: &dyn Fn(&str) -> Option<String>, name: &str) -> Option<T> {
    get(name)?.parse().ok()
}

fn whole(
    get: &dyn Fn(&str) -> Option<String>,
    name: &str,
    (least, most): (u32, u32),
) -> Option<u32> {
    read(get, name).map(|value: u32| value.clamp(least, most))
}

fn positive(get: &dyn Fn(&str) -> Option<String>, name: &str) -> Option<f64> {
    read(get, name).filter(|value: &f64| value.is_finite() && *value > 0.0)
}

#[cfg(test)]
mod tests {
    use api_types::{Baseline, CorrelationOf, Interval, Transform};

    use super::*;
    use crate::model::pair::Source;

    fn back(choice: &PairChoice) -> PairChoice {
        let query = choice.to_query();
        PairChoice::from_query(&|name| Some(query.iter().find(|(key, _)| *key == name)?.1.clone()))
    }

    fn unusual() -> PairChoice {
        PairChoice {
            y: Leg::new(Source::Dataset(4), "A/B=C".into()),
            x: Leg::new(Source::Live, "simulated:ETHUSDT".into()),
            interval: Interval::H1.into(),
            span: Span::Between(TimeRange::new(1_000, 9_000).unwrap()),
            model: Model::Kalman,
            fit: Some(Fit::WalkForward),
            lookback: 250,
            fit_time: None,
            transform: Transform::Log,
            window: 30,
            baseline: Baseline::Exclusive,
            z: ZKind::Innovation,
            noise: Noise::Ml,
            memory: 50.0,
            correlation_of: CorrelationOf::Levels,
            entry: 1.75,
            exit: 0.0,
        }
    }

    #[test]
    fn a_link_reproduces_every_control() {
        assert_eq!(back(&unusual()), unusual());
        assert_eq!(back(&PairChoice::default()), PairChoice::default());
        let refit = PairChoice {
            fit: Some(Fit::InSample),
            fit_time: Some(7),
            span: Span::Last(300),
            ..PairChoice::default()
        };
        assert_eq!(back(&refit), refit);
    }

    #[test]
    fn a_request_leaves_out_what_the_model_does_not_take() {
        let has = |choice: &PairChoice, name: &str| {
            choice
                .to_request(["A", "B"])
                .iter()
                .any(|(key, _)| *key == name)
        };
        let kalman = unusual();
        assert!(!has(&kalman, "fit") && has(&kalman, "lookback") && has(&kalman, "noise"));
        assert!(
            !has(&kalman, "memory"),
            "the ratio comes from the likelihood"
        );
        let least_squares = PairChoice::default();
        assert!(
            has(&least_squares, "fit")
                && !has(&least_squares, "noise")
                && !has(&least_squares, "z")
        );
        let whole = PairChoice {
            fit: Some(Fit::InSample),
            ..PairChoice::default()
        };
        assert!(!has(&whole, "lookback"));
    }

    #[test]
    fn what_a_link_says_wrongly_is_as_by_default_or_as_near_as_can_be() {
        let wrong = |name: &str| {
            let value = match name {
                "window" => "1",
                "entry" => "-3",
                "interval" => "7q",
                "startTime" => "9",
                "endTime" => "3",
                "model" => "guess",
                _ => return None,
            };
            Some(value.to_owned())
        };
        let read = PairChoice::from_query(&wrong);
        assert_eq!(
            read,
            PairChoice {
                window: 3,
                ..PairChoice::default()
            }
        );
    }
}
