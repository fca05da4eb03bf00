//! Removal of deterministic terms ahead of the test.

/// Subtracts the mean, in two passes.
pub(super) fn demean(values: &mut [f64]) {
    for _ in 0..2 {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        values.iter_mut().for_each(|v| *v -= mean);
    }
}

/// Subtracts the least-squares straight line.
pub(super) fn detrend(values: &mut [f64]) {
    demean(values);
    let half = (values.len() as f64 - 1.0) / 2.0;
    let time = |i: usize| (i as f64 - half) / half.max(1.0);
    let (mut tt, mut tv) = (0.0, 0.0);
    for (i, v) in values.iter().enumerate() {
        tt += time(i) * time(i);
        tv += time(i) * v;
    }
    let slope = if tt > 0.0 { tv / tt } else { 0.0 };
    for (i, v) in values.iter_mut().enumerate() {
        *v -= slope * time(i);
    }
}
