//! `spreadscope analyze`

use api_types::{PairResponse, UnitRootTest};
use clap::Args;

use super::{
    pair::PairArgs,
    print, print_json,
    table::{facts, number, percent, time},
};

/// Settings of `analyze`.
#[derive(Debug, Clone, Args)]
pub struct AnalyzeArgs {
    #[command(flatten)]
    #[expect(
        missing_docs,
        reason = "a doc comment here would replace that of the flattened flags"
    )]
    pub pair: PairArgs,
}

pub(crate) async fn run(arguments: &AnalyzeArgs) -> anyhow::Result<()> {
    let path = "/api/v1/pairs/analytics";
    let answer = arguments
        .pair
        .ask(path, Vec::new(), api::offline::analytics)
        .await?;
    if arguments.pair.json {
        return print_json(&answer);
    }
    print(&shown(&answer))
}

fn shown(answer: &PairResponse) -> String {
    let (params, found) = (&answer.params, &answer.analysis);
    let (summary, fit, tests) = (&found.summary, &found.fit, &found.tests);
    let test = |test: &Option<UnitRootTest>| {
        let told = |test: &UnitRootTest| format!("{:.3} (p {:.4})", test.statistic, test.p_value);
        test.as_ref().map_or_else(|| "–".to_owned(), told)
    };
    let verdict = match summary.cointegrated {
        Some(true) => "cointegrated at 5 %",
        Some(false) => "not cointegrated at 5 %",
        None => "unknown",
    };
    let rows = [
        (
            "bars",
            format!("{} of {}", found.series.time.len(), params.interval),
        ),
        ("last bar", time(summary.time)),
        ("closes", format!("{} / {}", summary.y, summary.x)),
        ("z-score", number(summary.z, 3)),
        ("spread", number(summary.spread, 6)),
        (
            "hedge ratio β",
            format!("{} ± {}", number(fit.beta, 6), number(fit.beta_se, 6)),
        ),
        ("intercept α", number(fit.alpha, 6)),
        ("verdict", verdict.to_owned()),
        ("Engle-Granger y on x", test(&tests.engle_granger_yx)),
        ("Engle-Granger x on y", test(&tests.engle_granger_xy)),
        ("half-life, bars", number(summary.half_life_bars, 1)),
        ("Hurst exponent", number(summary.hurst, 3)),
        ("correlation", number(summary.correlation, 3)),
        ("filled rows", percent(found.alignment.filled_share)),
    ];
    let mut text = format!(
        "{} on {} ({}, {})\n{}",
        params.y,
        params.x,
        params.model,
        params.transform,
        facts(&rows)
    );
    for warning in &found.warnings {
        text += &format!("\nwarning: {}", warning.detail);
    }
    for missing in &found.missing {
        text += &format!("\nmissing: {} ({})", missing.figure, missing.reason);
    }
    text
}
