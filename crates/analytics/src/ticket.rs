//! From a hedge ratio to two orders: quantities that an exchange takes, and whether the trade is worth its costs.

use crate::{
    backtest::{Costs, Side},
    error::{Error, Result},
    parameters::Transform,
};

/// Decimals that quantities of an exchange have at most.
const DECIMALS: i32 = 12;

/// One leg as it is traded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TicketLeg {
    /// Price now.
    pub price: f64,
    /// Smallest step of the quantity; `None` where any quantity is taken.
    pub step: Option<f64>,
}

/// What is known of the spread now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TicketSignal {
    /// z-score.
    pub z: f64,
    /// Standard deviation that it is measured in, in units of (transformed) y.
    pub spread_sd: f64,
    /// Hedge ratio.
    pub beta: f64,
    /// What it was fitted to.
    pub transform: Transform,
    /// |z| at which the position would be left.
    pub exit: f64,
}

/// Two orders and what they are expected to bring. Quantities are negative where sold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ticket {
    /// Against the spread.
    pub side: Side,
    /// Units of y, a multiple of its step.
    pub quantity_y: f64,
    /// Units of x, likewise.
    pub quantity_x: f64,
    /// Notional of both legs as rounded.
    pub gross: f64,
    /// The hedge ratio that the rounded quantities have, in the meaning of β.
    pub beta: f64,
    /// What a return of z to the exit brings, basis points of `gross`; negative where z is within it already.
    pub reversion_bps: f64,
    /// Fees and slippage of entry and exit, basis points of `gross`.
    pub cost_bps: f64,
}

impl Ticket {
    /// What is left of the reversion after costs, basis points.
    #[must_use]
    pub fn edge_bps(&self) -> f64 {
        self.reversion_bps - self.cost_bps
    }
}

/// The position of `notional` against the spread: `y` rounded down to its step, `x` to the step that is nearest to the
/// hedge of what `y` came to.
///
/// The reversion holds the coefficients as they are: the spread returns by (|z| − exit) standard deviations, and a
/// position of q units of `y` (levels) or of a notional of `y` (logarithms) earns as many units of it. Nothing says
/// when, or whether.
///
/// ```
/// use analytics::{Transform, backtest::{Costs, Side}, ticket::{TicketLeg, TicketSignal, ticket}};
/// let signal = TicketSignal { z: 2.5, spread_sd: 4.0, beta: 0.05, transform: Transform::Level, exit: 0.5 };
/// let y = TicketLeg { price: 3_000.0, step: Some(0.001) };
/// let x = TicketLeg { price: 60_000.0, step: Some(0.001) };
/// let ticket = ticket(10_000.0, y, x, signal, Costs::default())?;
/// assert_eq!((ticket.side, ticket.quantity_y, ticket.quantity_x), (Side::ShortSpread, -1.666, 0.083));
/// // 1.666 units fall by 2 · 4 against x, of 9,978 in all; 2 · 6 bp are paid for it.
/// assert!((ticket.reversion_bps - 13.36).abs() < 0.01 && ticket.cost_bps == 12.0);
/// # Ok::<(), analytics::Error>(())
/// ```
///
/// # Errors
/// [`Error::BadParameter`] if a price, step or notional is not finite and positive, a figure of the signal is not finite, β is not
/// positive, or the notional is too small for one step of either leg.
pub fn ticket(
    notional: f64,
    y: TicketLeg,
    x: TicketLeg,
    signal: TicketSignal,
    costs: Costs,
) -> Result<Ticket> {
    let steps = [y.step, x.step].into_iter().flatten();
    for value in [notional, y.price, x.price, signal.beta]
        .into_iter()
        .chain(steps)
    {
        if !(value.is_finite() && value > 0.0) {
            return Err(Error::BadParameter {
                name: "notional, prices, steps and the hedge ratio",
                allowed: "finite and positive",
            });
        }
    }
    if ![signal.z, signal.spread_sd, signal.exit]
        .into_iter()
        .all(f64::is_finite)
    {
        return Err(Error::BadParameter {
            name: "z, its deviation and the exit",
            allowed: "finite",
        });
    }
    // Units of x for each of y.
    let ratio = match signal.transform {
        Transform::Level => signal.beta,
        Transform::Log => signal.beta * y.price / x.price,
    };
    let q_y = rounded(notional / (y.price + ratio * x.price), y.step, f64::floor);
    let q_x = rounded(q_y * ratio, x.step, f64::round);
    let gross = q_y * y.price + q_x * x.price;
    if !(q_y > 0.0 && q_x > 0.0 && gross.is_finite()) {
        return Err(Error::BadParameter {
            name: "notional",
            allowed: "enough for one step of either leg",
        });
    }
    let side = Side::against(signal.z);
    let returns = (signal.z.abs() - signal.exit) * signal.spread_sd;
    let brings = match signal.transform {
        Transform::Level => q_y * returns,
        Transform::Log => q_y * y.price * returns,
    };
    Ok(Ticket {
        side,
        quantity_y: side.sign() * q_y,
        quantity_x: -side.sign() * q_x,
        gross,
        beta: match signal.transform {
            Transform::Level => q_x / q_y,
            Transform::Log => q_x * x.price / (q_y * y.price),
        },
        reversion_bps: brings / gross * 1e4,
        cost_bps: 2.0 * (costs.fee_bps() + costs.slippage_bps()),
    })
}

/// A multiple of the step as it is written, without what binary fractions add to it.
fn rounded(quantity: f64, step: Option<f64>, round: fn(f64) -> f64) -> f64 {
    let Some(step) = step else {
        return quantity;
    };
    // A quotient that is a whole number but for rounding counts as that number.
    let steps = quantity / step;
    let whole = steps.round();
    let near = (steps - whole).abs() <= 1e-9 * whole.max(1.0);
    let multiple = if near { whole } else { round(steps) } * step;
    let scale = 10_f64.powi(DECIMALS);
    let written = (multiple * scale).round() / scale;
    if written.is_finite() {
        written
    } else {
        multiple
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SIGNAL: TicketSignal = TicketSignal {
        z: -2.0,
        spread_sd: 0.01,
        beta: 0.8,
        transform: Transform::Log,
        exit: 0.5,
    };

    fn leg(price: f64, step: impl Into<Option<f64>>) -> TicketLeg {
        TicketLeg {
            price,
            step: step.into(),
        }
    }

    #[test]
    fn logarithms_share_the_notional_by_beta_and_earn_a_share_of_it() {
        let found = ticket(
            18_000.0,
            leg(10.0, None),
            leg(4.0, None),
            SIGNAL,
            Costs::NONE,
        )
        .unwrap();
        assert_eq!(found.side, Side::LongSpread);
        assert!((found.quantity_y - 1_000.0).abs() < 1e-9);
        assert!((found.quantity_x + 2_000.0).abs() < 1e-9);
        // 1.5 deviations of 1 % on 10,000 of 18,000.
        assert!((found.reversion_bps - 150.0 / 1.8).abs() < 1e-9);
        assert_eq!(found.edge_bps(), found.reversion_bps);
    }

    #[test]
    fn what_is_too_little_for_a_step_or_no_hedge_is_refused() {
        let refused = |notional, beta, step| {
            let signal = TicketSignal { beta, ..SIGNAL };
            ticket(
                notional,
                leg(10.0, step),
                leg(4.0, step),
                signal,
                Costs::NONE,
            )
            .is_err()
        };
        assert!(!refused(100.0, 0.8, 0.1));
        assert!(refused(0.5, 0.8, 0.1));
        assert!(refused(100.0, -0.8, 0.1));
        assert!(refused(100.0, 0.8, 0.0));
        assert!(refused(f64::NAN, 0.8, 0.1));
    }

    #[test]
    fn within_the_exit_there_is_nothing_to_expect() {
        let signal = TicketSignal { z: 0.2, ..SIGNAL };
        let found = ticket(1e4, leg(10.0, 0.1), leg(4.0, 0.1), signal, Costs::default()).unwrap();
        assert!(found.reversion_bps < 0.0 && found.edge_bps() < -12.0);
    }

    proptest! {
        #[test]
        fn quantities_are_multiples_of_their_steps_and_never_more_than_was_asked(
            notional in 1e3_f64..1e7,
            prices in (1e-3_f64..1e5, 1e-3_f64..1e5),
            beta in 0.05_f64..20.0,
            digits in (0_i32..6, 0_i32..6),
            log in any::<bool>(),
        ) {
            let steps = (10_f64.powi(-digits.0), 10_f64.powi(-digits.1));
            let transform = if log { Transform::Log } else { Transform::Level };
            let signal = TicketSignal { beta, transform, ..SIGNAL };
            let (y, x) = (leg(prices.0, steps.0), leg(prices.1, steps.1));
            if let Ok(found) = ticket(notional, y, x, signal, Costs::default()) {
                for (quantity, step) in [(found.quantity_y, steps.0), (found.quantity_x, steps.1)] {
                    let count = quantity / step;
                    prop_assert!((count - count.round()).abs() < 1e-6 * count.abs().max(1.0));
                }
                // Half a step of x may come on top of what y leaves.
                prop_assert!(found.gross <= notional * (1.0 + 1e-9) + steps.1 * prices.1);
                prop_assert!(found.quantity_y * found.quantity_x < 0.0);
            }
        }

        #[test]
        fn no_figure_makes_it_panic(values in prop::array::uniform8(any::<f64>())) {
            let [notional, y, x, z, spread_sd, beta, exit, step] = values;
            for transform in [Transform::Level, Transform::Log] {
                let signal = TicketSignal { z, spread_sd, beta, transform, exit };
                let _ = ticket(notional, leg(y, step), leg(x, None), signal, Costs::default());
            }
        }
    }
}
