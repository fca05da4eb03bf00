//! Everything that was estimated and tested, with what puts it in doubt.

use api_types::{Alignment, HalfLife, JohansenTest, Model, PairFit, PairTests, UnitRootTest};
use leptos::prelude::*;

use super::{
    actions::{Actions, Csv},
    point::number,
};
use crate::{
    edge::clock,
    model::{export, format},
    stores::{PairStoreFields, Stores},
};

/// A line of the panel: its place in the answer, its name, its value.
#[derive(Clone, Debug, PartialEq)]
struct Row {
    figure: &'static str,
    name: &'static str,
    value: String,
}

/// Lines under one heading.
#[derive(Clone, Debug, PartialEq)]
struct Group {
    name: &'static str,
    rows: Vec<Row>,
}

/// Coefficients, tests, counts, warnings, and why figures are missing.
#[component]
pub(super) fn Statistics() -> impl IntoView {
    let stores = Stores::from_context();
    let groups = Memo::new(move |_| groups(stores));
    let csv = Csv::Made(Callback::new(move |()| {
        stores.pair.with_untracked(|pair| {
            let (fit, tests) = (pair.fit.as_ref(), pair.tests.as_ref());
            fit?;
            Some(export::figures(fit, tests, pair.alignment.as_ref()).into())
        })
    }));
    let missing = move || {
        stores
            .pair
            .missing()
            .get()
            .into_iter()
            .map(|missing| {
                view! { <li><span class="num">{missing.figure}</span>": "{missing.reason}</li> }
            })
            .collect_view()
    };
    let warnings =
        move || {
            stores.pair.warnings().get().into_iter().map(|warning| {
            view! { <li class="warning" data-code=warning.code.as_str()>{warning.detail}</li> }
        }).collect_view()
        };
    let has_warnings = move || stores.pair.warnings().with(|warnings| !warnings.is_empty());
    let has_missing = move || stores.pair.missing().with(|missing| !missing.is_empty());
    let group = |group: Group| {
        let rows = group.rows.into_iter().map(|row| {
            view! {
                <div class="stat">
                    <dt>{row.name}</dt>
                    <dd class="num" data-figure=row.figure>{row.value}</dd>
                </div>
            }
        });
        view! { <h3>{group.name}</h3><dl>{rows.collect_view()}</dl> }
    };
    view! {
        <section class="panel statistics" aria-label="Statistics" data-panel="statistics" data-testid="statistics">
            <header class="panel-head">
                <h2 class="panel-title">"Statistics"</h2>
                <Actions name="statistics" title=Signal::stored("Statistics".to_owned()) csv/>
            </header>
            <div class="statistics-body" tabindex="0" role="region" aria-label="Figures">
                <Show when=has_warnings>
                    <ul class="doubts" data-testid="warnings">{warnings}</ul>
                </Show>
                {move || groups.get().into_iter().map(group).collect_view()}
                <Show when=has_missing>
                    <h3>"Not computed"</h3>
                    <ul class="doubts missing" data-testid="missing">{missing}</ul>
                </Show>
            </div>
        </section>
    }
}

/// As a person reads it.
pub(super) const fn model_name(model: Model) -> &'static str {
    match model {
        Model::Ols => "OLS",
        Model::Huber => "Huber",
        Model::TheilSen => "Theil-Sen",
        Model::Kalman => "Kalman",
    }
}

fn groups(stores: Stores) -> Vec<Group> {
    let zone = stores.preferences.zone();
    let interval_ms = stores.view.with(|view| view.pair.interval.ms());
    let time = |ms: Option<i64>| {
        ms.map_or_else(
            || format::UNKNOWN.to_owned(),
            |ms| clock::civil(ms, zone).bar_start(interval_ms),
        )
    };
    let fit = stores.pair.fit().get();
    let tests = stores.pair.tests().get();
    let alignment = stores.pair.alignment().get();
    let mut groups = Vec::new();
    if let Some(fit) = &fit {
        let mut rows = coefficients(fit);
        rows.push(row("fit.fromTime", "Fitted from", time(fit.from_time)));
        rows.push(row("fit.toTime", "Fitted to", time(fit.to_time)));
        groups.push(Group {
            name: "Hedge ratio",
            rows,
        });
    }
    if let Some(tests) = &tests {
        groups.push(Group {
            name: "Cointegration",
            rows: cointegration(tests),
        });
        groups.push(Group {
            name: "Return of the residuals",
            rows: returning(tests),
        });
        groups.push(Group {
            name: "Unit roots",
            rows: unit_roots(tests),
        });
    }
    if let Some(alignment) = alignment {
        groups.push(Group {
            name: "Bars",
            rows: counts(&alignment, tests.as_ref()),
        });
    }
    groups
}

const fn row(figure: &'static str, name: &'static str, value: String) -> Row {
    Row {
        figure,
        name,
        value,
    }
}

fn coefficients(fit: &PairFit) -> Vec<Row> {
    let mut rows = vec![
        row("fit.model", "Model", model_name(fit.model).to_owned()),
        row("fit.beta", "β", number(fit.beta, 6)),
        row(
            "fit.betaSe",
            if fit.model == Model::Kalman {
                "sd of β"
            } else {
                "HAC se of β"
            },
            number(fit.beta_se, 4),
        ),
        row("fit.alpha", "α", number(fit.alpha, 6)),
        row(
            "fit.alphaSe",
            if fit.model == Model::Kalman {
                "sd of α"
            } else {
                "HAC se of α"
            },
            number(fit.alpha_se, 4),
        ),
    ];
    if let Some([low, high]) = fit.beta_interval {
        rows.push(row(
            "fit.betaInterval",
            "β, 95 %",
            format!("{} … {}", number(Some(low), 5), number(Some(high), 5)),
        ));
    }
    if fit.beta_se_textbook.is_some() {
        rows.push(row(
            "fit.betaSeTextbook",
            "Textbook se of β",
            number(fit.beta_se_textbook, 4),
        ));
    }
    if fit.r2.is_some() {
        rows.push(row("fit.r2", "R²", number(fit.r2, 4)));
    }
    if fit.sigma.is_some() {
        rows.push(row("fit.sigma", "σ of the residuals", number(fit.sigma, 5)));
    }
    if let Some(outliers) = fit.outliers {
        rows.push(row(
            "fit.outliers",
            "Outliers",
            format::count(i64::from(outliers)),
        ));
    }
    if fit.standardized_sd.is_some() {
        rows.push(row(
            "fit.standardizedSd",
            "sd of e/√S",
            number(fit.standardized_sd, 4),
        ));
    }
    rows.push(row(
        "fit.observations",
        "Bars fitted",
        format::count(i64::from(fit.observations)),
    ));
    rows
}

fn test(test: Option<UnitRootTest>) -> String {
    test.map_or_else(
        || format::UNKNOWN.to_owned(),
        |test| {
            format!(
                "{} · p {} · {} lags",
                format::price(test.statistic, 3),
                format::p_value(test.p_value),
                test.lags
            )
        },
    )
}

fn cointegration(tests: &PairTests) -> Vec<Row> {
    let verdict = match tests.cointegrated {
        Some(true) => "cointegrated at 5 %",
        Some(false) => "not at 5 %",
        None => format::UNKNOWN,
    };
    let mut rows = vec![
        row("tests.cointegrated", "Verdict", verdict.to_owned()),
        row(
            "tests.engleGrangerYx",
            "Engle-Granger y on x",
            test(tests.engle_granger_yx),
        ),
        row(
            "tests.engleGrangerXy",
            "Engle-Granger x on y",
            test(tests.engle_granger_xy),
        ),
    ];
    if let Some(critical) = tests.engle_granger_yx.map(|test| test.critical) {
        let critical = critical.map(|value| format::price(value, 2)).join(" / ");
        rows.push(row(
            "tests.engleGrangerYx.critical",
            "… at 1 / 5 / 10 %",
            critical,
        ));
    }
    rows.extend(johansen(tests.johansen));
    rows
}

fn johansen(test: Option<JohansenTest>) -> Vec<Row> {
    let Some(test) = test else {
        return vec![row(
            "tests.johansen",
            "Johansen",
            format::UNKNOWN.to_owned(),
        )];
    };
    let against = |statistic: f64, critical: [f64; 3]| {
        format!(
            "{} · 95 % {}",
            format::price(statistic, 2),
            format::price(critical[1], 2)
        )
    };
    vec![
        row(
            "tests.johansen.rankAt95",
            "Johansen rank at 95 %",
            test.rank_at_95.to_string(),
        ),
        row(
            "tests.johansen.trace.0",
            "Trace, r = 0",
            against(test.trace[0], test.trace_critical[0]),
        ),
        row(
            "tests.johansen.trace.1",
            "Trace, r ≤ 1",
            against(test.trace[1], test.trace_critical[1]),
        ),
        row(
            "tests.johansen.maxEigenvalue.0",
            "Max eigenvalue, r = 0",
            against(test.max_eigenvalue[0], test.max_eigenvalue_critical[0]),
        ),
        row(
            "tests.johansen.maxEigenvalue.1",
            "Max eigenvalue, r ≤ 1",
            against(test.max_eigenvalue[1], test.max_eigenvalue_critical[1]),
        ),
    ]
}

fn returning(tests: &PairTests) -> Vec<Row> {
    let found = tests.half_life;
    let of = |value: fn(&HalfLife) -> Option<f64>| found.as_ref().and_then(value);
    vec![
        row(
            "tests.halfLife.bars",
            "Half-life, bars",
            number(of(|found| found.bars), 4),
        ),
        row(
            "tests.halfLife.ms",
            "Half-life",
            of(|found| found.ms)
                .map_or_else(|| format::UNKNOWN.to_owned(), |ms| format::span(ms as i64)),
        ),
        row(
            "tests.halfLife.barsDiscrete",
            "… discrete, bars",
            number(of(|found| found.bars_discrete), 4),
        ),
        row(
            "tests.halfLife.lambda",
            "λ",
            number(of(|found| Some(found.lambda)), 4),
        ),
        row(
            "tests.halfLife.lambdaT",
            "t of λ",
            number(of(|found| found.lambda_t), 4),
        ),
        row("tests.hurst", "Hurst exponent", number(tests.hurst, 3)),
    ]
}

fn unit_roots(tests: &PairTests) -> Vec<Row> {
    vec![
        row("tests.adfY", "ADF of y", test(tests.adf_y)),
        row("tests.adfX", "ADF of x", test(tests.adf_x)),
        row(
            "tests.adfResiduals",
            "ADF of residuals (p too small)",
            test(tests.adf_residuals),
        ),
    ]
}

fn counts(alignment: &Alignment, tests: Option<&PairTests>) -> Vec<Row> {
    let count = |value: u32| format::count(i64::from(value));
    let mut rows = vec![row("alignment.joined", "Joined", count(alignment.joined))];
    rows.push(row(
        "alignment.filled",
        "Filled",
        format!(
            "{} · {} %",
            count(alignment.filled),
            format::price(100.0 * alignment.filled_share, 2)
        ),
    ));
    rows.push(row(
        "alignment.dropped",
        "Without counterpart",
        count(alignment.dropped),
    ));
    rows.push(row(
        "alignment.warmup",
        "Read before the range",
        count(alignment.warmup),
    ));
    if let Some(tests) = tests {
        rows.push(row(
            "tests.observations",
            "Tested",
            count(tests.observations),
        ));
    }
    rows
}
