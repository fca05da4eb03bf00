//! `/api/v1/scans`

mod all;
mod export;
mod one;
mod page;

pub(crate) use all::{__path_create, __path_list, create, list};
pub(crate) use one::{__path_delete, __path_get, delete, get};
