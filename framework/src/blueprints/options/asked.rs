//! The request as the reader of options sees it.

use crate::{
    Req,
    blueprints::{BlueprintsConfig, paging::PagingSwitches},
    req::Params,
};
use ::http::Method;
use serde_json::Value;
use std::sync::Arc;
use topsail_orm::{AttrDef, Code, ModelDef, Orm, OrmError, Result};

/// What a request brings, and the model it is about.
pub(crate) struct Asked<'a> {
    pub(crate) orm: &'a Orm,
    pub(crate) model: &'a ModelDef,
    pub(crate) config: &'a BlueprintsConfig,
    /// The association that the route names.
    pub(crate) alias: Option<&'a str>,
    /// Whether the route says that several records are meant.
    pub(crate) bulk: Option<bool>,
    /// What of paging is on.
    pub(crate) paging: PagingSwitches,
    /// Is it a GET, whose values are texts?
    pub(crate) is_get: bool,
    pub(crate) path: &'a Params,
    pub(crate) body: Option<&'a Value>,
    pub(crate) query: &'a Params,
    /// Path over body over query.
    pub(crate) all: &'a Params,
}

impl<'a> Asked<'a> {
    pub(crate) fn new(orm: &'a Orm, model: &'a ModelDef, config: &'a BlueprintsConfig, req: &'a Req) -> Self {
        Self {
            orm,
            model,
            config,
            alias: req.options().alias.as_deref(),
            bulk: req.options().extra.get("bulk").and_then(Value::as_bool),
            paging: PagingSwitches::of(config, req),
            is_get: req.method() == Method::GET,
            path: req.path_params(),
            body: req.body(),
            query: req.query(),
            all: req.params(),
        }
    }

    /// One parameter: path, then body, then query.
    pub(super) fn param(&self, name: &str) -> Option<&'a Value> {
        self.all.get(name)
    }

    /// Query and body, without what stands in the path.
    pub(super) fn values(&self) -> Params {
        let mut values = self.query.clone();
        if let Some(Value::Object(body)) = self.body {
            values.extend(body.clone());
        }
        values
    }

    /// The association that the route names, and the model it leads to.
    pub(super) fn association(&self) -> Result<(&'a AttrDef, &'a Arc<ModelDef>)> {
        let alias = self.alias.unwrap_or_default();
        let attr = self.model.visible(alias).filter(|attr| attr.association.is_some()).ok_or_else(|| {
            OrmError::usage(
                Code::InvalidPopulates,
                &self.model.identity,
                Some(alias),
                "populate",
                format!("`{alias}` is not an association of model `{}`", self.model.identity),
            )
        })?;
        let target = attr.association.as_ref().map_or("", |a| a.target.as_str());
        Ok((attr, self.orm.require_model(target)?))
    }

    pub(super) fn refuse(&self, code: Code, attr: Option<&str>, rule: &str, message: String) -> OrmError {
        OrmError::usage(code, &self.model.identity, attr, rule, message)
    }
}
