//! The app's own way to read blueprint requests: `parseBlueprintOptions` of Sails.

use super::BlueprintOptions;
use crate::{Req, error::Result};
use std::{collections::BTreeMap, sync::Arc};

/// Changes what a blueprint action is going to do, or refuses it.
///
/// It gets what Topsail has read; an error is the answer.
pub(crate) type BlueprintParser =
    Arc<dyn Fn(&Req, BlueprintOptions) -> Result<BlueprintOptions> + Send + Sync>;

/// The parsers of an app: one for every blueprint request, and others that a route asks for by name
/// (`{ action = "user/find", parseBlueprintOptions = "first-five" }`), which then stands in its place.
#[derive(Clone, Default)]
pub(crate) struct BlueprintParsers {
    /// For every route that names none.
    pub(crate) everywhere: Option<BlueprintParser>,
    /// By name.
    pub(crate) named: BTreeMap<String, BlueprintParser>,
}

impl BlueprintParsers {
    /// Does what the app wants done with the options of this request.
    pub(crate) fn apply(&self, req: &Req, options: BlueprintOptions) -> Result<BlueprintOptions> {
        let named = parser_name(req.options()).map(|name| {
            self.named.get(name).ok_or_else(|| {
                crate::Error::new(format!(
                    "there is no blueprint parser `{name}`, which the route of `{}` names",
                    req.path()
                ))
            })
        });
        match named.transpose()?.or(self.everywhere.as_ref()) {
            Some(parser) => parser(req, options),
            None => Ok(options),
        }
    }
}

/// The parser that a route names.
pub(crate) fn parser_name(options: &crate::router::RouteOptions) -> Option<&str> {
    ["parseBlueprintOptions", "parse_blueprint_options"]
        .iter()
        .find_map(|key| options.extra.get(*key)?.as_str())
}
