//! `generate controller`: a file with several actions.

use super::GenerateError;
use super::action;
use super::plan::Plan;
use crate::names::InvalidName;
use crate::names::Name;

pub(super) fn plan(text: &str, actions: &[String]) -> Result<Plan, GenerateError> {
    let controller = name(text)?;
    let actions = action_names(actions)?;
    let mut source = "use topsail::prelude::*;\n".to_owned();
    let mut plan = Plan::default();
    for action in &actions {
        let identity = format!("{}/{}", controller.identity(), action.kebab());
        source.push('\n');
        source.push_str(&action::function(action, &identity));
        let address = match action.kebab().as_str() {
            "index" => controller.identity(),
            _ => identity.clone(),
        };
        let verb = action::likely_verb(action);
        plan = plan.then(format!("config/routes.toml:  \"{verb} /{address}\" = \"{identity}\""));
    }
    Ok(plan.file(path(&controller), source))
}

/// The file of a controller: `admin/dog` gives `api/controllers/admin/dog_controller.rs`.
pub(super) fn path(name: &Name) -> String {
    format!("api/controllers/{}_controller.rs", name.file())
}

/// `DogController`, `dog-controller` and `dog` are one controller.
fn name(text: &str) -> Result<Name, InvalidName> {
    let name = Name::parse(text)?;
    Ok(match name.snake().strip_suffix("_controller") {
        Some(rest) => name.with_last(rest),
        None => name,
    })
}

fn action_names(texts: &[String]) -> Result<Vec<Name>, GenerateError> {
    if texts.is_empty() {
        return Ok(vec![action::name("index")?]);
    }
    let mut names: Vec<Name> = Vec::with_capacity(texts.len());
    for text in texts {
        let flat = Name::parse_flat(text, "an action of a controller", "its controller")?;
        let name = action::name(&flat.snake())?;
        if names.contains(&name) {
            return Err(GenerateError::SameActionTwice(text.clone()));
        }
        names.push(name);
    }
    Ok(names)
}
