//! The wire format against captured shapes, a slow reference parser and arbitrary input.

mod frames;
mod properties;
mod reference;
