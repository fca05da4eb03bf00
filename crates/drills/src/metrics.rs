//! What a process says of itself in the text format of Prometheus.

use std::collections::BTreeMap;

/// Values by name, and by name with labels as printed; the former add up the latter.
#[derive(Debug, Clone, Default)]
pub(crate) struct Metrics(BTreeMap<String, f64>);

impl Metrics {
    pub(crate) fn read(text: &str) -> Self {
        let mut values = BTreeMap::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let Some((key, value)) = line.rsplit_once(' ') else {
                continue;
            };
            let Ok(value) = value.parse::<f64>() else {
                continue;
            };
            let name = key.split_once('{').map_or(key, |(name, _)| name);
            if name != key {
                *values.entry(name.to_owned()).or_default() += value;
            }
            *values.entry(key.to_owned()).or_default() += value;
        }
        Self(values)
    }

    /// Adds what another process counted.
    pub(crate) fn add(&mut self, other: &Self) {
        for (key, value) in &other.0 {
            *self.0.entry(key.clone()).or_default() += value;
        }
    }

    pub(crate) fn get(&self, key: &str) -> f64 {
        self.0.get(key).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_with_and_without_their_labels() {
        let text = "# TYPE a counter\na{x=\"1\"} 2\na{x=\"2\"} 3\n\nb 4\nnonsense\n";
        let mut metrics = Metrics::read(text);
        assert_eq!(metrics.get("a"), 5.0);
        assert_eq!(metrics.get("a{x=\"1\"}"), 2.0);
        assert_eq!((metrics.get("b"), metrics.get("c")), (4.0, 0.0));
        metrics.add(&Metrics::read("b 1\nc 7"));
        assert_eq!((metrics.get("b"), metrics.get("c")), (5.0, 7.0));
    }
}
