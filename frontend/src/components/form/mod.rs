//! Parts of forms: each has a name that a screen reader finds, and says what is wrong with it.

mod choice;
mod complaint;
mod field;
mod models;
mod symbol_names;

pub(super) use choice::Choice;
pub(super) use complaint::Complaint;
pub(super) use field::Field;
pub(super) use models::models;
pub(super) use symbol_names::SymbolNames;
