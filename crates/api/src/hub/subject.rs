//! What a topic is about, once the names in it are looked up.

use std::sync::Arc;

use market::Interval;
use store::{Store, SymbolId, symbols::SymbolInfo};

use super::topic::Topic;
use crate::{
    live::{Follower, Sessions},
    pairs::PairSpec,
    problem::ApiError,
    resolve::Directory,
};

/// A topic that can be followed.
#[derive(Debug, Clone)]
pub(crate) struct ResolvedTopic {
    /// What its events are marked with.
    pub(crate) name: Arc<str>,
    pub(super) subject: Subject,
}

#[derive(Debug, Clone)]
pub(super) enum Subject {
    Ticks(SymbolInfo),
    Bars(SymbolInfo, Interval),
    /// The legs are at their venues.
    Pair(Box<PairSpec>, Follower),
    Watchlist,
    Scan(i64),
    Sweep(i64),
    Radar,
    Alerts,
    Status,
}

/// A name without venue may come to mean another symbol; each meaning has its own task.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Meaning {
    Symbol(SymbolId),
    Pair(Box<PairSpec>),
    Itself,
}

impl ResolvedTopic {
    /// # Errors
    /// [`ApiError::UnknownSymbol`] and its like, those of [`Sessions::follow`], and those of the database.
    pub(super) async fn of(
        topic: &Topic,
        store: &Store,
        directory: &Directory,
        sessions: &Sessions,
    ) -> Result<Self, ApiError> {
        let subject = match topic {
            Topic::Ticks(instrument) => Subject::Ticks(directory.resolve(instrument).await?),
            Topic::Bars(instrument, interval) => {
                Subject::Bars(directory.resolve(instrument).await?, *interval)
            }
            Topic::Pair(pair) => {
                let spec = pair.spec.resolved(store, directory).await?;
                let follower = sessions.follow(&spec).await?;
                Subject::Pair(Box::new(spec), follower)
            }
            Topic::Watchlist => Subject::Watchlist,
            Topic::Scan(id) => Subject::Scan(*id),
            Topic::Sweep(id) => Subject::Sweep(*id),
            Topic::Radar => Subject::Radar,
            Topic::Alerts => Subject::Alerts,
            Topic::Status => Subject::Status,
        };
        Ok(Self {
            name: topic.to_string().into(),
            subject,
        })
    }

    /// The symbol whose trade ids measure how far a client is, if the topic counts them.
    pub(super) const fn counts(&self) -> Option<SymbolId> {
        match &self.subject {
            Subject::Bars(symbol, _) => Some(symbol.symbol_id),
            Subject::Ticks(_)
            | Subject::Pair(..)
            | Subject::Watchlist
            | Subject::Scan(_)
            | Subject::Sweep(_)
            | Subject::Radar
            | Subject::Alerts
            | Subject::Status => None,
        }
    }

    pub(super) fn meaning(&self) -> Meaning {
        match &self.subject {
            Subject::Ticks(symbol) | Subject::Bars(symbol, _) => Meaning::Symbol(symbol.symbol_id),
            Subject::Pair(spec, _) => Meaning::Pair(spec.clone()),
            Subject::Watchlist
            | Subject::Scan(_)
            | Subject::Sweep(_)
            | Subject::Radar
            | Subject::Alerts
            | Subject::Status => Meaning::Itself,
        }
    }
}
