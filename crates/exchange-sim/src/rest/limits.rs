//! Request weight a minute and address, and what happens to those who exceed it.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

const MINUTE: Duration = Duration::from_secs(60);
/// Refused requests within a minute that bring a ban.
const PATIENCE: u32 = 10;
/// Length of a first ban; each further one is twice as long.
const FIRST_BAN: Duration = Duration::from_secs(120);
const LONGEST_BAN: Duration = Duration::from_secs(3 * 86_400);
/// Addresses remembered.
const MOST_PEERS: usize = 10_000;

/// The budgets of all addresses.
#[derive(Debug)]
pub(crate) struct Limits {
    weight_per_minute: u32,
    peers: Mutex<HashMap<IpAddr, Budget>>,
}

#[derive(Debug, Clone, Copy)]
struct Budget {
    minute: Instant,
    used: u32,
    refused: u32,
    banned_until: Option<Instant>,
    bans: u32,
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Served; so much weight has been used this minute.
    Served(u32),
    /// Over the budget for so long.
    Refused(u32, Duration),
    /// Banned for so long.
    Banned(u32, Duration),
}

impl Limits {
    pub(crate) fn new(weight_per_minute: u32) -> Self {
        Self {
            weight_per_minute,
            peers: Mutex::default(),
        }
    }

    pub(super) fn weight_per_minute(&self) -> u32 {
        self.weight_per_minute
    }

    /// Counts a request of `weight`.
    pub(super) fn charge(&self, peer: IpAddr, weight: u32, now: Instant) -> Verdict {
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        if peers.len() >= MOST_PEERS {
            peers.retain(|_, budget| {
                now.duration_since(budget.minute) < MINUTE || budget.banned_until.is_some()
            });
        }
        let fresh = Budget {
            minute: now,
            used: 0,
            refused: 0,
            banned_until: None,
            bans: 0,
        };
        let budget = peers.entry(peer).or_insert(fresh);
        if let Some(until) = budget.banned_until {
            if now < until {
                return Verdict::Banned(budget.used, until - now);
            }
            *budget = Budget {
                bans: budget.bans,
                ..fresh
            };
        }
        if now.duration_since(budget.minute) >= MINUTE {
            *budget = Budget {
                bans: budget.bans,
                ..fresh
            };
        }
        budget.used = budget.used.saturating_add(weight);
        if budget.used <= self.weight_per_minute {
            return Verdict::Served(budget.used);
        }
        budget.refused += 1;
        if budget.refused <= PATIENCE {
            return Verdict::Refused(budget.used, MINUTE - now.duration_since(budget.minute));
        }
        let ban = (FIRST_BAN * 2_u32.saturating_pow(budget.bans.min(12))).min(LONGEST_BAN);
        budget.bans += 1;
        budget.banned_until = Some(now + ban);
        Verdict::Banned(budget.used, ban)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_goes_on_is_banned_and_who_waits_is_served() {
        let limits = Limits::new(100);
        let peer = IpAddr::from([127, 0, 0, 1]);
        let start = Instant::now();
        let at = |ms: u64| start + Duration::from_millis(ms);
        assert_eq!(limits.charge(peer, 60, at(0)), Verdict::Served(60));
        assert_eq!(limits.charge(peer, 40, at(1)), Verdict::Served(100));
        assert!(
            matches!(limits.charge(peer, 1, at(10_000)), Verdict::Refused(101, wait) if wait == Duration::from_secs(50))
        );
        assert_eq!(limits.charge(peer, 5, at(60_000)), Verdict::Served(5));
        limits.charge(peer, 100, at(60_001));
        for _ in 0..9 {
            assert!(matches!(
                limits.charge(peer, 1, at(60_002)),
                Verdict::Refused(..)
            ));
        }
        assert!(
            matches!(limits.charge(peer, 1, at(60_003)), Verdict::Banned(_, ban) if ban == FIRST_BAN)
        );
        assert!(matches!(
            limits.charge(peer, 1, at(120_003)),
            Verdict::Banned(..)
        ));
        assert_eq!(limits.charge(peer, 1, at(180_003)), Verdict::Served(1));
        let other = IpAddr::from([127, 0, 0, 2]);
        assert_eq!(limits.charge(other, 1, at(60_003)), Verdict::Served(1));
    }
}
