//! A frame costs no allocation, whatever it holds. In a process of its own, as the allocator counts.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    hint::black_box,
    sync::atomic::{AtomicUsize, Ordering},
};

use market::binance::{decode, rest};

struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

#[expect(
    unsafe_code,
    reason = "an allocator cannot be written without; it only forwards and counts"
)]
// SAFETY: every call is forwarded unchanged to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract, which is the same.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The least of many runs: the test harness allocates at times of its own choosing.
fn allocations(mut work: impl FnMut()) -> usize {
    (0..50)
        .map(|_| {
            let before = ALLOCATIONS.load(Ordering::Relaxed);
            work();
            ALLOCATIONS.load(Ordering::Relaxed) - before
        })
        .min()
        .expect("fifty runs")
}

#[test]
fn no_kind_of_frame_costs_an_allocation() {
    assert_eq!(allocations(|| drop(black_box(String::from("counted")))), 1);
    for text in [
        r#"{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":1786171884624,"a":3404749954,"s":"BTCUSDT","p":"64990.90","q":"0.002","nq":"0.002","f":7960913511,"l":7960913515,"T":1786171884471,"m":true,"st":1}}"#,
        r#"{"e":"aggTrade","E":1786171884624,"a":1,"s":"BTCUSDT","p":"1234567890123456789.0123456789","q":"0","f":1,"l":1,"T":1786171884471,"m":true}"#,
        r#"{"stream":"btcusdt@kline_1m","data":{"e":"kline","k":{"t":1, "\u0041":[1,2,{"x":"y"}]}}}"#,
        r#"{"result":["btcusdt@aggTrade"],"id":3}"#,
        r#"{"error":{"code":2,"msg":"Invalid request"},"id":3}"#,
        r#"{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","#,
    ] {
        assert_eq!(
            allocations(|| _ = black_box(decode(black_box(text)))),
            0,
            "{text}"
        );
    }
    let page = r#"[{"a":3450415493,"p":"76906.00","q":"0.004","f":8079747315,"l":8079747316,"T":1789478330891,"m":false}]"#;
    assert_eq!(
        allocations(|| assert_eq!(rest::agg_trades(page, |_| {}).unwrap(), 1)),
        0
    );
}
