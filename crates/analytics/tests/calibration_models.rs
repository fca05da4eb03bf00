//! Whether the errors that are shown cover the truth.

use analytics::ols;

fn normals(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut uniform = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        ((state >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    };
    move || (-2.0 * uniform().ln()).sqrt() * (std::f64::consts::TAU * uniform()).cos()
}

/// A random walk and 1.5 times it plus an AR(1) spread with the given half-life in bars.
fn cointegrated(n: usize, half_life: f64, seed: u64) -> (Vec<f64>, Vec<f64>) {
    let mut normal = normals(seed);
    let phi = 0.5_f64.powf(1.0 / half_life);
    let (mut level, mut spread) = (100.0, 0.0);
    (0..n)
        .map(|_| {
            level += 0.5 * normal();
            spread = phi * spread + 0.5 * normal();
            (20.0 + 1.5 * level + spread, level)
        })
        .unzip()
}

#[test]
fn three_newey_west_errors_cover_beta_in_nine_of_ten_pairs_and_three_textbook_errors_do_not() {
    let pairs = 500;
    let (mut newey_west, mut textbook) = (0, 0);
    for seed in 0..pairs {
        let half_life = 2.0 + 18.0 * (seed % 10) as f64 / 9.0;
        let (y, x) = cointegrated(1_000, half_life, seed + 1);
        let fit = ols(&y, &x).unwrap();
        let off = (fit.line.beta - 1.5).abs();
        newey_west += u64::from(off <= 3.0 * fit.se_hac.unwrap().beta);
        textbook += u64::from(off <= 3.0 * fit.se.unwrap().beta);
    }
    assert!(newey_west * 10 >= pairs * 9, "{newey_west} of {pairs}");
    assert!(textbook * 10 < pairs * 9, "{textbook} of {pairs}");
}
