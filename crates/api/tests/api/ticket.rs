//! `GET /api/v1/pairs/ticket`

use api_types::{OrderAction, SpreadSide, TicketResponse};
use market::Venue;
use store::{SymbolSpec, symbols};

use crate::support::pair::Pair;

const VIEW: &str = "limit=100&lookback=60&window=20";

fn path(rest: &str) -> String {
    format!("/api/v1/pairs/ticket?y=YUSDT&x=XUSDT&{VIEW}&{rest}")
}

/// The exchange says by which steps quantities are taken.
async fn with_steps(pair: &Pair, y: f64, x: f64) {
    let spec = |name: &str, step| SymbolSpec {
        qty_step: Some(step),
        ..SymbolSpec::named(name.parse().unwrap())
    };
    let specs = [spec("YUSDT", y), spec("XUSDT", x)];
    symbols::register(&pair.y.store, Venue::Simulated, &specs)
        .await
        .unwrap();
}

#[tokio::test]
async fn quantities_come_in_the_steps_of_the_exchange_and_hedge_each_other() {
    let pair = Pair::new(300).await;
    with_steps(&pair, 0.1, 0.01).await;
    let ticket: TicketResponse = pair.api.json(&path("notional=50000")).await;
    let found = &ticket.ticket;
    let analysed: api_types::PairResponse = pair
        .api
        .json(&format!("/api/v1/pairs/analytics?y=YUSDT&x=XUSDT&{VIEW}"))
        .await;
    let summary = analysed.analysis.summary;
    assert_eq!((Some(found.z), Some(found.beta)), (summary.z, summary.beta));
    assert_eq!((found.y.price, found.x.price), (summary.y, summary.x));
    assert_eq!((found.y.step, found.x.step), (Some(0.1), Some(0.01)));
    for (leg, step) in [(&found.y, 0.1), (&found.x, 0.01)] {
        let count = leg.quantity / step;
        assert!(
            leg.quantity > 0.0 && (count - count.round()).abs() < 1e-9,
            "{leg:?}"
        );
        assert!((leg.notional - leg.quantity * leg.price).abs() < 1e-9);
    }
    // A step of y is about a 300th of it.
    assert!(
        (48_000.0..50_010.0).contains(&found.gross),
        "{}",
        found.gross
    );
    assert!((found.rounded_beta / found.beta - 1.0).abs() < 1e-3);
    let (side, actions) = if found.z > 0.0 {
        (SpreadSide::Short, (OrderAction::Sell, OrderAction::Buy))
    } else {
        (SpreadSide::Long, (OrderAction::Buy, OrderAction::Sell))
    };
    assert_eq!(
        (found.side, (found.y.action, found.x.action)),
        (side, actions)
    );
    let sd = analysed.analysis.series.spread_sd.last().unwrap().unwrap();
    let expected = (found.z.abs() - 0.5) * sd * found.y.quantity / found.gross * 1e4;
    assert!((found.reversion_bps - expected).abs() < 1e-6);
    assert_eq!(found.cost_bps, 12.0);
    assert_eq!(found.edge_bps, found.reversion_bps - 12.0);
    assert_eq!(
        (ticket.params.notional, ticket.params.fee_bps),
        (50_000.0, 5.0)
    );
}

#[tokio::test]
async fn too_little_for_a_step_and_wrong_parameters_are_told() {
    let pair = Pair::new(300).await;
    let free: TicketResponse = pair.api.json(&path("notional=10")).await;
    assert_eq!(free.ticket.y.step, None);
    assert!((free.ticket.gross - 10.0).abs() < 1e-9);
    with_steps(&pair, 1.0, 1.0).await;
    let server = crate::support::Api::with(crate::support::config(pair.url())).await;
    server.until_ready().await;
    let problem = server.problem(&path("notional=10")).await;
    assert_eq!(
        (problem.status, &problem.kind[..]),
        (422, "urn:spreadscope:problem:no-ticket")
    );
    let problem = server.problem(&path("notional=0&split=0.5")).await;
    let fields: Vec<&str> = problem.errors.iter().map(|e| e.field.as_str()).collect();
    assert_eq!(
        (problem.status, &fields[..]),
        (400, &["split", "notional"][..])
    );
}
