//! Parameters that several calls have in common, described at the first of them.

use utoipa::openapi::{OpenApi, RefOr, path::Parameter};

use crate::pairs::PairSpec;

const DESCRIBED: &str = "/pairs/analytics";
const SHARING: [&str; 2] = ["/pairs/backtest", "/pairs/ticket"];

/// Gives the calls that trade a pair the parameters of pair analytics that they take.
pub(super) fn share(document: &mut OpenApi) {
    let paths = &mut document.paths.paths;
    let described = paths.get(DESCRIBED).and_then(|item| item.get.as_ref());
    let all = described.and_then(|operation| operation.parameters.clone());
    let is_taken = |one: &RefOr<Parameter>| PairSpec::TRADED.contains(&name(one));
    let shared: Vec<_> = all.into_iter().flatten().filter(is_taken).collect();
    for path in SHARING {
        let item = paths.get_mut(path);
        if let Some(operation) = item.and_then(|item| item.get.as_mut()) {
            let own = operation.parameters.get_or_insert_default();
            // What a call describes itself means something else there.
            let is_missing = |one: &&RefOr<Parameter>| own.iter().all(|own| name(own) != name(one));
            let mut all: Vec<_> = shared.iter().filter(is_missing).cloned().collect();
            all.append(own);
            *own = all;
        }
    }
}

fn name(one: &RefOr<Parameter>) -> &str {
    match one {
        RefOr::T(parameter) => &parameter.name,
        RefOr::Ref(_) => "",
    }
}
