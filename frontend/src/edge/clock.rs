//! The browser's clock and time zone.

use js_sys::Date;
use wasm_bindgen::JsValue;

use crate::model::{Zone, civil::Civil};

/// Now by the browser's clock, ms since the epoch.
pub(crate) fn now_ms() -> i64 {
    Date::now() as i64
}

/// A moment as the wall clock of the zone shows it, in ms: charts know no zones, so they are given shifted times.
pub(crate) fn to_wall(ms: i64, zone: Zone) -> i64 {
    ms + offset_ms(ms, zone)
}

/// The moment at which the wall clock of the zone shows `wall`. In the hour that a change of the clock repeats, the later one.
pub(crate) fn from_wall(wall: i64, zone: Zone) -> i64 {
    let near = wall - offset_ms(wall, zone);
    wall - offset_ms(near, zone)
}

/// What a date field of the page says, in ms of the wall clock.
pub(crate) fn parse_input(text: &str) -> Option<i64> {
    let ms = Date::parse(&format!("{text}Z"));
    ms.is_finite().then_some(ms as i64)
}

/// Date and time of day in the zone.
pub(crate) fn civil(ms: i64, zone: Zone) -> Civil {
    Civil::of(to_wall(ms, zone))
}

/// `UTC+1` of the zone at that moment.
pub(crate) fn zone_name(ms: i64, zone: Zone) -> String {
    let minutes = offset_ms(ms, zone) / 60_000;
    let (sign, size) = if minutes < 0 {
        ('−', -minutes)
    } else {
        ('+', minutes)
    };
    match (size / 60, size % 60) {
        (0, 0) => "UTC".to_owned(),
        (hours, 0) => format!("UTC{sign}{hours}"),
        (hours, rest) => format!("UTC{sign}{hours}:{rest:02}"),
    }
}

fn offset_ms(ms: i64, zone: Zone) -> i64 {
    match zone {
        Zone::Utc => 0,
        // The browser counts minutes west of Greenwich.
        Zone::Local => {
            let minutes = Date::new(&JsValue::from_f64(ms as f64)).get_timezone_offset();
            -(minutes * 60_000.0) as i64
        }
    }
}
