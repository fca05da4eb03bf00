//! How long to wait before the next attempt.

const FIRST_MS: f64 = 500.0;
const LONGEST_MS: f64 = 10_000.0;

/// The wait before attempt `attempt` (0 is the first retry), in ms: doubling, capped, and spread over ±25 % by `random` in 0 … 1, so that
/// the pages of many users do not return to a restarted server in the same instant.
pub(crate) fn delay_ms(attempt: u32, random: f64) -> i32 {
    let doubled = FIRST_MS * f64::from(2_u32.saturating_pow(attempt.min(16)));
    let spread = 0.75 + 0.5 * random.clamp(0.0, 1.0);
    (doubled.min(LONGEST_MS) * spread) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_a_cap_and_is_spread() {
        assert_eq!(delay_ms(0, 0.5), 500);
        assert_eq!(delay_ms(1, 0.5), 1_000);
        assert_eq!(delay_ms(40, 0.5), 10_000);
        assert!(delay_ms(3, 0.0) < delay_ms(3, 1.0));
    }
}
