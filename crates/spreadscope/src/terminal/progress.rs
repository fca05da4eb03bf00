//! How far a command is, on standard error; nothing where that is no terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// So many rows of an unknown number.
pub(super) fn counting(what: &str) -> ProgressBar {
    styled(
        ProgressBar::new_spinner(),
        "{spinner} {msg}: {human_pos} rows",
        what,
    )
}

/// So many pairs of a number that is known once there is work to do.
pub(super) fn pairs(what: &str) -> ProgressBar {
    styled(
        ProgressBar::new(0),
        "{msg} [{bar:30}] {human_pos}/{human_len} pairs ({eta})",
        what,
    )
}

/// So many bytes of `all`, or of an unknown number.
pub(super) fn bytes(what: &str, all: Option<u64>) -> ProgressBar {
    match all {
        Some(all) => styled(
            ProgressBar::new(all),
            "{msg} [{bar:30}] {bytes}/{total_bytes} ({eta})",
            what,
        ),
        None => styled(ProgressBar::new_spinner(), "{spinner} {msg}: {bytes}", what),
    }
}

fn styled(bar: ProgressBar, template: &str, what: &str) -> ProgressBar {
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.set_message(what.to_owned());
    bar
}
