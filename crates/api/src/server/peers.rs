//! How many connections each peer has.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use crate::network::neighbourhood;

/// Counts connections by peer, so that one cannot take all of them. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Peers(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    most: u32,
    /// Holds peers that have a connection, and so not more than there may be connections.
    open: Mutex<HashMap<IpAddr, u32>>,
}

impl Peers {
    /// At most so many connections for each.
    pub(super) fn new(most: u32) -> Self {
        Self(Arc::new(Inner {
            most,
            open: Mutex::default(),
        }))
    }

    /// A place for one more connection of that peer, unless it has all that it may have.
    pub(super) fn admit(&self, peer: IpAddr) -> Option<Place> {
        let peer = neighbourhood(peer);
        let mut open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(peer).or_default();
        if *count >= self.0.most {
            return None;
        }
        *count += 1;
        drop(open);
        Some(Place {
            peers: self.clone(),
            peer,
        })
    }
}

/// The place of one connection, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    peers: Peers,
    peer: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self
            .peers
            .0
            .open
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.peer) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.peer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_that_has_all_its_places_waits_for_one_while_others_do_not() {
        let peers = Peers::new(2);
        let [a, b] = ["10.0.0.1", "10.0.0.2"].map(|ip| ip.parse().unwrap());
        let first = peers.admit(a).unwrap();
        let _second = peers.admit(a).unwrap();
        assert!(peers.admit(a).is_none());
        let other = peers.admit(b).unwrap();
        drop(first);
        assert!(peers.admit(a).is_some());
        drop(other);
        assert_eq!(peers.0.open.lock().unwrap().len(), 1);
    }
}
