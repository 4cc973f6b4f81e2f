//! What `topsail_build::check` says about apps, each written into a folder of its own.

#![allow(clippy::unwrap_used)]

mod discovery {
    mod actions;
    mod app;
    mod config;
    mod models;
    mod policies;
    mod routes;
}
