//! What is wrong with numbers, in words.

use crate::error::shown;

/// The number in a cell that polars found none in.
pub(super) fn number(cell: &str) -> Result<f64, String> {
    let text = cell.trim();
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => return Ok(value),
        Ok(_) => {
            return Err(format!(
                "is `{}`, no finite number; leave the cell empty where there is no value",
                shown(text)
            ));
        }
        Err(_) => {}
    }
    let shown = shown(text);
    let is_number = |text: &str| text.parse::<f64>().is_ok_and(f64::is_finite);
    if text.matches(',').count() == 1 && is_number(&text.replace(',', ".")) {
        return Err(format!(
            "is `{shown}`: a decimal comma, or a separator of thousands? Write numbers with a decimal point \
             and nothing else, as {}",
            text.replace(',', ".")
        ));
    }
    if text.rfind(',') > text.find('.')
        && text.contains('.')
        && is_number(&text.replace('.', "").replace(',', "."))
    {
        return Err(format!(
            "is `{shown}`: a decimal comma; write numbers with a decimal point and without separators of \
             thousands, as {}",
            text.replace('.', "").replace(',', ".")
        ));
    }
    let plain: String = text
        .chars()
        .filter(|c| !matches!(c, ',' | '\'' | '_' | ' ' | '\u{a0}' | '\u{202f}'))
        .collect();
    if is_number(&plain) {
        return Err(format!(
            "is `{shown}`: write numbers without separators of thousands, as {plain}"
        ));
    }
    Err(format!("is `{shown}`, no number"))
}

const WORDS: [&str; 4] = ["open", "high", "low", "close"];
const OPEN: usize = 0;
const HIGH: usize = 1;
const LOW: usize = 2;
const CLOSE: usize = 3;
const VOLUME: usize = 4;

/// Tells what is wrong with open, high, low, close and volume, by position.
pub(super) fn prices(values: [Option<f64>; 5], mut wrong: impl FnMut(usize, String)) {
    for (which, value) in values[..VOLUME].iter().enumerate() {
        if let Some(value) = value
            && *value <= 0.0
        {
            wrong(which, format!("is {value}; a price is greater than 0"));
        }
    }
    if let Some(volume) = values[VOLUME]
        && volume < 0.0
    {
        wrong(VOLUME, format!("is {volume}; a volume is 0 or greater"));
    }
    for other in [OPEN, CLOSE, LOW] {
        if let (Some(high), Some(value)) = (values[HIGH], values[other])
            && high < value
        {
            wrong(
                HIGH,
                format!("is {high}, below the {} of {value}", WORDS[other]),
            );
            break;
        }
    }
    for other in [OPEN, CLOSE] {
        if let (Some(low), Some(value)) = (values[LOW], values[other])
            && low > value
        {
            wrong(
                LOW,
                format!("is {low}, above the {} of {value}", WORDS[other]),
            );
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_other_habits_are_refused_with_a_hint() {
        for (text, hint) in [
            ("1,5", "decimal comma"),
            ("1,234.5", "thousands"),
            ("1.234,5", "decimal comma"),
            ("1 234.5", "thousands"),
            ("NaN", "empty"),
            ("1e999", "empty"),
            ("n/a", "no number"),
            ("$5", "no number"),
            ("5%", "no number"),
        ] {
            let detail = number(text).unwrap_err();
            assert!(detail.contains(hint), "{text}: {detail}");
        }
        assert_eq!(number(" 1.5 "), Ok(1.5));
    }

    #[test]
    fn a_bar_that_no_market_can_make_is_told() {
        let wrong = |values: [f64; 5]| {
            let mut found = Vec::new();
            prices(values.map(Some), |which, _| found.push(which));
            found
        };
        assert!(wrong([2.0, 3.0, 1.0, 2.0, 0.0]).is_empty());
        assert!(wrong([2.0, 2.0, 2.0, 2.0, -0.0]).is_empty());
        assert_eq!(wrong([2.0, 1.5, 1.0, 2.0, 0.0]), [HIGH]);
        assert_eq!(wrong([2.0, 3.0, 2.5, 2.7, 0.0]), [LOW]);
        assert_eq!(wrong([2.0, 3.0, 1.0, -1.0, -1.0]), [CLOSE, VOLUME, LOW]);
        assert_eq!(wrong([0.0, 3.0, 0.0, 2.0, 0.0]), [OPEN, LOW]);
    }
}
