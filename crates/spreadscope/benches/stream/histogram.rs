//! Milliseconds, counted.

/// How often each number of milliseconds was met.
#[derive(Default)]
pub struct Histogram(Vec<u64>);

impl Histogram {
    pub fn add(&mut self, ms: i64) {
        let place = usize::try_from(ms).unwrap_or(0);
        if self.0.len() <= place {
            self.0.resize(place + 1, 0);
        }
        self.0[place] += 1;
    }

    pub fn count(&self) -> u64 {
        self.0.iter().sum()
    }

    /// The least number of milliseconds within which this share lies.
    pub fn quantile(&self, share: f64) -> u32 {
        let wanted = (share * self.count() as f64).ceil() as u64;
        let mut seen = 0;
        let place = self.0.iter().position(|count| {
            seen += count;
            seen >= wanted
        });
        place.map_or(u32::MAX, |ms| ms as u32)
    }
}
