//! `GET /api/v1/pairs/ticket`

use api_types::{Problem, TicketResponse};
use axum::{Json, extract::State, http::Uri};

use crate::{
    app::Shared,
    convert,
    pairs::{PairSpec, load},
    params::Params,
    problem::ApiError,
    ticket::{self, TicketSpec},
};

/// Trade ticket of a pair
///
/// The two orders of a β-neutral position against the spread as the last bar has it: quantities in the exchange's
/// steps, y rounded down and x to the nearest hedge of it; what a return of z to `exit` would bring at these
/// coefficients, and what entry and exit cost. The parameters of the pair are those of `/pairs/analytics`. Nothing is
/// sent anywhere.
#[utoipa::path(
    get,
    path = "/pairs/ticket",
    operation_id = "getPairTicket",
    tag = "Pairs",
    params(
        ("fitTime" = Option<String>, Query, example = "1723161600000",
            description = "`fit=in_sample` only: the fit ends with this bar, ms since the epoch or RFC 3339; default: the last one"),
        ("open" = Option<bool>, Query,
            description = "Whether the open bar counts as the last; default false. An error if both legs are datasets"),
        ("notional" = Option<f64>, Query, minimum = 1, maximum = 1_000_000_000_000.0,
            description = "What both legs are to be worth, in the currency of the prices; default 10000"),
        ("feeBps" = Option<f64>, Query, minimum = 0, maximum = 1000,
            description = "Fee, basis points of the notional of each leg and fill; default 5"),
        ("slippageBps" = Option<f64>, Query, minimum = 0, maximum = 1000, description = "Slippage, likewise; default 1"),
    ),
    responses(
        (status = 200, description = "The ticket", body = TicketResponse),
        (status = 400, description = "Parameters are wrong; all that are, at once", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such symbol or dataset", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "There are too few bars (`too-few-bars`), or no orders (`no-ticket`): no z-score, no positive hedge \
                                      ratio, or too little notional for a step", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database is away or too much is asked at once; `Retry-After` says when to try again", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get(
    State(shared): State<Shared>,
    uri: Uri,
) -> Result<Json<TicketResponse>, ApiError> {
    let names = PairSpec::TRADED.into_iter().chain(TicketSpec::NAMES);
    let mut params = Params::of(&uri, &names.collect::<Vec<_>>());
    let spec = TicketSpec::read(&mut params);
    params.finish()?;
    let mut spec =
        spec.expect("something is wrong with what cannot be read, and finish has failed");
    spec.pair = spec.pair.resolved(&shared.store, &shared.directory).await?;
    let rows = load::rows(&shared, &spec.pair).await?;
    let steps = ticket::steps(&shared, &spec.pair).await?;
    let told = spec.params();
    let work = move |_: &_| ticket::answer(&spec, &rows, steps);
    let ticket = shared.workers.run(work).await??;
    Ok(Json(TicketResponse {
        as_of: convert::now_ms(),
        version: convert::VERSION.to_owned(),
        params: told,
        ticket,
    }))
}
