//! Query strings, parsed strictly: what is unknown, repeated, missing or out of range is an error that
//! names the parameter and says what is allowed, and all such errors of a request are answered at once.

mod time;

use std::{fmt::Display, ops::RangeInclusive, str::FromStr};

use api_types::ProblemError;
use axum::{extract::Query, http::Uri};
use market::Instrument;

use crate::problem::ApiError;

pub(crate) use time::Time;

/// The parameters of a request while they are being read.
pub(crate) struct Params {
    pairs: Vec<(String, String)>,
    errors: Vec<ProblemError>,
}

impl Params {
    /// Takes the query string apart. Parameters that are not `known` are errors; so are repeated ones,
    /// as either value could be meant.
    pub(crate) fn of(uri: &Uri, known: &[&str]) -> Self {
        match Query::<Vec<(String, String)>>::try_from_uri(uri) {
            Ok(Query(pairs)) => Self::of_pairs(pairs, known),
            Err(_) => {
                let mut params = Self::of_pairs(Vec::new(), known);
                params.error("query", "is not a percent-encoded query string".to_owned());
                params
            }
        }
    }

    /// As [`of`](Self::of), for a query string that stands within a larger text.
    pub(crate) fn of_text(query: &str, known: &[&str]) -> Self {
        let pairs = form_urlencoded::parse(query.as_bytes());
        Self::of_pairs(pairs.into_owned().collect(), known)
    }

    /// As [`of`](Self::of), for names and values that came in another way, for example as a JSON object.
    pub(crate) fn of_pairs(pairs: Vec<(String, String)>, known: &[&str]) -> Self {
        let mut params = Self {
            pairs,
            errors: Vec::new(),
        };
        let names: Vec<String> = params.pairs.iter().map(|(name, _)| name.clone()).collect();
        for (index, name) in names.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                let allowed = match known {
                    [] => "this call takes no parameters".to_owned(),
                    _ => format!("this call takes {}", known.join(", ")),
                };
                params.error(&shown(name), format!("is not known; {allowed}"));
            } else if names[..index].contains(name) {
                params.error(name, "is given more than once".to_owned());
            }
        }
        params
    }

    /// Adds a parameter that was given elsewhere, under a name that could not be given here.
    pub(crate) fn add(&mut self, name: &str, text: String) {
        self.pairs.push((name.to_owned(), text));
    }

    /// Whether a parameter is given, right or wrong.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.pairs.iter().any(|(given, _)| given == name)
    }

    /// Records an error if a parameter is given that has no meaning beside the others: it would be ignored.
    pub(crate) fn refuse(&mut self, name: &str, reason: &str) {
        if self.has(name) {
            self.error(name, reason.to_owned());
        }
    }

    /// Whether anything was wrong so far.
    pub(crate) fn has_failed(&self) -> bool {
        !self.errors.is_empty()
    }

    /// A parameter that may be absent. `None` also when it is wrong: then [`finish`](Self::finish) fails.
    pub(crate) fn optional<T: FromStr>(&mut self, name: &str) -> Option<T>
    where
        T::Err: Display,
    {
        let (_, text) = self.pairs.iter().find(|(given, _)| given == name)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                let detail = error.to_string();
                self.error(name, detail);
                None
            }
        }
    }

    /// A parameter that must be given; `example` shows how.
    pub(crate) fn required<T: FromStr>(&mut self, name: &str, example: &str) -> Option<T>
    where
        T::Err: Display,
    {
        if !self.has(name) {
            self.error(name, format!("is missing; for example {name}={example}"));
        }
        self.optional(name)
    }

    /// A whole number within `range`.
    pub(crate) fn number(&mut self, name: &str, range: RangeInclusive<i64>) -> Option<i64> {
        let (_, text) = self.pairs.iter().find(|(given, _)| given == name)?;
        let value = text.parse().ok().filter(|value| range.contains(value));
        if value.is_none() {
            let (first, last) = range.into_inner();
            let detail = format!(
                "is `{}`; a whole number from {first} to {last} is allowed",
                shown(text)
            );
            self.error(name, detail);
        }
        value
    }

    /// A number within `range`, not necessarily whole.
    pub(crate) fn decimal(&mut self, name: &str, range: RangeInclusive<f64>) -> Option<f64> {
        let (_, text) = self.pairs.iter().find(|(given, _)| given == name)?;
        // No range holds a NaN.
        let value = text.parse().ok().filter(|value| range.contains(value));
        if value.is_none() {
            let (first, last) = range.into_inner();
            let detail = format!(
                "is `{}`; a number from {first} to {last} is allowed",
                shown(text)
            );
            self.error(name, detail);
        }
        value
    }

    /// `true` or `false`.
    pub(crate) fn flag(&mut self, name: &str) -> Option<bool> {
        self.optional(name)
    }

    /// Records an error that involves several parameters or needs their values.
    pub(crate) fn error(&mut self, field: &str, detail: String) {
        self.errors.push(ProblemError {
            field: field.to_owned(),
            line: None,
            detail,
        });
    }

    /// The id in a path of what there are many of; of no meaning once it was wrong.
    pub(crate) fn id(&mut self, text: &str, what: &str) -> i64 {
        let id = text.parse().ok().filter(|id: &i64| *id > 0);
        if id.is_none() {
            let detail = format!("is no id of a {what}, which is a whole number from 1");
            self.error("id", detail);
        }
        id.unwrap_or_default()
    }

    /// To be called when all parameters are read.
    ///
    /// # Errors
    /// With everything that was wrong, if anything was.
    pub(crate) fn finish(self) -> Result<(), ApiError> {
        if self.errors.is_empty() {
            Ok(())
        } else {
            Err(ApiError::BadParameters(self.errors))
        }
    }
}

/// `symbol` as every call takes it.
pub(crate) fn symbol(params: &mut Params) -> Option<Instrument> {
    params.required("symbol", "BTCUSDT")
}

/// Text of a client as it may stand in an answer.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(uri: &'static str, read: impl FnOnce(&mut Params)) -> Vec<(String, String)> {
        let mut params = Params::of(&Uri::from_static(uri), &["symbol", "limit"]);
        read(&mut params);
        match params.finish() {
            Ok(()) => Vec::new(),
            Err(ApiError::BadParameters(errors)) => {
                errors.into_iter().map(|e| (e.field, e.detail)).collect()
            }
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let errors = errors("/bars?limit=0&limits=5&limit=7", |params| {
            symbol(params);
            params.number("limit", 1..=10);
        });
        let expected = [
            ("limits", "is not known; this call takes symbol, limit"),
            ("limit", "is given more than once"),
            ("symbol", "is missing; for example symbol=BTCUSDT"),
            ("limit", "is `0`; a whole number from 1 to 10 is allowed"),
        ];
        assert_eq!(
            errors,
            expected.map(|(field, detail)| (field.to_owned(), detail.to_owned()))
        );
    }

    #[test]
    fn numbers_are_whole_and_nothing_else() {
        for uri in [
            "/?limit=",
            "/?limit=1.0",
            "/?limit=1e3",
            "/?limit=%201",
            "/?limit=99999999999999999999",
        ] {
            let errors = errors(uri, |params| {
                assert_eq!(params.number("limit", 1..=10), None);
            });
            assert_eq!(errors.len(), 1, "{uri}");
        }
        assert!(
            errors("/?limit=10", |p| assert_eq!(
                p.number("limit", 1..=10),
                Some(10)
            ))
            .is_empty()
        );
    }

    proptest::proptest! {
        #[test]
        fn no_query_string_makes_it_panic_or_pass_with_what_is_not_known(query in "[ -~]{0,80}") {
            if let Ok(uri) = format!("/bars?{query}").parse::<Uri>() {
                let mut params = Params::of(&uri, &["symbol", "limit", "startTime"]);
                symbol(&mut params);
                params.number("limit", 1..=10);
                params.optional::<Time>("startTime");
                if params.finish().is_ok() {
                    let names = uri.query().unwrap_or_default().split('&').filter_map(|pair| pair.split('=').next());
                    for name in names.filter(|name| !name.is_empty() && !name.contains('%')) {
                        proptest::prop_assert!(["symbol", "limit", "startTime"].contains(&name), "{}", name);
                    }
                }
            }
        }

        #[test]
        fn no_text_makes_a_time_panic(text in "\\PC{0,40}") {
            let _ = text.parse::<Time>();
        }
    }
}
