//! The task of a `pair:` topic: a session's points as they come, and its figures as they are computed anew.
//!
//! What a client has is measured by a [`Mark`]: the last point, with a digest of it and of all before it. Whoever
//! has points of the session, of whichever process, is sent those that follow; whoever has others begins anew.

mod update;

use std::{sync::Arc, time::Duration};

use api_types::{EventKind, PairUpdate, StreamEvent, TooFewBars};
use futures::future::BoxFuture;
use tokio::{
    sync::{Semaphore, mpsc},
    task::spawn_blocking,
    time::{Instant, MissedTickBehavior, interval},
};

use super::{
    Admission, forget_gone,
    outbox::{Audience, Message, Reached},
};
use crate::{
    convert,
    live::{Condition, Figures, Follower, Mark, PairPoint, SessionState},
    pairs::PairSpec,
};

/// Whether anybody is left is looked at so often.
const LOOK_PAUSE: Duration = Duration::from_secs(10);
/// Figures are computed anew when a bar has closed, but a task spends no more than one in so many parts of its
/// time on them.
const FIGURES_SHARE: u32 = 20;

pub(super) struct PairTopic {
    name: Arc<str>,
    spec: PairSpec,
    follower: Follower,
    cores: Arc<Semaphore>,
    audience: Audience,
    /// Clients that were admitted and have been sent nothing yet.
    waiting: Vec<Admission>,
    /// What the audience has; `None` without one.
    told: Option<Told>,
    /// As they were computed last.
    figures: Option<Arc<Figures>>,
    computing: Option<BoxFuture<'static, (Option<Figures>, Duration)>>,
    next_figures: Instant,
}

/// What clients have been told.
#[derive(Debug, Clone, PartialEq)]
enum Told {
    TooFew(TooFewBars),
    Points {
        up_to: Mark,
        open: Option<PairPoint>,
        figures: Mark,
    },
}

impl PairTopic {
    pub(super) fn new(
        name: Arc<str>,
        spec: PairSpec,
        follower: Follower,
        cores: Arc<Semaphore>,
    ) -> Self {
        Self {
            name,
            spec,
            follower,
            cores,
            audience: Audience::default(),
            waiting: Vec::new(),
            told: None,
            figures: None,
            computing: None,
            next_figures: Instant::now(),
        }
    }

    /// Goes on until nobody follows and `unused` agrees.
    pub(super) async fn run(
        mut self,
        mut admissions: mpsc::Receiver<Admission>,
        unused: impl Fn(&mpsc::Receiver<Admission>) -> bool,
    ) {
        let mut look = interval(LOOK_PAUSE);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The first tick is now, and the first client yet to come.
        look.tick().await;
        loop {
            let rested = self.is_outdated().then_some(self.next_figures);
            tokio::select! {
                admission = admissions.recv() => match admission {
                    Some(admission) => self.waiting.push(admission),
                    None => return,
                },
                () = self.follower.changed() => {}
                (figures, took) = computed(&mut self.computing) => {
                    self.computing = None;
                    self.next_figures = Instant::now() + took * FIGURES_SHARE;
                    self.figures = figures.map(Arc::new);
                }
                () = at(rested) => {}
                _ = look.tick() => {}
            }
            // Everybody who came meanwhile is served by the same message.
            while let Ok(admission) = admissions.try_recv() {
                self.waiting.push(admission);
            }
            forget_gone(&mut self.waiting);
            if self.audience.is_empty() {
                self.told = None;
                if self.waiting.is_empty() {
                    if unused(&admissions) {
                        return;
                    }
                    continue;
                }
            }
            self.tell();
        }
    }

    /// Whether figures are to be computed anew once it is time.
    fn is_outdated(&self) -> bool {
        let state = self.follower.peek();
        let newest = state.points.last().map(PairPoint::mark);
        self.computing.is_none()
            && self.told.is_some()
            && matches!(state.condition, Condition::Ready | Condition::Failed(_))
            && newest != self.figures.as_ref().map(|figures| figures.of)
    }

    /// Tells everybody what is new to them.
    fn tell(&mut self) {
        let state = self.follower.state();
        match &state.condition {
            Condition::Loading => {}
            Condition::TooFew(few) => self.tell_too_few(*few),
            Condition::Ready | Condition::Failed(_) => self.tell_points(&state),
        }
    }

    fn tell_too_few(&mut self, few: TooFewBars) {
        let now = Told::TooFew(few);
        if let Some(told) = &self.told
            && *told != now
        {
            let kind = match told {
                Told::TooFew(_) => EventKind::Update,
                Told::Points { .. } => EventKind::Reset,
            };
            let message = self.message(kind, update::too_few(&self.spec, few), None);
            self.audience.send(&message);
        }
        for Admission { outbox, position } in std::mem::take(&mut self.waiting) {
            let kind = match position.and_then(|position| position.mark(&self.name)) {
                Some(_) => EventKind::Reset,
                None => EventKind::Snapshot,
            };
            let message = self.message(kind, update::too_few(&self.spec, few), None);
            if outbox.send(message) {
                self.audience.admit(outbox);
            }
        }
        self.told = Some(now);
    }

    fn tell_points(&mut self, state: &Arc<SessionState>) {
        let newest = state.points.last().map(PairPoint::mark);
        // Figures of points that are void now say nothing.
        let figures = self.figures.clone();
        let figures = figures.filter(|figures| state.points.count_up_to(figures.of).is_some());
        let is_due = figures.is_none() || Instant::now() >= self.next_figures;
        if self.computing.is_none() && is_due && newest != figures.as_ref().map(|known| known.of) {
            self.compute(state.clone());
        }
        let (Some(figures), Some(up_to)) = (figures, newest) else {
            return;
        };
        let now = Told::Points {
            up_to,
            open: state.open.filter(|_| self.spec.open),
            figures: figures.of,
        };
        if let Some(told) = &self.told
            && *told != now
        {
            let message = self.change(told, state, &figures);
            self.audience.send(&message);
        }
        self.admit(state, &figures);
        self.told = Some(now);
    }

    /// What is new to those who have been told this.
    fn change(&self, told: &Told, state: &SessionState, figures: &Figures) -> Message {
        let whole = |kind| {
            let update = update::whole(&self.spec, state, figures);
            self.message(kind, update, state.points.last())
        };
        match *told {
            Told::TooFew(_) => whole(EventKind::Snapshot),
            Told::Points {
                up_to, figures: of, ..
            } => match state.points.count_up_to(up_to) {
                Some(count) => {
                    let with_figures = of != figures.of;
                    let update = update::news(&self.spec, state, figures, count, with_figures);
                    self.message(EventKind::Update, update, state.points.last())
                }
                None => {
                    metrics::counter!("api_stream_resets_total").increment(1);
                    whole(EventKind::Reset)
                }
            },
        }
    }

    /// Sends everybody who waits what they need first.
    fn admit(&mut self, state: &SessionState, figures: &Figures) {
        let mut snapshot = None;
        for Admission { outbox, position } in std::mem::take(&mut self.waiting) {
            let mark = position.and_then(|position| position.mark(&self.name));
            let known = mark.map(|mark| state.points.count_up_to(mark));
            let last = state.points.last();
            let message = match known {
                Some(Some(count)) => {
                    let update = update::news(&self.spec, state, figures, count, true);
                    self.message(EventKind::Update, update, last)
                }
                Some(None) => {
                    let update = update::whole(&self.spec, state, figures);
                    self.message(EventKind::Reset, update, last)
                }
                None => snapshot
                    .get_or_insert_with(|| {
                        let update = update::whole(&self.spec, state, figures);
                        self.message(EventKind::Snapshot, update, last)
                    })
                    .clone(),
            };
            if outbox.send(message) {
                self.audience.admit(outbox);
            }
        }
    }

    fn message(&self, kind: EventKind, data: PairUpdate, last: Option<&PairPoint>) -> Message {
        let event = StreamEvent::Pair {
            topic: self.name.to_string(),
            kind,
            as_of: convert::now_ms(),
            data: Box::new(data),
        };
        Message::new(&event).reaching(Reached::Points {
            topic: self.name.clone(),
            mark: last.map(PairPoint::mark),
        })
    }

    /// Begins to compute the figures of a state, apart from everybody who does not wait for them.
    fn compute(&mut self, state: Arc<SessionState>) {
        let (spec, cores) = (self.spec.clone(), self.cores.clone());
        self.computing = Some(Box::pin(async move {
            // The semaphore is never closed.
            let permit = cores.acquire_owned().await;
            let work = spawn_blocking(move || {
                let started = Instant::now();
                let figures = Figures::compute(&spec, &state);
                drop(permit);
                (figures, started.elapsed())
            });
            work.await.expect("an analysis does not panic")
        }));
    }
}

/// Waits for what is being computed; for ever if that is nothing.
async fn computed<T>(computing: &mut Option<BoxFuture<'static, T>>) -> T {
    match computing {
        Some(computing) => computing.await,
        None => std::future::pending().await,
    }
}

/// Waits until then; for ever if there is nothing to wait for.
async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
