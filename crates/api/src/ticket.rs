//! Trade tickets: what may be asked, and the answer.

use analytics::{
    backtest::{Costs, Side},
    ticket::{self, TicketLeg as Leg, TicketSignal},
};
use api_types::{OrderAction, SpreadSide, TicketData, TicketLeg, TicketParams};
use store::symbols;

use crate::{
    app::Shared,
    backtest::spec::costs,
    pairs::{Defaults, Leg as PairLeg, PairSpec, Rows, analysis},
    params::Params,
    problem::ApiError,
};

const NOTIONALS: std::ops::RangeInclusive<f64> = 1.0..=1e12;
const DEFAULT_NOTIONAL: f64 = 10_000.0;

/// The parameters of a ticket, defaults filled in.
#[derive(Debug, Clone)]
pub(crate) struct TicketSpec {
    pub(crate) pair: PairSpec,
    notional: f64,
    costs: Costs,
}

/// The smallest steps of the quantities of y and x, where they are known.
pub(crate) type Steps = [Option<f64>; 2];

impl TicketSpec {
    /// Its parameters beside [`PairSpec::TRADED`].
    pub(crate) const NAMES: [&str; 5] = ["fitTime", "open", "notional", "feeBps", "slippageBps"];

    /// Reads a spec; `None` if anything is wrong, and then [`Params::finish`] tells all of it.
    pub(crate) fn read(params: &mut Params) -> Option<Self> {
        let pair = PairSpec::read(params, Defaults::VIEW);
        let notional = params.decimal("notional", NOTIONALS);
        let costs = costs(params);
        let spec = Self {
            pair: pair?,
            notional: notional.unwrap_or(DEFAULT_NOTIONAL),
            costs,
        };
        (!params.has_failed()).then_some(spec)
    }

    /// The parameters as they are told.
    pub(crate) fn params(&self) -> TicketParams {
        TicketParams {
            pair: self.pair.params(),
            notional: self.notional,
            fee_bps: self.costs.fee_bps(),
            slippage_bps: self.costs.slippage_bps(),
        }
    }
}

/// The steps by which the exchange takes quantities of both legs; uploads have none.
///
/// # Errors
/// [`ApiError::UnknownSymbol`] and its like, and those of the database.
pub(crate) async fn steps(shared: &Shared, pair: &PairSpec) -> Result<Steps, ApiError> {
    let step = async |leg: &PairLeg| match leg {
        PairLeg::Live(instrument) => {
            // The directory knows symbols from before the exchange told of their steps.
            let symbol = symbols::resolve(&shared.store, instrument).await?;
            Ok::<_, ApiError>(symbol.spec.qty_step)
        }
        PairLeg::Dataset { .. } => Ok(None),
    };
    Ok([step(&pair.y).await?, step(&pair.x).await?])
}

/// The ticket of the last row.
///
/// # Errors
/// [`ApiError::TooFewBars`]; [`ApiError::NoTicket`] where there is no z-score, no hedge, or too little notional.
pub(crate) fn answer(spec: &TicketSpec, rows: &Rows, steps: Steps) -> Result<TicketData, ApiError> {
    let pair = &spec.pair;
    let series = analysis::series(pair, rows).map_err(|refusal| refusal.of(pair))?;
    let last = series.time.len() - 1;
    let figure = |column: &[Option<f64>], what: &str| {
        let none = || ApiError::NoTicket(format!("The last bar has no {what}"));
        column.get(last).copied().flatten().ok_or_else(none)
    };
    let signal = TicketSignal {
        z: figure(&series.z, "z-score")?,
        spread_sd: figure(&series.spread_sd, "deviation of the spread")?,
        beta: figure(&series.beta, "hedge ratio")?,
        transform: pair.transform(),
        exit: pair.exit.get(),
    };
    let leg = |price, step| Leg { price, step };
    let (y, x) = (leg(series.y[last], steps[0]), leg(series.x[last], steps[1]));
    let found = ticket::ticket(spec.notional, y, x, signal, spec.costs);
    let found = found.map_err(|error| ApiError::NoTicket(error.to_string()))?;
    let order = |name: String, leg: Leg, quantity: f64| TicketLeg {
        symbol: name,
        action: if quantity < 0.0 {
            OrderAction::Sell
        } else {
            OrderAction::Buy
        },
        quantity: quantity.abs(),
        step: leg.step,
        price: leg.price,
        notional: quantity.abs() * leg.price,
    };
    Ok(TicketData {
        time: series.time[last],
        closed: series.closed[last],
        z: signal.z,
        side: match found.side {
            Side::LongSpread => SpreadSide::Long,
            Side::ShortSpread => SpreadSide::Short,
        },
        y: order(pair.y.name(), y, found.quantity_y),
        x: order(pair.x.name(), x, found.quantity_x),
        gross: found.gross,
        beta: signal.beta,
        rounded_beta: found.beta,
        reversion_bps: found.reversion_bps,
        cost_bps: found.cost_bps,
        edge_bps: found.edge_bps(),
    })
}
