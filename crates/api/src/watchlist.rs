//! The pairs of the watchlist: from what a client puts there to what is followed, and back from what is
//! stored.

use api_types::{ProblemError, Transform, WATCHLIST_MOST_PAIRS, WatchlistPair};
use serde_json::Value;

use crate::{
    app::Shared,
    live::Sessions,
    pairs::{Defaults, PairSpec},
    params::Params,
    problem::ApiError,
};

/// Logarithms are the only choice, as pairs are told apart by their figures; the open bar counts, as a list is
/// looked at to see what happens now.
const DEFAULTS: Defaults = Defaults {
    transform: Transform::Log,
    open: true,
    fit: None,
};

/// The specs of these pairs, each leg with its venue.
///
/// # Errors
/// [`ApiError::BadParameters`] with everything that is wrong with any of them, [`ApiError::UnknownSymbol`],
/// and those of the database.
pub(crate) async fn read(
    shared: &Shared,
    pairs: &[WatchlistPair],
) -> Result<Vec<PairSpec>, ApiError> {
    if pairs.len() > WATCHLIST_MOST_PAIRS {
        let detail = format!(
            "are {}; at most {WATCHLIST_MOST_PAIRS} are allowed",
            pairs.len()
        );
        return Err(ApiError::bad_parameter("pairs", detail));
    }
    let mut specs: Vec<PairSpec> = Vec::with_capacity(pairs.len());
    let mut wrong = Vec::new();
    for (place, pair) in pairs.iter().enumerate() {
        let spec = match parse(pair) {
            Ok(spec) => spec.resolved(&shared.store, &shared.directory).await,
            Err(error) => Err(error),
        };
        match spec {
            Ok(spec) => {
                if let Some(first) = specs.iter().position(|other| *other == spec) {
                    let detail = format!("is the same pair as pairs[{first}]");
                    wrong.push(problem(format!("pairs[{place}]"), detail));
                }
                specs.push(spec);
            }
            Err(ApiError::BadParameters(errors)) => {
                let within = |error: ProblemError| {
                    problem(format!("pairs[{place}].{}", error.field), error.detail)
                };
                wrong.extend(errors.into_iter().map(within));
            }
            Err(other) => return Err(other),
        }
    }
    if wrong.is_empty() {
        Ok(specs)
    } else {
        Err(ApiError::BadParameters(wrong))
    }
}

fn problem(field: String, detail: String) -> ProblemError {
    ProblemError {
        field,
        line: None,
        detail,
    }
}

fn parse(pair: &WatchlistPair) -> Result<PairSpec, ApiError> {
    let Ok(Value::Object(given)) = serde_json::to_value(pair) else {
        return Err(ApiError::Internal("a pair is no object".to_owned()));
    };
    let text = |value: Value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    let given = given.into_iter().map(|(name, value)| (name, text(value)));
    let mut params = Params::of_pairs(given.collect(), &PairSpec::FOLLOWED);
    let spec = PairSpec::read(&mut params, DEFAULTS);
    params.finish()?;
    let spec = spec.ok_or_else(|| ApiError::Internal("a pair was not understood".to_owned()))?;
    Sessions::check(&spec)?;
    Ok(spec)
}

/// The spec of a stored pair; `None` for one that another version wrote in another way.
pub(crate) fn stored(text: &str) -> Option<PairSpec> {
    let mut params = Params::of_text(text, &PairSpec::FOLLOWED);
    let spec = PairSpec::read(&mut params, DEFAULTS);
    params.finish().ok()?;
    spec
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_of_logarithms_and_its_text_gives_it_back() {
        let pair = WatchlistPair {
            window: Some(30),
            ..WatchlistPair::new("simulated:ethusdt", "simulated:BTCUSDT")
        };
        let spec = parse(&pair).unwrap();
        assert_eq!(spec.transform, Transform::Log);
        assert!(spec.open);
        assert_eq!(stored(&spec.to_string()), Some(spec.clone()));
        let told = spec.params();
        assert_eq!((told.window, told.lookback), (30, Some(500)));
        assert_eq!(
            parse(&WatchlistPair::try_from(&told).unwrap()).unwrap(),
            spec
        );
        assert_eq!(stored("y=A&x=B&sparkle=1"), None);
    }

    #[test]
    fn a_kalman_pair_can_be_put_back_as_it_was_told() {
        let pair = WatchlistPair {
            model: Some(api_types::Model::Kalman),
            ..WatchlistPair::new("ETHUSDT", "BTCUSDT")
        };
        let spec = parse(&pair).unwrap();
        let again = WatchlistPair::try_from(&spec.params()).unwrap();
        assert_eq!(parse(&again).unwrap(), spec);
    }

    #[test]
    fn what_cannot_be_followed_is_refused() {
        let pair = WatchlistPair {
            limit: Some(20_000),
            ..WatchlistPair::new("ETHUSDT", "BTCUSDT")
        };
        assert!(matches!(parse(&pair), Err(ApiError::BadParameters(_))));
    }
}
