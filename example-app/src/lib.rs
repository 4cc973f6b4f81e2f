//! Chandlery: the desk of a ship supplier, where people talk in rooms and share a board of orders.
//!
//! Everything is in `api/` and `config/`; what `topsail::app!()` adds is `app()`, which `main` and the tests lift.

topsail::app!();
