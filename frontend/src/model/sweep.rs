//! The grid of a sweep: how it is typed, looked up, coloured and written to a file.

use api_types::SweepCells;

use super::csv;

/// Numbers as a person lists them; `None` where one is none, or there are none.
pub(crate) fn numbers(text: &str) -> Option<Vec<f64>> {
    let parts = text.split([',', ';', ' ']).map(str::trim);
    let number = |part: &str| {
        let number = part.parse().ok();
        number.filter(|number: &f64| number.is_finite() && *number >= 0.0)
    };
    let parts = parts.filter(|part| !part.is_empty());
    let read: Option<Vec<f64>> = parts.map(number).collect();
    read.filter(|numbers| !numbers.is_empty())
}

/// The same, whole.
pub(crate) fn whole_numbers(text: &str) -> Option<Vec<u32>> {
    let whole = |number: f64| {
        (number.fract() == 0.0 && number <= f64::from(u32::MAX)).then_some(number as u32)
    };
    numbers(text)?.into_iter().map(whole).collect()
}

/// Each value once, ascending.
pub(crate) fn distinct(values: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut all: Vec<f64> = values.into_iter().collect();
    all.sort_by(f64::total_cmp);
    all.dedup();
    all
}

/// The row of a combination.
pub(crate) fn find(cells: &SweepCells, window: u32, entry: f64, exit: f64) -> Option<usize> {
    let is_it = |row: &usize| {
        (cells.window[*row], cells.entry[*row], cells.exit[*row]) == (window, entry, exit)
    };
    (0..cells.window.len()).find(is_it)
}

/// The greatest magnitude, to measure colours by.
pub(crate) fn largest(values: &[Option<f64>]) -> f64 {
    let sizes = values.iter().flatten().map(|value| value.abs());
    sizes.fold(0.0, f64::max)
}

/// Greener the better, redder the worse, as a style; never so much that the figure on it cannot be read.
pub(crate) fn colour(value: f64, most: f64) -> String {
    let share = if most > 0.0 {
        (value.abs() / most).min(1.0)
    } else {
        0.0
    };
    let of = if value < 0.0 { "--down" } else { "--up" };
    format!(
        "background:color-mix(in srgb, var({of}) {:.0}%, transparent)",
        45.0 * share
    )
}

const HEADER: [&str; 9] = [
    "window",
    "entry",
    "exit",
    "formationSharpe",
    "formationReturn",
    "formationTrades",
    "tradingSharpe",
    "tradingReturn",
    "tradingTrades",
];

/// All combinations, a row each.
pub(crate) fn csv(cells: &SweepCells) -> String {
    let row = |row: usize| {
        [
            cells.window[row].to_string(),
            cells.entry[row].to_string(),
            cells.exit[row].to_string(),
            csv::number(cells.formation_sharpe[row]),
            cells.formation_return[row].to_string(),
            cells.formation_trades[row].to_string(),
            csv::number(cells.trading_sharpe[row]),
            cells.trading_return[row].to_string(),
            cells.trading_trades[row].to_string(),
        ]
    };
    csv::table(HEADER, (0..cells.window.len()).map(row))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_numbers_is_read_however_it_is_separated_and_nothing_else_is() {
        assert_eq!(numbers("1, 1.5;2  3,"), Some(vec![1.0, 1.5, 2.0, 3.0]));
        assert_eq!(numbers("0"), Some(vec![0.0]));
        for wrong in ["", " , ", "1, two", "-1", "inf"] {
            assert_eq!(numbers(wrong), None, "{wrong:?}");
        }
        assert_eq!(whole_numbers("30, 60"), Some(vec![30, 60]));
        assert_eq!(whole_numbers("30.5"), None);
    }

    #[test]
    fn a_combination_is_found_coloured_by_its_size_and_written_to_the_file() {
        let cells = SweepCells {
            window: vec![30, 30, 60],
            entry: vec![1.0, 2.0, 1.0],
            exit: vec![0.5; 3],
            formation_sharpe: vec![Some(1.0), None, Some(-2.0)],
            formation_return: vec![0.1, 0.0, -0.2],
            formation_trades: vec![4, 0, 5],
            trading_sharpe: vec![Some(0.5), None, None],
            trading_return: vec![0.05, 0.0, 0.0],
            trading_trades: vec![2, 0, 0],
        };
        assert_eq!(find(&cells, 30, 2.0, 0.5), Some(1));
        assert_eq!(find(&cells, 60, 2.0, 0.5), None);
        assert_eq!(distinct(cells.entry.iter().copied()), [1.0, 2.0]);
        let most = largest(&cells.formation_sharpe);
        assert_eq!(most, 2.0);
        assert!(colour(-2.0, most).contains("var(--down) 45%"));
        assert!(colour(1.0, most).contains("var(--up) 22%"));
        assert!(colour(1.0, 0.0).contains(" 0%"));
        let text = csv(&cells);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 4);
        assert_eq!(lines[2], "30,2,0.5,,0,0,,0,0");
    }
}
