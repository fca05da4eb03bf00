//! The task of the topic `alerts`: where rules stand and what they told, read once a change, whoever follows.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use api_types::{AlertEvent, AlertRuleStatus, AlertsData, EventKind, StreamEvent};
use service::Backoff;
use store::{
    Result, Store, Table,
    alerts::{RuleState, events, rules, states},
};
use tokio::{sync::mpsc, time::Instant};

use super::{
    Admission, forget_gone,
    outbox::{Audience, Message, Reached},
    pump::Pulse,
    signal::Signal,
};
use crate::{alerts::tell, convert};

/// Events of a snapshot.
const SNAPSHOT_EVENTS: u32 = 50;
/// Events of one message.
const MOST_EVENTS: u32 = 500;
/// A client that missed more than so many messages of events is sent a reset.
const MOST_MISSED_PAGES: usize = 20;
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_MOST: Duration = Duration::from_secs(5);

pub(crate) struct AlertsTopic {
    store: Store,
    coalesce: Duration,
    alerts: Arc<Signal>,
    rules: Arc<Signal>,
    audience: Audience,
    /// Clients that were admitted and have been sent nothing yet.
    waiting: Vec<Admission>,
    /// Whether the audience has everything up to here; never so without an audience.
    known: Option<Known>,
    next_send: Instant,
}

/// What the audience has.
#[derive(Debug, Clone)]
struct Known {
    rules: BTreeSet<i64>,
    change_id: i64,
    event_id: i64,
}

impl AlertsTopic {
    pub(crate) fn new(store: Store, pulse: &Pulse, coalesce: Duration) -> Self {
        Self {
            store,
            coalesce,
            alerts: pulse.signal_for_table(Table::Alerts),
            rules: pulse.signal_for_table(Table::AlertRules),
            audience: Audience::default(),
            waiting: Vec::new(),
            known: None,
            next_send: Instant::now(),
        }
    }

    pub(crate) async fn run(mut self, mut admissions: mpsc::Receiver<Admission>) {
        let mut backoff = Backoff::new(RETRY_FIRST, RETRY_MOST);
        let (mut failing, mut rules_changed) = (false, false);
        loop {
            if !failing {
                tokio::select! {
                    admission = admissions.recv() => match admission {
                        Some(admission) => self.waiting.push(admission),
                        None => return,
                    },
                    () = self.alerts.raised() => {}
                    () = self.rules.raised() => rules_changed = true,
                }
            }
            while let Ok(admission) = admissions.try_recv() {
                self.waiting.push(admission);
            }
            failing = match self.catch_up(rules_changed).await {
                Ok(()) => {
                    backoff.reset();
                    rules_changed = false;
                    false
                }
                Err(error) => {
                    if !failing {
                        tracing::warn!(%error, "alerts could not be read");
                    }
                    tokio::time::sleep(backoff.next_delay()).await;
                    true
                }
            };
        }
    }

    async fn catch_up(&mut self, rules_changed: bool) -> Result<()> {
        forget_gone(&mut self.waiting);
        if self.audience.is_empty() {
            self.known = None;
        }
        if let Some(known) = self.known.clone() {
            tokio::time::sleep_until(self.next_send).await;
            self.next_send = Instant::now() + self.coalesce;
            self.tell_changes(known, rules_changed).await?;
        }
        if !self.waiting.is_empty() {
            self.admit().await?;
        }
        Ok(())
    }

    /// Tells the audience what has changed since.
    async fn tell_changes(&mut self, mut known: Known, rules_changed: bool) -> Result<()> {
        self.alerts.take();
        let mut removed = Vec::new();
        if rules_changed {
            self.rules.take();
            let now = self.rule_ids().await?;
            removed.extend(known.rules.difference(&now));
            known.rules = now;
        }
        let (changed, change_id) = states::changed_after(&self.store, known.change_id).await?;
        known.change_id = change_id;
        let mut data = AlertsData {
            states: statuses(&changed)?,
            removed,
            rules_changed,
            events: Vec::new(),
        };
        loop {
            let stored = events::after(&self.store, known.event_id, MOST_EVENTS).await?;
            let is_last = stored.len() < MOST_EVENTS as usize;
            let page = told(stored, i64::MAX)?;
            known.event_id = page.last().map_or(known.event_id, |event| event.id);
            data.events = page;
            let empty = data.states.is_empty()
                && data.removed.is_empty()
                && !data.rules_changed
                && data.events.is_empty();
            if !empty {
                let message = message(EventKind::Update, data, known.event_id);
                self.audience.send(&message);
            }
            // What is sent is known, even if the next page cannot be read now.
            self.known = Some(known.clone());
            if is_last {
                return Ok(());
            }
            data = AlertsData::default();
        }
    }

    /// Sends everybody who waits what they need first.
    async fn admit(&mut self) -> Result<()> {
        let known = match &self.known {
            Some(known) => known.clone(),
            None => {
                // First of all: what is read below is not older, and what is newer is told as a change.
                let (change_id, event_id) = states::newest(&self.store).await?;
                let rules = self.rule_ids().await?;
                Known {
                    rules,
                    change_id,
                    event_id,
                }
            }
        };
        let all = rules::list(&self.store, false).await?;
        let standing: Vec<RuleState> = all
            .into_iter()
            .map(|rule| {
                let new = RuleState::new(rule.rule_id, rule.revision);
                rule.state.unwrap_or(new)
            })
            .collect();
        let data = AlertsData {
            states: statuses(&standing)?,
            removed: Vec::new(),
            rules_changed: true,
            events: Vec::new(),
        };
        let last = events::last(&self.store, SNAPSHOT_EVENTS).await?;
        let last = told(last, known.event_id)?;
        for waiting in std::mem::take(&mut self.waiting) {
            let position = waiting.position.as_ref();
            let resume = position.and_then(|position| position.alert);
            let missed = match resume {
                Some(event_id) => self.missed(event_id, known.event_id).await,
                None => Ok(None),
            };
            let messages = match (missed, resume) {
                (Ok(Some(pages)), _) => updates(&data, pages, known.event_id),
                (Ok(None), resume) => {
                    let kind = match resume {
                        Some(_) => EventKind::Reset,
                        None => EventKind::Snapshot,
                    };
                    let events = last.clone();
                    let data = AlertsData {
                        events,
                        ..data.clone()
                    };
                    vec![message(kind, data, known.event_id)]
                }
                (Err(error), _) => {
                    self.waiting.push(waiting);
                    return Err(error);
                }
            };
            // What is sent before a failure stays sent, so the audience's position must be known.
            self.known.get_or_insert_with(|| known.clone());
            if messages
                .into_iter()
                .all(|message| waiting.outbox.send(message))
            {
                self.audience.admit(waiting.outbox);
            }
        }
        Ok(())
    }

    /// The events after one and up to another, in pages; `None` when there are too many to send.
    async fn missed(&self, after: i64, up_to: i64) -> Result<Option<Vec<Vec<AlertEvent>>>> {
        let (mut pages, mut after) = (Vec::new(), after);
        loop {
            let stored = events::after(&self.store, after, MOST_EVENTS).await?;
            let is_last = stored.len() < MOST_EVENTS as usize;
            let page = told(stored, up_to)?;
            after = page.last().map_or(after, |event| event.id);
            pages.push(page);
            if is_last || after >= up_to {
                return Ok(Some(pages));
            }
            if pages.len() == MOST_MISSED_PAGES {
                return Ok(None);
            }
        }
    }

    async fn rule_ids(&self) -> Result<BTreeSet<i64>> {
        let all = rules::list(&self.store, false).await?;
        Ok(all.into_iter().map(|rule| rule.rule_id).collect())
    }
}

/// What a client missed: where rules stand comes with the first page.
fn updates(data: &AlertsData, pages: Vec<Vec<AlertEvent>>, up_to: i64) -> Vec<Message> {
    let count = pages.len();
    let page = |(index, events): (usize, Vec<AlertEvent>)| {
        let last = events.last().map_or(up_to, |event| event.id);
        let reached = if index + 1 == count { up_to } else { last };
        let data = match index {
            0 => AlertsData {
                events,
                ..data.clone()
            },
            _ => AlertsData {
                events,
                ..AlertsData::default()
            },
        };
        message(EventKind::Update, data, reached)
    };
    pages.into_iter().enumerate().map(page).collect()
}

fn told(stored: Vec<store::alerts::AlertEvent>, up_to: i64) -> Result<Vec<AlertEvent>> {
    let known = stored.into_iter().filter(|event| event.event_id <= up_to);
    known.map(tell::event).collect()
}

fn statuses(states: &[RuleState]) -> Result<Vec<AlertRuleStatus>> {
    states.iter().map(tell::status).collect()
}

fn message(kind: EventKind, data: AlertsData, event_id: i64) -> Message {
    let event = StreamEvent::Alerts {
        topic: "alerts".to_owned(),
        kind,
        as_of: convert::now_ms(),
        data: Box::new(data),
    };
    Message::new(&event).reaching(Reached::Alert(event_id))
}
