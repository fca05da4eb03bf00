//! `/api/v1/datasets`

mod create;
mod export;
mod list;
mod one;
mod shapes;

pub(crate) use create::{__path_create, create};
pub(crate) use list::{__path_list, list};
pub(crate) use one::{__path_delete, __path_get, delete, get};
pub(crate) use shapes::columns;
