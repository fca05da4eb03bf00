use proptest::prelude::*;

use super::*;

const TWO: Levels = Levels {
    hysteresis: Hysteresis {
        threshold: 2.0,
        exit: 0.5,
        both_sides: true,
    },
    duration_ms: 0,
    cooldown_ms: 0,
};

/// Takes in one value a second; the state after each, and what was told with its second.
fn run(levels: Levels, values: &[f64]) -> (Vec<AlertState>, Vec<(i64, AlertEventKind, i64)>) {
    let (mut standing, mut told) = (Standing::default(), Vec::new());
    let states = (0..).zip(values).map(|(second, &value)| {
        let reading = Reading::Value(value);
        for one in standing.step(&levels, second * 1_000, reading) {
            told.push((second, one.kind, one.episode));
        }
        standing.state
    });
    (states.collect(), told)
}

use AlertEventKind::{Fired, Resolved};
use AlertState::{Firing, Normal, Pending, Recovering};

#[test]
fn an_episode_begins_at_the_threshold_and_ends_at_exit_whatever_happens_between() {
    let (states, told) = run(TWO, &[1.9, -2.0, -1.9, -2.5, -0.6, -0.5, -1.9]);
    assert_eq!(
        states,
        [
            Normal, Firing, Recovering, Firing, Recovering, Normal, Normal
        ]
    );
    assert_eq!(told, [(1, Fired, 1), (5, Resolved, 1)]);
}

#[test]
fn a_jump_to_the_other_side_ends_one_episode_and_begins_the_next() {
    let (states, told) = run(TWO, &[2.0, -2.0]);
    assert_eq!(states, [Firing, Firing]);
    assert_eq!(told, [(0, Fired, 1), (1, Resolved, 1), (1, Fired, 2)]);
}

#[test]
fn a_breach_must_last_without_a_break_and_on_one_side() {
    let levels = Levels {
        duration_ms: 2_000,
        ..TWO
    };
    let (states, told) = run(levels, &[2.0, 2.0, 1.9, 2.0, -2.0, -2.0, -2.0]);
    assert_eq!(
        states,
        [Pending, Pending, Normal, Pending, Pending, Pending, Firing]
    );
    assert_eq!(told, [(6, Fired, 1)]);
}

#[test]
fn a_breach_within_the_cool_down_is_told_when_it_is_over_if_it_lasts() {
    let levels = Levels {
        cooldown_ms: 3_000,
        ..TWO
    };
    let (states, told) = run(levels, &[2.0, 0.0, 2.0, 2.0, 2.0]);
    assert_eq!(states, [Firing, Normal, Pending, Pending, Firing]);
    assert_eq!(told, [(0, Fired, 1), (1, Resolved, 1), (4, Fired, 2)]);
}

#[test]
fn an_exit_at_the_threshold_does_not_end_what_is_at_the_threshold() {
    let mut levels = TWO;
    levels.hysteresis.exit = 2.0;
    let (_, told) = run(levels, &[2.0, 2.0, 2.0, 1.99]);
    assert_eq!(told, [(0, Fired, 1), (3, Resolved, 1)]);
}

#[test]
fn without_a_figure_or_a_feed_nothing_is_told_and_an_episode_goes_on() {
    for nothing in [
        Reading::Missing,
        Reading::Silenced,
        Reading::Value(f64::NAN),
    ] {
        let mut standing = Standing::default();
        let pending = Levels {
            duration_ms: 1_000,
            ..TWO
        };
        assert!(standing.step(&pending, 0, Reading::Value(3.0)).is_empty());
        assert!(standing.step(&pending, 5_000, nothing).is_empty());
        assert_eq!(standing.state, Normal);
        // The second that it must last begins anew.
        assert!(
            standing
                .step(&pending, 6_000, Reading::Value(3.0))
                .is_empty()
        );
        assert_eq!(standing.step(&TWO, 6_000, Reading::Value(3.0)).len(), 1);
        assert!(standing.step(&TWO, 7_000, nothing).is_empty());
        assert_eq!(standing.state, Firing);
    }
}

#[test]
fn a_rule_that_is_changed_tells_the_end_of_what_it_told_and_nothing_else() {
    let mut standing = Standing::default();
    assert_eq!(standing.end(&TWO, 0), None);
    let fired = standing.step(&TWO, 1_000, Reading::Value(2.0));
    let ended = standing.end(&TWO, 2_000);
    assert_eq!((fired[0].kind, fired[0].episode), (Fired, 1));
    assert_eq!(
        ended.map(|told| (told.kind, told.episode)),
        Some((Resolved, 1))
    );
    assert_eq!((standing.state, standing.side), (Normal, None));
}

/// What is stored: where the rule stands, up to which reading, and what was told by then.
#[derive(Debug, Clone, Default)]
struct Stored {
    standing: Standing,
    cursor: usize,
    told: Vec<(i64, Told)>,
}

/// An evaluator that stores every event with its state, and other states now and then, and that is killed after
/// some of its steps, before or after it has stored.
fn with_restarts(
    levels: &Levels,
    readings: &[(i64, Reading)],
    saves: &[bool],
    kills: &[Option<bool>],
) -> Vec<(i64, Told)> {
    let mut stored = Stored::default();
    let mut steps = 0;
    let mut now = stored.clone();
    while now.cursor < readings.len() {
        let (time_ms, reading) = readings[now.cursor];
        let told = now.standing.step(levels, time_ms, reading);
        now.cursor += 1;
        now.told.extend(told.iter().map(|&one| (time_ms, one)));
        let save = !told.is_empty() || saves[steps % saves.len()];
        let kill = kills.get(steps).copied().flatten();
        steps += 1;
        match kill {
            Some(true) if save => stored = now.clone(),
            Some(_) => {}
            None if save => stored = now.clone(),
            None => continue,
        }
        if kill.is_some() {
            now = stored.clone();
        }
    }
    now.told
}

fn reading() -> impl Strategy<Value = Reading> {
    prop_oneof![
        8 => (-40..=40_i32).prop_map(|tenths| Reading::Value(f64::from(tenths) / 10.0)),
        1 => Just(Reading::Missing),
        1 => Just(Reading::Silenced),
        1 => Just(Reading::Value(f64::NAN)),
    ]
}

fn levels() -> impl Strategy<Value = Levels> {
    let steps = prop_oneof![Just(0), Just(1_000), 0..8_000_i64];
    (1..30_u8, -5..=30_i8, any::<bool>(), steps.clone(), steps).prop_map(
        |(threshold, exit, both_sides, duration_ms, cooldown_ms)| {
            let threshold = f64::from(threshold) / 10.0;
            Levels {
                hysteresis: Hysteresis {
                    threshold,
                    exit: threshold.min(f64::from(exit) / 10.0),
                    both_sides,
                },
                duration_ms,
                cooldown_ms,
            }
        },
    )
}

fn readings() -> impl Strategy<Value = Vec<(i64, Reading)>> {
    prop::collection::vec((0..3_000_i64, reading()), 1..120).prop_map(|steps| {
        let mut time_ms = 1_723_075_200_000;
        let step = |(pause, reading)| {
            time_ms += pause;
            (time_ms, reading)
        };
        steps.into_iter().map(step).collect()
    })
}

proptest! {
    #[test]
    fn between_two_alerts_there_is_always_an_end_and_the_cool_down(levels in levels(), readings in readings()) {
        let (mut standing, mut last) = (Standing::default(), None::<(i64, Told)>);
        for (time_ms, reading) in readings {
            let breached_since = standing.breach_since_ms;
            for told in standing.step(&levels, time_ms, reading) {
                match (last.map(|(_, told)| told.kind), told.kind) {
                    (None | Some(Resolved), Fired) => {
                        prop_assert_eq!(told.episode, last.map_or(1, |(_, told)| told.episode + 1));
                        if let Some((ended, _)) = last {
                            prop_assert!(time_ms - ended >= levels.cooldown_ms);
                        }
                        let lasted = time_ms - breached_since.unwrap_or(time_ms);
                        prop_assert!(lasted >= levels.duration_ms);
                    }
                    (Some(Fired), Resolved) => {
                        prop_assert_eq!(Some(told.episode), last.map(|(_, told)| told.episode));
                    }
                    (before, now) => prop_assert!(false, "{:?} after {:?}", now, before),
                }
                prop_assert!(matches!(reading, Reading::Value(_)));
                last = Some((time_ms, told));
            }
            prop_assert_eq!(standing.side.is_none(), standing.state == Normal);
            prop_assert_eq!(standing.breach_since_ms.is_some(), standing.state == Pending);
            prop_assert_eq!(standing.is_told(), last.is_some_and(|(_, told)| told.kind == Fired));
        }
    }

    #[test]
    fn a_restart_at_any_point_neither_repeats_nor_loses_an_event(
        levels in levels(),
        readings in readings(),
        saves in prop::collection::vec(any::<bool>(), 1..20),
        kills in prop::collection::vec(prop::option::weighted(0.2, any::<bool>()), 0..300),
    ) {
        let undisturbed = with_restarts(&levels, &readings, &saves, &[]);
        prop_assert_eq!(with_restarts(&levels, &readings, &saves, &kills), undisturbed);
    }

    #[test]
    fn readings_that_are_lost_in_a_restart_cost_no_order(
        levels in levels(),
        readings in readings(),
        lost in prop::collection::vec(any::<bool>(), 120),
    ) {
        let (mut standing, mut open) = (Standing::default(), false);
        for (index, (time_ms, reading)) in readings.into_iter().enumerate() {
            if lost[index] {
                continue;
            }
            for told in standing.step(&levels, time_ms, reading) {
                prop_assert_eq!(open, told.kind == Resolved);
                open = told.kind == Fired;
            }
        }
    }
}
