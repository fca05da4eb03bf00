//! Alert rules, where they stand, and what they have said.

use std::time::Duration;

use api_types::{
    AlertEvent, AlertEventKind, AlertRule, AlertRuleBody, AlertRuleStatus, AlertState, AlertsData,
    EventKind, WebhookBody,
};
use leptos::{prelude::*, task::spawn_local};

use super::{FeedStoreFields, Link, Stores, toasts::Toast};
use crate::{
    edge::api::{self, ApiError},
    model::{alert, backoff, link},
};

/// Events read at a time.
const PAGE: usize = 100;

/// Everything about alerts.
#[derive(Clone, Copy)]
pub(crate) struct Alerts {
    /// Ascending in id; `None` until they are read.
    pub(crate) rules: RwSignal<Option<Vec<AlertRule>>>,
    /// Newest first.
    pub(crate) events: RwSignal<Vec<AlertEvent>>,
    /// Where the next page of older events begins.
    pub(crate) older: RwSignal<Option<i64>>,
    /// Why rules or events could not be read.
    pub(crate) failure: RwSignal<Option<String>>,
    /// Whether a change is on its way.
    pub(crate) is_busy: RwSignal<bool>,
    /// Why the last change of a rule was not taken.
    pub(crate) refusal: RwSignal<Option<ApiError>>,
    /// Id of the newest event that the page knows of; `None` until it knows where history ends.
    newest: StoredValue<Option<i64>>,
}

impl Default for Alerts {
    fn default() -> Self {
        Self {
            rules: RwSignal::new(None),
            events: RwSignal::default(),
            older: RwSignal::new(None),
            failure: RwSignal::new(None),
            is_busy: RwSignal::new(false),
            refusal: RwSignal::new(None),
            newest: StoredValue::new(None),
        }
    }
}

/// Reads what there is, and again after a loss.
pub(super) fn start(stores: Stores) {
    let alerts = stores.alerts;
    alerts.read(0);
    Effect::new(move |was_lost: Option<bool>| {
        let is_lost = matches!(stores.feed.link().get(), Link::Lost { .. });
        if was_lost == Some(true) && !is_lost {
            alerts.read(0);
        }
        is_lost
    });
}

impl Alerts {
    /// Rules that are in that state. Tracked.
    pub(crate) fn count(&self, state: AlertState) -> usize {
        self.rules.with(|rules| {
            let rules = rules.iter().flatten();
            rules
                .filter(|rule| rule.enabled && rule.status.state == state)
                .count()
        })
    }

    fn read(self, attempt: u32) {
        spawn_local(async move {
            let outcome = match api::alerts::rules().await {
                Ok(answer) => {
                    self.rules.set(Some(answer.rules));
                    api::alerts::events(PAGE, None).await
                }
                Err(error) => Err(error),
            };
            match outcome {
                Ok(answer) => {
                    self.failure.set(None);
                    if self.older.get_untracked().is_none() {
                        self.older.set(answer.next_before_id);
                    }
                    if self.newest.get_value().is_none() {
                        self.newest
                            .set_value(Some(answer.events.first().map_or(0, |event| event.id)));
                    }
                    self.keep(answer.events);
                }
                Err(error) => {
                    self.failure.set(Some(error.to_string()));
                    if error.may_pass() {
                        let ms = backoff::delay_ms(attempt, js_sys::Math::random());
                        let again = move || self.read(attempt + 1);
                        set_timeout(again, Duration::from_millis(u64::from(ms.unsigned_abs())));
                    }
                }
            }
        });
    }

    fn read_rules(self) {
        spawn_local(async move {
            // The stream goes on saying where they stand; what cannot be read now is read with the next change.
            if let Ok(answer) = api::alerts::rules().await {
                self.rules.set(Some(answer.rules));
            }
        });
    }

    /// Reads the next page of older events.
    pub(crate) fn read_older(self) {
        let Some(before) = self.older.get_untracked() else {
            return;
        };
        self.older.set(None);
        spawn_local(async move {
            match api::alerts::events(PAGE, Some(before)).await {
                Ok(answer) => {
                    self.older.set(answer.next_before_id);
                    self.keep(answer.events);
                }
                Err(_) => self.older.set(Some(before)),
            }
        });
    }

    /// Takes what the stream says, to this page or to the one that follows the alerts for all.
    pub(super) fn hear(self, stores: Stores, kind: EventKind, data: AlertsData) {
        let is_unknown = |status: &AlertRuleStatus| {
            self.rules.with_untracked(|rules| {
                rules
                    .as_ref()
                    .is_some_and(|rules| !rules.iter().any(|rule| rule.id == status.rule_id))
            })
        };
        let must_read = data.rules_changed || data.states.iter().any(is_unknown);
        self.rules.update(|rules| {
            for rule in rules.iter_mut().flatten() {
                if let Some(status) = data.states.iter().find(|status| status.rule_id == rule.id) {
                    rule.status = status.clone();
                }
            }
            if let Some(rules) = rules {
                rules.retain(|rule| !data.removed.contains(&rule.id));
            }
        });
        if must_read {
            self.read_rules();
        }
        let known = self.newest.get_value();
        // A snapshot's events are history up to where the page was; those after it have come while it was away.
        let is_new =
            |event: &&AlertEvent| known.map_or(kind == EventKind::Update, |known| event.id > known);
        for event in data.events.iter().filter(is_new) {
            if event.kind == AlertEventKind::Fired
                && stores.preferences.settings.get_untracked().toasts
            {
                stores.toasts.tell(toast(event));
            }
        }
        let last = data.events.iter().map(|event| event.id).max();
        self.newest.set_value(Some(known.max(last).unwrap_or(0)));
        self.keep(data.events);
    }

    /// Puts events into the history, each once.
    fn keep(self, events: Vec<AlertEvent>) {
        if events.is_empty() {
            return;
        }
        self.events.update(|kept| {
            for event in events {
                match kept.binary_search_by(|held| event.id.cmp(&held.id)) {
                    Ok(at) => kept[at] = event,
                    Err(at) => kept.insert(at, event),
                }
            }
        });
    }

    /// Makes a rule, or changes one. `done` is called when it was taken.
    pub(crate) fn save(self, id: Option<i64>, rule: AlertRuleBody, done: impl FnOnce() + 'static) {
        self.is_busy.set(true);
        spawn_local(async move {
            let outcome = api::alerts::save(id, &rule).await;
            self.is_busy.set(false);
            match outcome {
                Ok(answer) => {
                    self.refusal.set(None);
                    self.rules.update(|rules| {
                        let rules = rules.get_or_insert_default();
                        rules.retain(|rule| rule.id != answer.rule.id);
                        let at = rules.partition_point(|rule| rule.id < answer.rule.id);
                        rules.insert(at, answer.rule);
                    });
                    done();
                }
                Err(error) => self.refusal.set(Some(error)),
            }
        });
    }

    /// Deletes a rule.
    pub(crate) fn delete(self, id: i64) {
        self.is_busy.set(true);
        spawn_local(async move {
            let outcome = api::alerts::delete(id).await;
            self.is_busy.set(false);
            // Gone already is gone.
            let is_gone =
                matches!(&outcome, Err(ApiError::Refused(problem)) if problem.status == 404);
            if outcome.is_ok() || is_gone {
                self.rules.update(|rules| {
                    if let Some(rules) = rules {
                        rules.retain(|rule| rule.id != id);
                    }
                });
            } else {
                self.refusal.set(outcome.err());
            }
        });
    }
}

fn toast(event: &AlertEvent) -> Toast {
    Toast {
        id: format!("event {}", event.id),
        title: event.rule_name.clone(),
        text: alert::sentence(event),
        time: event.time,
        view: Some(Box::new(link::pair_view(&event.pair))),
    }
}

/// The rule as it would be sent to be changed.
pub(crate) fn body_of(rule: &AlertRule) -> AlertRuleBody {
    AlertRuleBody {
        name: rule.name.clone(),
        enabled: Some(rule.enabled),
        kind: Some(rule.kind),
        pair: rule.pair.clone(),
        threshold: Some(rule.threshold),
        exit: Some(rule.exit),
        over: rule.over,
        duration: Some(rule.duration),
        cooldown_seconds: Some(rule.cooldown_seconds),
        evaluate_on: Some(rule.evaluate_on),
        // The secret stays as it is: the server does not tell it.
        webhook: rule.webhook.as_ref().map(|webhook| WebhookBody {
            url: webhook.url.clone(),
            secret: None,
        }),
    }
}
