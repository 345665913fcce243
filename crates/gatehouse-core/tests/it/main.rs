//! The statistics against tables that the field's own tools wrote.

mod benchstat;
mod scipy;
