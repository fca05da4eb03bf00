//! `/api/v1/alerts/rules` and `GET /api/v1/alerts/events`

pub(crate) mod events;
pub(crate) mod rules;
