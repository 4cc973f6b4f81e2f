//! The app: everything in `api/` and `config/`, and `app()`, which `main` and the tests lift.

topsail::app!();
