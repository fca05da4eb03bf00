//! The watchlist: replaced as a whole, by whoever knows what he replaces.

use std::collections::HashMap;

use store::{
    Event, EventBus, PgEventBus, Table,
    watchlist::{self, Replaced, Watchlist},
};
use testkit::TestDb;

type Result = anyhow::Result<()>;

fn pairs(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[tokio::test]
async fn the_list_is_empty_at_first_and_is_replaced_by_whoever_knows_its_revision() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let empty = Watchlist {
        revision: 0,
        pairs: Vec::new(),
    };
    assert_eq!(watchlist::read(store).await?, empty);
    let list = pairs(&["b", "a", "c"]);
    assert_eq!(
        watchlist::replace(store, 0, &list).await?,
        Replaced::Done { revision: 1 }
    );
    assert_eq!(
        watchlist::replace(store, 0, &pairs(&["z"])).await?,
        Replaced::Outdated { current: 1 }
    );
    let stored = watchlist::read(store).await?;
    assert_eq!((stored.revision, stored.pairs), (1, list));
    assert_eq!(
        watchlist::replace(store, 1, &[]).await?,
        Replaced::Done { revision: 2 }
    );
    assert!(watchlist::read(store).await?.pairs.is_empty());
    Ok(())
}

#[tokio::test]
async fn of_many_who_replace_one_revision_at_once_one_does() -> Result {
    let db = TestDb::create().await?;
    let attempts = (0..8).map(|i| {
        let store = db.store().clone();
        async move { watchlist::replace(&store, 0, &[i.to_string()]).await }
    });
    let outcomes = futures::future::try_join_all(attempts).await?;
    let done = |outcome: &&Replaced| matches!(outcome, Replaced::Done { revision: 1 });
    assert_eq!(outcomes.iter().filter(done).count(), 1);
    assert_eq!(watchlist::read(db.store()).await?.revision, 1);
    Ok(())
}

#[tokio::test]
async fn more_pairs_than_there_may_be_are_refused_and_change_nothing() -> Result {
    let db = TestDb::create().await?;
    let many: Vec<String> = (0..=watchlist::MOST_PAIRS).map(|i| i.to_string()).collect();
    assert!(watchlist::replace(db.store(), 0, &many).await.is_err());
    assert_eq!(watchlist::read(db.store()).await?.revision, 0);
    watchlist::replace(db.store(), 0, &many[1..]).await?;
    Ok(())
}

#[tokio::test]
async fn every_process_hears_that_the_list_was_replaced() -> Result {
    let db = TestDb::create().await?;
    let bus = PgEventBus::start(db.store());
    let mut subscription = bus.subscribe(HashMap::new());
    // One on subscribing, one when the connection stands.
    for _ in 0..2 {
        assert!(matches!(
            subscription.recv().await?,
            Some(Event::CatchUp(_))
        ));
    }
    watchlist::replace(db.store(), 7, &[]).await?;
    watchlist::replace(db.store(), 0, &pairs(&["a"])).await?;
    let heard = subscription.recv().await?;
    assert_eq!(heard, Some(Event::Tables([Table::Watchlist].into())));
    assert_eq!(watchlist::read(db.store()).await?.revision, 1);
    Ok(())
}
