//! Jobs: a bounded queue, one that does them, and what came of them.

use std::time::Duration;

use serde_json::json;
use store::{
    Lease, Store, StoreError,
    jobs::{
        self, Job, JobProgress, JobState, LEASE, MOST_ATTEMPTS, MOST_KEPT, Outcome,
        scans::{self, ScanFailure, ScanOrder, ScanPage, ScanPair},
    },
    leases,
};
use testkit::TestDb;

type Result = anyhow::Result<()>;
const LONG: Duration = Duration::from_secs(600);

async fn hold(store: &Store, owner: &str) -> anyhow::Result<Lease> {
    let lease = leases::acquire(store, LEASE, owner, LONG).await?;
    Ok(lease.expect("nobody else holds it"))
}

async fn ask(store: &Store) -> anyhow::Result<Job> {
    let job = jobs::insert(store, scans::KIND, &json!({"interval": "1h"}), 100).await?;
    Ok(job.expect("there is room for it"))
}

fn done(result: serde_json::Value, units: i64) -> Outcome {
    Outcome::Done { result, units }
}

#[tokio::test]
async fn a_job_waits_runs_and_ends_and_what_is_told_of_it_is_what_was_stored() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let asked = ask(store).await?;
    assert_eq!(asked.state, JobState::Queued);
    assert_eq!(asked.params, json!({"interval": "1h"}));
    let lease = hold(store, "a").await?;
    let taken = jobs::take_next(store, &lease).await?.unwrap();
    assert_eq!(
        (taken.job_id, taken.state),
        (asked.job_id, JobState::Running)
    );
    assert_eq!((taken.lease_epoch, taken.attempts), (1, 1));
    assert_eq!(jobs::take_next(store, &lease).await?, None, "it is taken");
    let progress = JobProgress { done: 3, total: 10 };
    assert!(jobs::report(store, &lease, asked.job_id, progress).await?);
    let known = jobs::get(store, scans::KIND, asked.job_id).await?.unwrap();
    assert_eq!(known.progress, progress);
    let outcome = done(json!({"pairs": 0}), 12);
    assert!(jobs::finish(store, &lease, asked.job_id, &outcome).await?);
    let known = jobs::get(store, scans::KIND, asked.job_id).await?.unwrap();
    assert_eq!(known.state, JobState::Done);
    assert_eq!(
        known.progress,
        JobProgress {
            done: 12,
            total: 12
        }
    );
    assert_eq!(known.result, Some(json!({"pairs": 0})));
    assert!(known.ended_at_ms >= known.started_at_ms);
    assert!(
        !jobs::finish(store, &lease, asked.job_id, &outcome).await?,
        "it has ended"
    );
    assert_eq!(jobs::get(store, "sweep", asked.job_id).await?, None);
    assert_eq!(jobs::list(store, scans::KIND).await?, [known]);
    Ok(())
}

#[tokio::test]
async fn the_queue_is_bounded_whoever_asks_at_once_and_goes_by_the_order_of_asking() -> Result {
    let db = TestDb::create().await?;
    let mut asking = Vec::new();
    for _ in 0..12 {
        let store = db.store().clone();
        asking.push(tokio::spawn(async move {
            jobs::insert(&store, scans::KIND, &json!({}), 5).await
        }));
    }
    let mut made = Vec::new();
    for one in asking {
        made.extend(one.await??.map(|job| job.job_id));
    }
    assert_eq!(made.len(), 5);
    made.sort_unstable();
    let lease = hold(db.store(), "a").await?;
    for job_id in made {
        let taken = jobs::take_next(db.store(), &lease).await?.unwrap();
        assert_eq!(taken.job_id, job_id);
    }
    Ok(())
}

#[tokio::test]
async fn what_a_former_holder_began_is_begun_again_and_that_one_writes_no_more() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let job_id = ask(store).await?.job_id;
    let first = hold(store, "a").await?;
    jobs::take_next(store, &first).await?.unwrap();
    leases::release(store, &first).await?;
    let second = hold(store, "b").await?;
    let again = jobs::take_next(store, &second).await?.unwrap();
    assert_eq!((again.job_id, again.attempts), (job_id, 2));
    assert_eq!(again.lease_epoch, second.epoch);
    let lost = |result| matches!(result, Err(StoreError::LeaseLost(_)));
    let progress = JobProgress { done: 1, total: 2 };
    assert!(lost(jobs::report(store, &first, job_id, progress).await));
    let outcome = Outcome::Failed("late".to_owned());
    assert!(lost(jobs::finish(store, &first, job_id, &outcome).await));
    assert!(lost(jobs::take_next(store, &first).await.map(|_| true)));
    assert!(jobs::finish(store, &second, job_id, &done(json!(1), 1)).await?);
    Ok(())
}

#[tokio::test]
async fn a_job_that_takes_its_process_with_it_is_given_up() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let job_id = ask(store).await?.job_id;
    for attempt in 1..=MOST_ATTEMPTS {
        let lease = hold(store, "a").await?;
        let taken = jobs::take_next(store, &lease).await?.unwrap();
        assert_eq!((taken.job_id, taken.attempts), (job_id, attempt));
        leases::release(store, &lease).await?;
    }
    let lease = hold(store, "a").await?;
    assert_eq!(jobs::take_next(store, &lease).await?, None);
    let known = jobs::get(store, scans::KIND, job_id).await?.unwrap();
    assert_eq!(known.state, JobState::Failed);
    assert!(known.error.unwrap().contains("3 times"));
    Ok(())
}

#[tokio::test]
async fn to_delete_a_job_is_to_cancel_it_and_the_oldest_that_ended_go_by_themselves() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let job_id = ask(store).await?.job_id;
    let lease = hold(store, "a").await?;
    jobs::take_next(store, &lease).await?.unwrap();
    assert_eq!(jobs::delete(store, "sweep", job_id).await?, None);
    let deleted = jobs::delete(store, scans::KIND, job_id).await?.unwrap();
    assert_eq!(deleted.job_id, job_id);
    assert!(!jobs::report(store, &lease, job_id, JobProgress::default()).await?);
    let found = scans::finish(store, &lease, job_id, json!({}), &[pair(0)], &[]).await?;
    assert!(!found, "nobody wants it any more");

    let mut newest = 0;
    for _ in 0..MOST_KEPT + 3 {
        newest = ask(store).await?.job_id;
        jobs::take_next(store, &lease).await?.unwrap();
        assert!(jobs::finish(store, &lease, newest, &done(json!({}), 1)).await?);
    }
    ask(store).await?;
    let kept = jobs::list(store, scans::KIND).await?;
    let ended: Vec<i64> = kept
        .iter()
        .filter(|job| job.state == JobState::Done)
        .map(|job| job.job_id)
        .collect();
    assert_eq!(ended.len() as i64, MOST_KEPT);
    assert_eq!(ended[0], newest);
    Ok(())
}

/// Figures that tell the pair apart from others.
fn pair(place: i32) -> ScanPair {
    let figure = f64::from(place);
    ScanPair {
        place,
        y: place % 7,
        x: place % 5 + 7,
        p_y_on_x: 0.001 * figure,
        p_x_on_y: 0.002 * figure,
        p_pair: 0.002 * figure,
        q: 0.004 * figure,
        statistic: -5.0 + figure,
        beta: 100.0 - figure,
        half_life_bars: (place % 2 == 0).then_some(figure),
        hurst: Some(0.1),
        correlation: Some(-0.5),
        z: (place % 3 > 0).then_some(if place % 2 == 0 { figure } else { -figure }),
        last_ms: 1_723_075_200_000 + i64::from(place),
        observations: 1_000,
        filled: place,
    }
}

#[tokio::test]
async fn pairs_of_a_scan_are_read_in_any_order_filtered_and_in_pages() -> Result {
    let db = TestDb::create().await?;
    let store = db.store();
    let job_id = ask(store).await?.job_id;
    let lease = hold(store, "a").await?;
    jobs::take_next(store, &lease).await?.unwrap();
    // More than one statement takes.
    let pairs: Vec<ScanPair> = (0..20_500).map(pair).collect();
    let failures = [
        ScanFailure {
            y: 0,
            x: 3,
            symbol: Some(3),
            reason: "the series of closes is constant".to_owned(),
        },
        ScanFailure {
            y: 1,
            x: 2,
            symbol: None,
            reason: "collinear".to_owned(),
        },
    ];
    let summary = json!({"pairs": pairs.len()});
    assert!(scans::finish(store, &lease, job_id, summary, &pairs, &failures).await?);

    let page = |order, descending| ScanPage {
        order,
        descending,
        symbols: None,
        most_q: None,
        least_z: None,
        offset: 0,
        limit: 3,
    };
    let first = scans::pairs(store, job_id, &page(ScanOrder::P, false)).await?;
    assert_eq!(first, pairs[..3]);
    let last = scans::pairs(store, job_id, &page(ScanOrder::P, true)).await?;
    assert_eq!(last[0], pairs[20_499]);
    let next = ScanPage {
        offset: 2,
        ..page(ScanOrder::Beta, false)
    };
    assert_eq!(scans::pairs(store, job_id, &next).await?[0], pairs[20_497]);
    // Without a figure comes last, whichever end is first.
    for descending in [false, true] {
        let found = scans::pairs(store, job_id, &page(ScanOrder::HalfLife, descending)).await?;
        assert!(found.iter().all(|pair| pair.half_life_bars.is_some()));
    }
    let by_z = scans::pairs(store, job_id, &page(ScanOrder::Z, true)).await?;
    assert_eq!(by_z[0].z.map(f64::abs), Some(20_498.0));
    let filtered = ScanPage {
        symbols: Some(vec![3]),
        most_q: Some(0.4),
        least_z: Some(10.0),
        limit: 1_000,
        ..page(ScanOrder::Q, false)
    };
    let found = scans::pairs(store, job_id, &filtered).await?;
    let expected: Vec<ScanPair> = pairs
        .iter()
        .filter(|p| (p.y == 3 || p.x == 3) && p.q <= 0.4 && p.z.is_some_and(|z| z.abs() >= 10.0))
        .copied()
        .collect();
    assert!(!expected.is_empty());
    assert_eq!(found, expected);
    assert_eq!(
        scans::count(store, job_id, &filtered).await?,
        expected.len() as i64
    );
    assert_eq!(scans::failures(store, job_id, 10).await?, failures);
    assert_eq!(scans::failures(store, job_id, 1).await?, failures[..1]);
    for order in [
        ScanOrder::PYOnX,
        ScanOrder::PXOnY,
        ScanOrder::Hurst,
        ScanOrder::Correlation,
        ScanOrder::Observations,
        ScanOrder::Filled,
    ] {
        assert_eq!(
            scans::pairs(store, job_id, &page(order, true)).await?.len(),
            3
        );
    }

    jobs::delete(store, scans::KIND, job_id).await?.unwrap();
    assert_eq!(
        scans::count(store, job_id, &page(ScanOrder::P, false)).await?,
        0
    );
    assert!(scans::failures(store, job_id, 10).await?.is_empty());
    Ok(())
}
