//! Models to choose from.

use api_types::Model;

/// Values and their words.
pub(in crate::components) fn models() -> Vec<(&'static str, &'static str)> {
    let name = |model: &Model| match model {
        Model::Ols => "OLS",
        Model::Huber => "Huber",
        Model::TheilSen => "Theil-Sen",
        Model::Kalman => "Kalman",
    };
    Model::ALL
        .iter()
        .map(|model| (model.as_str(), name(model)))
        .collect()
}
