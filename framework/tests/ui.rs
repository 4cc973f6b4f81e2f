//! What the macros take, and what they say about mistakes; `TRYBUILD=overwrite` writes the expected messages anew.
//!
//! The messages of rustc around ours change between its versions, so this runs only where it is asked for:
//! `cargo test -p topsail --test ui -- --ignored`.

#[test]
#[ignore = "depends on the version of rustc"]
fn mistakes_are_named_where_they_stand() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/pass/*.rs");
    cases.compile_fail("tests/ui/*.rs");
}
