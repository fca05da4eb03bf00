//! Alert rules, where they stand, what they told, and its deliveries.

use std::{collections::BTreeSet, time::Duration};

use anyhow::Context;
use serde_json::json;
use store::{
    Lease, Store, StoreError,
    alerts::{
        self, AlertRule, EventFilter, NewEvent, Outcome, RuleDefinition, RuleState, Webhook,
        deliveries, events, rules, states,
    },
    leases,
};
use testkit::TestDb;

type Result = anyhow::Result<()>;
const LONG: Duration = Duration::from_secs(600);
const HOLD: Duration = Duration::from_secs(60);

fn definition(name: &str, webhook: Option<(&str, Option<&str>)>) -> RuleDefinition {
    RuleDefinition {
        name: name.to_owned(),
        enabled: true,
        kind: "zThreshold".to_owned(),
        pair: json!({"y": "ETHUSDT", "x": "BTCUSDT", "lookback": 500}),
        threshold: 2.0,
        exit: 0.5,
        over_bars: None,
        duration: alerts::Duration::Seconds(0),
        cooldown_seconds: 60,
        evaluate_on: "close".to_owned(),
        webhook: webhook.map(|(url, secret)| Webhook {
            url: url.to_owned(),
            secret: secret.map(str::to_owned),
        }),
    }
}

const HOOK: Option<(&str, Option<&str>)> =
    Some(("https://example.com/a", Some("0123456789abcdef")));

fn event(episode: i64, kind: &str) -> NewEvent {
    NewEvent {
        episode,
        kind: kind.to_owned(),
        reason: "crossed".to_owned(),
        time_ms: 1_723_075_200_000 + episode,
        bar_ms: Some(1_723_075_140_000),
        provisional: false,
        value: Some(2.25),
        level: 2.0,
    }
}

fn firing(rule: &AlertRule, episode: i64) -> RuleState {
    RuleState {
        state: "firing".to_owned(),
        since_ms: Some(1_723_075_200_000),
        side: -1,
        episode,
        value: Some(-2.25),
        value_time_ms: Some(1_723_075_200_000),
        evaluated_ms: Some(1_723_075_140_000),
        ..RuleState::new(rule.rule_id, rule.revision)
    }
}

async fn lease(store: &Store, owner: &str) -> anyhow::Result<Lease> {
    let lease = leases::acquire(store, "alerts", owner, LONG).await?;
    lease.context("another holds the lease")
}

async fn rule(store: &Store, webhook: Option<(&str, Option<&str>)>) -> anyhow::Result<AlertRule> {
    let rule = rules::insert(store, &definition("r", webhook), 1_000).await?;
    rule.context("there is no room for the rule")
}

async fn tell(store: &Store, lease: &Lease, rule: &AlertRule, episode: i64) -> anyhow::Result<()> {
    for kind in ["fired", "resolved"] {
        let stored = states::advance(
            store,
            lease,
            &rule.definition,
            &firing(rule, episode),
            &[event(episode, kind)],
        )
        .await?;
        assert!(stored);
    }
    Ok(())
}

#[tokio::test]
async fn a_rule_is_read_as_it_was_written_and_there_are_only_so_many() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let made = rules::insert(store, &definition("first", HOOK), 2)
        .await?
        .unwrap();
    assert_eq!(made.definition, definition("first", HOOK));
    assert_eq!(
        (made.revision, made.deleted, &made.state),
        (1, false, &None)
    );
    assert_eq!(rules::get(store, made.rule_id).await?, Some(made.clone()));

    let bars = RuleDefinition {
        duration: alerts::Duration::Bars(3),
        over_bars: Some(100),
        enabled: false,
        ..definition("second", None)
    };
    let second = rules::insert(store, &bars, 2).await?.unwrap();
    assert_eq!(second.definition, bars);
    assert_eq!(rules::insert(store, &bars, 2).await?, None);
    assert_eq!(rules::list(store, false).await?, [made.clone(), second]);

    // A deleted one makes room.
    assert!(rules::delete(store, made.rule_id).await?.is_some());
    assert_eq!(rules::delete(store, made.rule_id).await?, None);
    assert_eq!(rules::get(store, made.rule_id).await?, None);
    assert!(rules::insert(store, &bars, 2).await?.is_some());
    assert_eq!(rules::list(store, true).await?.len(), 3);
    Ok(())
}

#[tokio::test]
async fn a_secret_stays_as_long_as_the_url_does() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let id = rule(store, HOOK).await?.rule_id;
    let secret = async |webhook| -> anyhow::Result<Option<String>> {
        let changed = rules::update(store, id, &definition("r", webhook)).await?;
        Ok(changed.unwrap().definition.webhook.unwrap().secret)
    };
    assert_eq!(
        secret(Some(("https://example.com/a", None)))
            .await?
            .as_deref(),
        Some("0123456789abcdef")
    );
    assert_eq!(secret(Some(("https://example.com/b", None))).await?, None);
    assert_eq!(secret(HOOK).await?.as_deref(), Some("0123456789abcdef"));
    assert_eq!(rules::get(store, id).await?.unwrap().revision, 4);
    assert_eq!(
        rules::update(store, id + 1, &definition("r", HOOK)).await?,
        None
    );
    Ok(())
}

#[tokio::test]
async fn an_event_its_state_and_its_delivery_are_stored_together_and_once() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let rule = rule(store, HOOK).await?;
    let lease = lease(store, "a").await?;
    let state = firing(&rule, 1);
    for _ in 0..2 {
        let told = [event(1, "fired")];
        assert!(states::advance(store, &lease, &rule.definition, &state, &told).await?);
    }
    let stored = events::last(store, 10).await?;
    let [one] = &stored[..] else {
        panic!("{stored:?}")
    };
    assert_eq!((one.rule_id, &one.told), (rule.rule_id, &event(1, "fired")));
    assert_eq!((&*one.rule_name, &one.pair), ("r", &rule.definition.pair));
    let delivery = one.delivery.as_ref().unwrap();
    assert_eq!((&*delivery.state, delivery.attempts), ("pending", 0));
    assert_eq!(
        rules::get(store, rule.rule_id).await?.unwrap().state,
        Some(state)
    );
    Ok(())
}

#[tokio::test]
async fn nothing_is_stored_by_whoever_lost_the_lease_or_did_not_hear_of_a_change() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let rule = rule(store, HOOK).await?;
    let old = lease(store, "a").await?;
    leases::release(store, &old).await?;
    let new = lease(store, "b").await?;
    let state = firing(&rule, 1);
    let told = [event(1, "fired")];
    let lost = states::advance(store, &old, &rule.definition, &state, &told).await;
    assert!(matches!(lost, Err(StoreError::LeaseLost(_))), "{lost:?}");
    let lost = states::save(store, &old, std::slice::from_ref(&state)).await;
    assert!(matches!(lost, Err(StoreError::LeaseLost(_))), "{lost:?}");

    rules::update(store, rule.rule_id, &definition("changed", HOOK)).await?;
    assert!(!states::advance(store, &new, &rule.definition, &state, &told).await?);
    states::save(store, &new, std::slice::from_ref(&state)).await?;
    assert_eq!(events::last(store, 10).await?, []);
    assert_eq!(rules::get(store, rule.rule_id).await?.unwrap().state, None);
    Ok(())
}

#[tokio::test]
async fn a_reader_that_goes_on_from_the_last_event_it_saw_misses_none() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let lease = lease(store, "a").await?;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (store, lease, rule) = (store.clone(), lease.clone(), rule(store, None).await?);
        tasks.spawn(async move {
            for episode in 1..=10 {
                tell(&store, &lease, &rule, episode).await?;
            }
            anyhow::Ok(())
        });
    }
    let (mut seen, mut last, mut change) = (BTreeSet::new(), 0, 0);
    while seen.len() < 160 {
        for event in events::after(store, last, 7).await? {
            assert!(event.event_id > last);
            last = event.event_id;
            seen.insert((event.rule_id, event.told.episode, event.told.kind));
        }
        let (_, newest) = states::changed_after(store, change).await?;
        assert!(newest >= change);
        change = newest;
        // All are stored once the tasks have ended: then the next read must find the rest.
        if tasks.try_join_next().transpose()?.transpose()?.is_none() && tasks.is_empty() {
            let left = events::after(store, last, 1_000).await?;
            assert_eq!(seen.len() + left.len(), 160);
            break;
        }
    }
    assert!(states::changed_after(store, change).await?.1 >= change);
    Ok(())
}

#[tokio::test]
async fn deliveries_of_a_rule_come_in_order_and_one_that_failed_comes_again() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let lease = lease(store, "a").await?;
    let (one, other) = (rule(store, HOOK).await?, rule(store, HOOK).await?);
    tell(store, &lease, &one, 1).await?;
    tell(store, &lease, &other, 1).await?;

    let first = deliveries::claim(store, &lease, 10, HOLD).await?;
    let told: Vec<_> = first
        .iter()
        .map(|d| (&*d.event.told.kind, d.attempt))
        .collect();
    assert_eq!(told, [("fired", 1), ("fired", 1)]);
    assert_eq!(first[0].webhook.secret.as_deref(), Some("0123456789abcdef"));
    assert_eq!(deliveries::claim(store, &lease, 10, HOLD).await?, []);
    assert!(deliveries::next_due_in(store).await?.unwrap() > Duration::from_secs(50));
    // Whoever holds the lease next sends again what nobody settles any more.
    leases::release(store, &lease).await?;
    let lease = self::lease(store, "b").await?;
    deliveries::take_over(store, &lease).await?;
    let first = deliveries::claim(store, &lease, 10, HOLD).await?;
    assert_eq!((first.len(), first[0].attempt), (2, 2));

    let failed = |pause| Outcome::Failed {
        http_status: Some(503),
        error: "busy".to_owned(),
        pause,
    };
    let ids: Vec<i64> = first.iter().map(|d| d.event.event_id).collect();
    deliveries::settle(store, &lease, ids[0], &failed(Some(Duration::ZERO))).await?;
    let again = deliveries::claim(store, &lease, 10, HOLD).await?;
    assert_eq!((again[0].event.event_id, again[0].attempt), (ids[0], 3));
    deliveries::settle(store, &lease, ids[0], &failed(None)).await?;
    deliveries::settle(
        store,
        &lease,
        ids[1],
        &Outcome::Delivered { http_status: 204 },
    )
    .await?;
    let second = deliveries::claim(store, &lease, 10, HOLD).await?;
    assert!(second.iter().all(|d| d.event.told.kind == "resolved"));
    assert_eq!(second.len(), 2);

    let stored = events::newest(store, &EventFilter::default(), 10).await?;
    let progress = |id| {
        let event = stored.iter().find(|event| event.event_id == id).unwrap();
        event.delivery.clone().unwrap()
    };
    let (given_up, taken) = (progress(ids[0]), progress(ids[1]));
    assert_eq!((&*given_up.state, given_up.attempts), ("failed", 3));
    assert_eq!(given_up.error.as_deref(), Some("busy"));
    assert_eq!((&*taken.state, taken.http_status), ("delivered", Some(204)));
    assert!(taken.delivered_at_ms.is_some() && taken.next_attempt_ms.is_none());
    Ok(())
}

#[tokio::test]
async fn events_outlive_their_rule_and_are_found_by_what_they_are() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let lease = lease(store, "a").await?;
    let (one, other) = (rule(store, None).await?, rule(store, None).await?);
    for episode in 1..=3 {
        tell(store, &lease, &one, episode).await?;
        tell(store, &lease, &other, episode).await?;
    }
    let deleted = rules::delete(store, one.rule_id).await?.unwrap();
    states::remove(store, &lease, &deleted, Some(&event(4, "resolved"))).await?;
    assert_eq!(rules::list(store, true).await?.len(), 1);

    let find = async |filter: EventFilter, limit| -> anyhow::Result<Vec<(i64, i64)>> {
        let found = events::newest(store, &filter, limit).await?;
        Ok(found.iter().map(|e| (e.rule_id, e.told.episode)).collect())
    };
    let all = EventFilter::default();
    assert_eq!(find(all.clone(), 100).await?.len(), 13);
    assert_eq!(find(all.clone(), 1).await?, [(one.rule_id, 4)]);
    let of_one = EventFilter {
        rule_id: Some(one.rule_id),
        ..all.clone()
    };
    assert_eq!(find(of_one, 100).await?.len(), 7);
    let fired = EventFilter {
        kind: Some("fired".to_owned()),
        ..all.clone()
    };
    assert_eq!(find(fired, 100).await?.len(), 6);
    let time = 1_723_075_200_002;
    let at = EventFilter {
        from_ms: Some(time),
        to_ms: Some(time),
        ..all.clone()
    };
    assert_eq!(find(at, 100).await?.len(), 4);
    let newest = events::last(store, 1).await?[0].event_id;
    let before = EventFilter {
        before_id: Some(newest),
        ..all
    };
    assert_eq!(find(before, 1).await?, [(other.rule_id, 3)]);
    Ok(())
}
