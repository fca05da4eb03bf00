//! How many frames a second one core decodes. `cargo bench --bench frames`
//!
//! Time is that of the processor, so whatever else the machine does meanwhile does not count.

use std::{fmt::Write as _, fs, hint::black_box, time::Duration};

use criterion::{
    Criterion, Throughput, criterion_group, criterion_main,
    measurement::{Measurement, ValueFormatter, WallTime},
};
use market::binance::decode;

const FRAMES: usize = 10_000;

/// Frames in the shape of 2026; prices, quantities and ids differ from one to the next.
fn frames() -> (String, Vec<std::ops::Range<usize>>) {
    let mut text = String::new();
    let ranges = (0..FRAMES).map(|i| {
        let from = text.len();
        let (symbol, price, qty) =
            [("btcusdt", "64990.9", "0.002"), ("ethusdt", "2443.67", "1.359"), ("xrpusdt", "2.1034", "317.5")]
                [i % 3];
        write!(
            text,
            r#"{{"stream":"{symbol}@aggTrade","data":{{"e":"aggTrade","E":{},"a":{},"s":"{}","p":"{price}{}","q":"{qty}","nq":"{qty}","f":{},"l":{},"T":{},"m":{},"st":1}}}}"#,
            1_786_171_884_624 + i,
            3_404_749_954 + i,
            symbol.to_uppercase(),
            i % 10,
            7_960_913_511 + 3 * i,
            7_960_913_511 + 3 * i + i % 3,
            1_786_171_884_471 + i,
            i % 2 == 0,
        )
        .expect("writing to a string does not fail");
        from..text.len()
    });
    let ranges = ranges.collect();
    (text, ranges)
}

/// Time that this thread spent on a processor.
struct ProcessorTime;

impl ProcessorTime {
    fn now() -> Duration {
        let spent = fs::read_to_string("/proc/thread-self/schedstat").expect("Linux counts it");
        let ns = spent.split(' ').next().and_then(|ns| ns.parse().ok());
        Duration::from_nanos(ns.expect("the first figure is nanoseconds"))
    }
}

impl Measurement for ProcessorTime {
    type Intermediate = Duration;
    type Value = Duration;

    fn start(&self) -> Duration {
        Self::now()
    }

    fn end(&self, start: Duration) -> Duration {
        Self::now() - start
    }

    fn add(&self, a: &Duration, b: &Duration) -> Duration {
        WallTime.add(a, b)
    }

    fn zero(&self) -> Duration {
        WallTime.zero()
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        WallTime.to_f64(value)
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        WallTime.formatter()
    }
}

fn benchmark(c: &mut Criterion<ProcessorTime>) {
    let (text, ranges) = frames();
    let mut group = c.benchmark_group("decode");
    group.throughput(Throughput::Elements(FRAMES as u64));
    group.bench_function("aggTrade frames", |b| {
        b.iter(|| {
            for range in &ranges {
                black_box(decode(black_box(&text[range.clone()])));
            }
        });
    });
    group.bench_function(
        "aggTrade frames by serde_json::Value, for comparison",
        |b| {
            b.iter(|| {
                for range in &ranges {
                    let value: serde_json::Value =
                        serde_json::from_str(&text[range.clone()]).expect("valid JSON");
                    black_box(
                        value["data"]["p"]
                            .as_str()
                            .and_then(|p| p.parse::<f64>().ok()),
                    );
                }
            });
        },
    );
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(ProcessorTime);
    targets = benchmark
}
criterion_main!(benches);
