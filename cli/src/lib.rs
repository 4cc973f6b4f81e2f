//! The command line of Topsail.
//!
//! | Command | Module | What it does |
//! |---|---|---|
//! | `topsail new NAME` | `new_app` | renders the embedded app template into a new folder |
//! | `topsail generate THING …` | `generate` | writes models, actions, policies and other parts into an app |
//! | `topsail lift`, `topsail routes`, `topsail migrate` | `launch` | run the app's own binary through cargo |
//!
//! The command line knows an app only by its files: it neither links the framework nor reads the app's config, so one
//! installed `topsail` serves apps of any version.

mod app_folder;
mod command_line;
mod generate;
mod launch;
mod names;
mod new_app;

pub use command_line::run;
