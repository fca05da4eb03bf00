//! Evaluates the rules, in one process at a time: whoever holds the lease. All that it writes is guarded by the lease, and
//! it goes on from what the last one stored.

use std::{collections::HashMap, sync::Arc, time::Duration};

use api_types::{AlertEventKind, AlertReason};
use service::Backoff;
use store::{
    Lease, Result, Store, StoreError, Table,
    alerts::{AlertRule, NewEvent, RuleState, rules, states},
};
use tokio::{
    sync::watch,
    task::{AbortHandle, JoinSet},
    time::sleep,
};
use tokio_util::sync::CancellationToken;

use super::{
    board::Board,
    deliver::Deliverer,
    feeds,
    rule::Rule,
    tell,
    webhook::Sender,
    worker::{Tools, Worker},
};
use crate::{convert, hub::Hub, live::Sessions, resolve::Directory, tenure::Tenure};

/// Name of the lease.
const LEASE: &str = "alerts";
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_MOST: Duration = Duration::from_secs(5);
/// Rules are looked at again after so long, should a notification be lost.
const LOOK_PAUSE: Duration = Duration::from_secs(30);

/// What evaluating takes.
#[derive(Debug, Clone)]
pub(crate) struct Evaluator {
    pub(crate) store: Store,
    pub(crate) hub: Hub,
    pub(crate) sessions: Sessions,
    pub(crate) directory: Directory,
    pub(crate) sender: Sender,
    /// How long the lease holds without renewal.
    pub(crate) term: Duration,
}

impl Evaluator {
    /// Evaluates whenever nobody else does, until the shutdown.
    pub(crate) async fn run(self, shutdown: CancellationToken) {
        let mut tenure = Tenure::new(self.store.clone(), LEASE, self.term);
        while let Some(lease) = tenure.begin(&shutdown).await {
            tracing::info!(epoch = lease.epoch, "evaluating alerts");
            // Boxed: it holds everything that evaluates, and would make this future as large all the time.
            Box::pin(self.hold(&lease, &tenure, &shutdown)).await;
        }
    }

    /// The time as holder. Everything that was begun ends with it.
    async fn hold(&self, lease: &Lease, tenure: &Tenure, shutdown: &CancellationToken) {
        let board = Arc::new(Board::new(self.store.clone(), lease.clone()));
        let (feeds, seen) = watch::channel(feeds::Feeds::from([]));
        let pulse = self.hub.pulse();
        let deliverer = Deliverer {
            store: self.store.clone(),
            lease: lease.clone(),
            sender: self.sender.clone(),
            signal: pulse.signal_for_table(Table::Alerts),
        };
        let tools = Tools {
            board: board.clone(),
            sessions: self.sessions.clone(),
            directory: self.directory.clone(),
            feeds: seen,
        };
        let ended = tokio::select! {
            () = shutdown.cancelled() => None,
            () = tenure.until_lost(lease) => Some(StoreError::LeaseLost(LEASE.to_owned())),
            error = deliverer.run() => Some(error),
            error = board.save_regularly() => Some(error),
            error = self.supervise(lease, tools) => Some(error),
            () = feeds::follow(self.store.clone(), pulse.signal_for_feeds(), feeds) => None,
        };
        if let Some(error) = &ended {
            tracing::warn!(%error, epoch = lease.epoch, "alerts are not evaluated here any more");
        }
        if !matches!(ended, Some(StoreError::LeaseLost(_))) {
            tenure.give_back(lease, board.save()).await;
        }
    }

    /// Has a worker for each rule that is to be evaluated, and ends what rules told that are not any more.
    async fn supervise(&self, lease: &Lease, tools: Tools) -> StoreError {
        let signal = self.hub.pulse().signal_for_table(Table::AlertRules);
        let mut crew = Crew {
            store: &self.store,
            lease,
            tools,
            tasks: JoinSet::new(),
            working: HashMap::new(),
        };
        let mut backoff = Backoff::new(RETRY_FIRST, RETRY_MOST);
        loop {
            signal.take();
            match crew.look().await {
                Ok(()) => backoff.reset(),
                Err(error @ StoreError::LeaseLost(_)) => return error,
                Err(error) => {
                    tracing::warn!(%error, "alert rules could not be read");
                    sleep(backoff.next_delay()).await;
                    continue;
                }
            }
            tokio::select! {
                () = signal.raised() => {}
                () = sleep(LOOK_PAUSE) => {}
                Some(ended) = crew.tasks.join_next_with_id() => match ended {
                    // Its rule is another now; whose turn it is the next look says.
                    Ok((id, Ok(()))) => crew.forget(id),
                    Ok((_, Err(error @ StoreError::LeaseLost(_)))) => return error,
                    Ok((id, Err(error))) => {
                        tracing::error!(%error, "an alert rule could not be evaluated");
                        crew.forget(id);
                        sleep(backoff.next_delay()).await;
                    }
                    // Aborted, because its rule was changed.
                    Err(error) if error.is_cancelled() => {}
                    Err(error) => {
                        tracing::error!(%error, "the evaluation of an alert rule panicked");
                        crew.forget(error.id());
                        sleep(backoff.next_delay()).await;
                    }
                },
            }
        }
    }
}

/// The workers.
struct Crew<'a> {
    store: &'a Store,
    lease: &'a Lease,
    tools: Tools,
    tasks: JoinSet<Result<()>>,
    /// By rule: the revision that is evaluated, and its task.
    working: HashMap<i64, (i64, AbortHandle)>,
}

impl Crew<'_> {
    /// A worker has ended of itself.
    fn forget(&mut self, task: tokio::task::Id) {
        self.working.retain(|_, (_, handle)| handle.id() != task);
    }

    async fn look(&mut self) -> Result<()> {
        let all = rules::list(self.store, true).await?;
        let is_as_it_was = |rule: &AlertRule, revision: i64| {
            rule.revision == revision && rule.definition.enabled && !rule.deleted
        };
        let mut stopped = false;
        self.working.retain(|rule_id, (revision, handle)| {
            let known = all.iter().find(|rule| rule.rule_id == *rule_id);
            let goes_on = known.is_some_and(|rule| is_as_it_was(rule, *revision));
            if !goes_on {
                handle.abort();
                stopped = true;
            }
            goes_on
        });
        let all = if stopped {
            self.until_stopped().await;
            // They may have written until now.
            self.tools.board.save().await?;
            rules::list(self.store, true).await?
        } else {
            all
        };
        for rule in all {
            if !self.working.contains_key(&rule.rule_id) {
                self.take_up(rule).await?;
            }
        }
        metrics::gauge!("api_alert_rules").set(self.working.len() as f64);
        Ok(())
    }

    /// Waits until every worker that was aborted has ended: until then it may write.
    async fn until_stopped(&mut self) {
        while self.tasks.len() > self.working.len() {
            let Some(ended) = self.tasks.join_next_with_id().await else {
                return;
            };
            let id = match &ended {
                Ok((id, _)) => *id,
                Err(error) => error.id(),
            };
            self.forget(id);
        }
    }

    /// Begins to evaluate a rule, after the end of what it told before it was changed; or ends with it.
    async fn take_up(&mut self, rule: AlertRule) -> Result<()> {
        let old = rule
            .state
            .clone()
            .unwrap_or_else(|| RuleState::new(rule.rule_id, rule.revision));
        let is_new = old.revision != rule.revision;
        let (state, end) = if is_new || !rule.definition.enabled || rule.deleted {
            begin_anew(&rule, &old)?
        } else {
            (old.clone(), None)
        };
        if rule.deleted {
            return states::remove(self.store, self.lease, &rule, end.as_ref()).await;
        }
        if is_new || end.is_some() {
            let told: Vec<NewEvent> = end.into_iter().collect();
            if !self
                .tools
                .board
                .tell(&rule.definition, &state, &told)
                .await?
            {
                // Changed once more; its notification is on its way.
                return Ok(());
            }
        }
        if !rule.definition.enabled {
            return Ok(());
        }
        match Rule::of(&rule.definition) {
            Ok(parsed) => {
                let (rule_id, revision) = (rule.rule_id, rule.revision);
                let worker = Worker::new(self.tools.clone(), rule, parsed, state)?;
                let handle = self.tasks.spawn(worker.run());
                self.working.insert(rule_id, (revision, handle));
            }
            Err(problem) => {
                let problem = Some(problem);
                if state.problem != problem {
                    self.tools.board.note(RuleState { problem, ..state }).await;
                }
            }
        }
        Ok(())
    }
}

/// Where a rule stands that is not what it was, and the end of what it told before.
fn begin_anew(rule: &AlertRule, old: &RuleState) -> Result<(RuleState, Option<NewEvent>)> {
    let reason = if rule.deleted {
        AlertReason::RuleDeleted
    } else if rule.definition.enabled {
        AlertReason::RuleChanged
    } else {
        AlertReason::RuleDisabled
    };
    let was_told = tell::standing(old)?.is_told();
    let end = was_told.then(|| NewEvent {
        episode: old.episode,
        kind: AlertEventKind::Resolved.to_string(),
        reason: reason.to_string(),
        time_ms: old.value_time_ms.unwrap_or_else(convert::now_ms),
        bar_ms: None,
        provisional: false,
        value: None,
        level: rule.definition.exit,
    });
    let state = RuleState {
        episode: old.episode,
        ..RuleState::new(rule.rule_id, rule.revision)
    };
    Ok((state, end))
}
