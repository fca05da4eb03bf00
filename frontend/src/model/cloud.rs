//! The part of the scatter plot on screen, and how keys move it.

/// From and to of x, then of y.
pub(crate) type Cloud = [f64; 4];

/// Share of the screen that a key press moves.
const STEP: f64 = 0.12;

/// What `key` makes of what is on screen; `None` if it means nothing here.
pub(crate) fn press(key: &str, [x0, x1, y0, y1]: Cloud) -> Option<Cloud> {
    let (width, height) = (x1 - x0, y1 - y0);
    let shifted = |x: f64, y: f64| {
        [
            x0 + x * width,
            x1 + x * width,
            y0 + y * height,
            y1 + y * height,
        ]
    };
    let zoomed = |factor: f64| {
        let around = |from: f64, to: f64| {
            let (middle, half) = ((from + to) / 2.0, (to - from) / 2.0 * factor);
            [middle - half, middle + half]
        };
        let ([x0, x1], [y0, y1]) = (around(x0, x1), around(y0, y1));
        [x0, x1, y0, y1]
    };
    match key {
        "ArrowLeft" => Some(shifted(-STEP, 0.0)),
        "ArrowRight" => Some(shifted(STEP, 0.0)),
        "ArrowDown" => Some(shifted(0.0, -STEP)),
        "ArrowUp" => Some(shifted(0.0, STEP)),
        "+" | "=" => Some(zoomed(0.8)),
        "-" => Some(zoomed(1.25)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_move_and_zoom_and_undo_one_another() {
        let cloud = [0.0, 100.0, -1.0, 1.0];
        assert_eq!(press("ArrowRight", cloud), Some([12.0, 112.0, -1.0, 1.0]));
        assert_eq!(press("+", cloud), Some([10.0, 90.0, -0.8, 0.8]));
        let back = press("-", press("+", cloud).unwrap()).unwrap();
        assert!(back.iter().zip(cloud).all(|(a, b)| (a - b).abs() < 1e-9));
        assert_eq!(press("x", cloud), None);
    }
}
