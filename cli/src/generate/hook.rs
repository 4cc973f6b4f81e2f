//! `generate hook`: an extension of the app itself.

use super::GenerateError;
use super::plan::Plan;
use crate::names::Name;

pub(super) fn plan(text: &str) -> Result<Plan, GenerateError> {
    let name = Name::parse_flat(text, "a hook", "api/hooks")?.not_one_of(
        &["App", "Default", "Hook", "Result"],
        Name::pascal,
        "every hook",
    )?;
    let struct_name = name.pascal();
    let source = format!(
        "use topsail::prelude::*;

/// The hook `{}`.
#[hook]
#[derive(Default)]
pub struct {struct_name};

impl Hook for {struct_name} {{
    /// Runs while the app lifts, before it listens; an error stops the lift.
    async fn initialize(&self, _app: &App) -> Result<()> {{
        Ok(())
    }}
}}
",
        name.identity()
    );
    Ok(Plan::default()
        .file(format!("api/hooks/{}.rs", name.file()), source)
        .then("The hook runs at the next `topsail lift`."))
}
