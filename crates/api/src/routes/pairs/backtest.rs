//! `GET /api/v1/pairs/backtest`

mod table;

use api_types::{BacktestResponse, Problem};
use axum::{
    Json,
    extract::State,
    http::Uri,
    response::{IntoResponse, Response},
};

use crate::{
    app::Shared,
    backtest::{self, BacktestSpec, Fills, Payments},
    convert,
    csv::Format,
    pairs::{PairSpec, Rows, load},
    params::Params,
    problem::ApiError,
};
use table::Table;

/// Backtest of a pair
///
/// What trading the pair's z-score would have brought. A signal is read at a bar's close and filled at the next
/// bar's open: a position against the spread at |z| ≥ `entry`, left when |z| ≤ `exit` or z has changed sign, given up
/// at |z| ≥ `stop` or after `timeStop` bars, and then none until |z| < `exit`. Nothing is entered where β is not
/// positive or |z| is at `stop` already. Each position has the gross of the capital at its entry; nothing compounds.
/// The parameters of the pair are those of `/pairs/analytics`; coefficients are of the past alone. With `split` the
/// headline is the trading part, which comes after the formation part.
#[utoipa::path(
    get,
    path = "/pairs/backtest",
    operation_id = "getPairBacktest",
    tag = "Pairs",
    params(
        ("fit" = Option<String>, Query, pattern = "^walk_forward$",
            description = "`walk_forward` alone, which is the default; an error with `model=kalman`, which is causal by nature"),
        ("sizing" = Option<api_types::Sizing>, Query, description = "How the gross is shared out among the legs; default `beta_neutral`"),
        ("fill" = Option<api_types::FillAt>, Query,
            description = "At which price of the bar after the signal orders are filled; default `open`. Datasets without opens need `close`"),
        ("feeBps" = Option<f64>, Query, minimum = 0, maximum = 1000,
            description = "Fee, basis points of the notional of each leg and fill; default 5"),
        ("slippageBps" = Option<f64>, Query, minimum = 0, maximum = 1000, description = "Slippage, likewise; default 1"),
        ("funding" = Option<api_types::FundingFrom>, Query,
            description = "Where funding comes from: `given`, by the parameters that follow (default); or `exchange`, what it says that its \
                           contracts paid, for legs that are both live. Bars of which that is not known yet are left out at the end, which \
                           the warning `fundingPending` tells; where it is not known of the first ones, there is no backtest"),
        ("fundingBps8h" = Option<f64>, Query, minimum = -1000, maximum = 1000,
            description = "What longs of either leg pay to shorts in eight hours, basis points of the notional; default 0"),
        ("yFundingBps8h" = Option<f64>, Query, minimum = -1000, maximum = 1000,
            description = "The same of y alone; not beside `fundingBps8h`"),
        ("xFundingBps8h" = Option<f64>, Query, minimum = -1000, maximum = 1000,
            description = "The same of x alone; not beside `fundingBps8h`"),
        ("capital" = Option<f64>, Query, minimum = 1, maximum = 1_000_000_000_000.0,
            description = "Equity at the start and gross of every position, in the currency of the prices; default 100000"),
        ("timeStop" = Option<u32>, Query, minimum = 1, maximum = 100_000,
            description = "Bars after which a position is left; default none"),
        ("split" = Option<f64>, Query, minimum = 0.1, maximum = 0.9,
            description = "Share of the bars that is the formation part, to choose parameters by; default none"),
        ("format" = Option<String>, Query, pattern = "^(json|csv)$", description = "`json` (default), or `csv`: one table"),
        ("table" = Option<String>, Query, pattern = "^(trades|series)$",
            description = "With `format=csv`: `trades` (default), a row a trade; `series`, a row a bar"),
    ),
    responses(
        (status = 200, description = "The backtest", content(
            (BacktestResponse = "application/json"),
            (String = "text/csv"),
        )),
        (status = 400, description = "Parameters are wrong; all that are, at once", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such symbol or dataset", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "There are too few bars (`too-few-bars`), or nothing to trade at or by (`no-backtest`): a dataset \
                                      without opens, legs that no line can be fitted to, funding rates that are not known", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database is away or too much is asked at once; `Retry-After` says when to try again", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get(State(shared): State<Shared>, uri: Uri) -> Result<Response, ApiError> {
    let own = BacktestSpec::NAMES.into_iter().chain(["format", "table"]);
    let known: Vec<&str> = PairSpec::TRADED.into_iter().chain(own).collect();
    let mut params = Params::of(&uri, &known);
    let format: Format = params.optional("format").unwrap_or_default();
    let table: Option<Table> = params.optional("table");
    if format != Format::Csv {
        params.refuse("table", "applies to format=csv");
    }
    let spec = BacktestSpec::read(&mut params);
    params.finish()?;
    let mut spec =
        spec.expect("something is wrong with what cannot be read, and finish has failed");
    spec.pair = spec.pair.resolved(&shared.store, &shared.directory).await?;
    let mut rows = load::rows(&shared, &spec.pair).await?;
    let payments = backtest::payments(&shared, &spec, &mut rows).await?;
    let fills = backtest::fills(&shared, &spec, &rows).await?;
    let told = spec.params();
    let found = computed(&shared, spec.clone(), rows, fills, payments).await?;
    if format == Format::Csv {
        return table::download(&spec, found, table.unwrap_or_default()).await;
    }
    let answer = BacktestResponse {
        as_of: convert::now_ms(),
        version: convert::VERSION.to_owned(),
        params: told,
        backtest: found,
    };
    Ok(Json(answer).into_response())
}

async fn computed(
    shared: &Shared,
    spec: BacktestSpec,
    rows: Rows,
    fills: Fills,
    payments: Payments,
) -> Result<api_types::BacktestData, ApiError> {
    let work = move |_: &_| backtest::answer(&spec, &rows, &fills, &payments);
    shared.workers.run(work).await?
}
