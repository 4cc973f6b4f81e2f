//! The app that the conformance scenarios are played against: one action for each thing that Sails documents.
//!
//! What it must have is fixed by the contract of the scenarios; `README.md` says what of it is here.

topsail::app!();
