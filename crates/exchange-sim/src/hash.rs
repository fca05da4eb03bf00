//! Randomness by index: every draw is a function of a key and a counter, so that any part of the
//! market is computed without the parts before it, on any machine alike.

/// A key for one independent sequence of draws.
pub(crate) fn key(seed: u64, label: &str) -> u64 {
    // FNV-1a spreads the label; `mix` spreads the bits.
    let label = label
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    mix(mix(seed, 0x5eed), label)
}

/// The draw number `index` of the sequence `key`: 64 uniform bits (the finaliser of SplitMix64).
#[inline]
pub(crate) fn mix(key: u64, index: u64) -> u64 {
    let mut z = key ^ index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Uniform in [0, 1).
#[inline]
pub(crate) fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
}

/// Nearly normal with mean 0 and variance 1, within ±3.47: the sum of four uniform draws.
///
/// It needs no logarithm, so it is fast and gives the same bits with every mathematical library.
#[inline]
pub(crate) fn gauss(bits: u64) -> f64 {
    let sum = (bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) + (bits >> 48);
    const SCALE: f64 = 1.732_050_807_568_877_2 / 65_536.0;
    (sum as f64 - 131_070.0) * SCALE
}

/// `e^x` from additions and multiplications alone, so that a price does not depend on the
/// mathematical library of the machine. Relative error below 1e-11 for |x| < 40, far below a tick.
#[inline]
pub(crate) fn exp(x: f64) -> f64 {
    /// 1/n!
    const C: [f64; 10] = {
        let mut all = [1.0; 10];
        let mut n = 1;
        while n < all.len() {
            all[n] = all[n - 1] / n as f64;
            n += 1;
        }
        all
    };
    let halvings = (x * std::f64::consts::LOG2_E).round();
    let r = x - halvings * std::f64::consts::LN_2;
    // Estrin's order: the terms do not wait for one another.
    let (r2, pair) = (r * r, |n: usize| C[n] + C[n + 1] * r);
    let r4 = r2 * r2;
    let series = (pair(0) + r2 * pair(2)) + r4 * (pair(4) + r2 * pair(6)) + r4 * r4 * pair(8);
    series * f64::from_bits(((1023 + halvings as i64) as u64) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_have_the_moments_they_claim() {
        let key = key(7, "moments");
        let n = 100_000;
        let draws: Vec<f64> = (0..n).map(|i| gauss(mix(key, i))).collect();
        let mean = draws.iter().sum::<f64>() / n as f64;
        let variance = draws.iter().map(|x| x * x).sum::<f64>() / n as f64;
        assert!(mean.abs() < 0.02, "{mean}");
        assert!((variance - 1.0).abs() < 0.02, "{variance}");
        let lag_1 = draws.windows(2).map(|w| w[0] * w[1]).sum::<f64>() / n as f64;
        assert!(lag_1.abs() < 0.02, "{lag_1}");
    }

    #[test]
    fn exp_agrees_with_the_standard_library() {
        for i in -400..400 {
            let x = f64::from(i) / 10.0;
            assert!((exp(x) / x.exp() - 1.0).abs() < 1e-11, "{x}");
        }
    }
}
