//! What is sent of a session.

use api_types::{PairUpdate, TooFewBars};

use crate::{
    live::{
        Figures, PairPoint, SessionState, columns,
        figures::{alignment, first_shown, is_filtered},
    },
    pairs::{PairSpec, analysis},
};

/// Everything.
pub(super) fn whole(spec: &PairSpec, state: &SessionState, figures: &Figures) -> PairUpdate {
    PairUpdate {
        params: Some(spec.params()),
        alignment: Some(alignment(spec, &state.points)),
        ..news(spec, state, figures, 0, true)
    }
}

/// What is new to those who have the first `count` points, and the figures unless they are wanted.
pub(super) fn news(
    spec: &PairSpec,
    state: &SessionState,
    figures: &Figures,
    count: usize,
    with_figures: bool,
) -> PairUpdate {
    let first = count.max(first_shown(spec, &state.points));
    let open = state.open.as_ref().filter(|_| spec.open);
    let is_filtered = is_filtered(spec, state);
    let columns = |points: &mut dyn Iterator<Item = &PairPoint>| columns(points, is_filtered);
    let newest = open.or_else(|| state.points.last());
    let summary = newest.map(|newest| {
        let last = columns(&mut std::iter::once(newest));
        analysis::summary(&last, &figures.tests)
    });
    let update = PairUpdate {
        agg_ids: Some(state.reached.map(|(_, agg_id)| agg_id)),
        series: columns(&mut state.points.from(first).chain(open)),
        summary,
        ..PairUpdate::default()
    };
    if !with_figures {
        return update;
    }
    PairUpdate {
        fit: Some(figures.fit.clone()),
        tests: Some(figures.tests.clone()),
        missing: figures.missing.clone(),
        warnings: Some(figures.warnings.clone()),
        ..update
    }
}

/// That there are no figures yet.
pub(super) fn too_few(spec: &PairSpec, few: TooFewBars) -> PairUpdate {
    PairUpdate {
        params: Some(spec.params()),
        too_few: Some(few),
        ..PairUpdate::default()
    }
}
