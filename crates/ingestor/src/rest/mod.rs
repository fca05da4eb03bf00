//! REST calls within the weight that the exchange allows.

mod client;
mod error;
mod weight;

pub use client::RestClient;
pub use error::RestError;
pub use weight::WeightBudget;
