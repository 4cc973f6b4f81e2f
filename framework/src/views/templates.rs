//! A set of templates, loaded together.

use super::{ViewError, ViewsConfig, files::Found};
use std::{collections::HashMap, fs, path::Path};
use tera::Tera;

/// Templates as they were at one moment.
#[derive(Default)]
pub(super) struct Templates {
    tera: Tera,
    /// Name in lower case → the template's name.
    names: HashMap<String, String>,
    files: Vec<Found>,
    /// What is wrong with the files, where the templates are older than they.
    broken: Option<String>,
}

impl Templates {
    pub(super) fn load(files: Vec<Found>, config: &ViewsConfig) -> Result<Self, ViewError> {
        let names = names(&files)?;
        let mut sources = Vec::with_capacity(files.len());
        for file in &files {
            let text = fs::read_to_string(&file.path)
                .map_err(|source| ViewError::Read { path: file.path.clone(), source })?;
            sources.push((file.template.as_str(), text));
        }
        let mut tera = Tera::default();
        // Also with an extension that tera would take for plain text.
        let own = format!(".{}", config.extension);
        tera.autoescape_on([".html", ".htm", ".xml", own.as_str()].map(str::to_owned));
        tera.register_function("expose_locals_to_browser", super::expose::expose);
        tera.add_raw_templates(sources)?;
        Ok(Self { tera, names, files, broken: None })
    }

    /// The same templates, with the names of newer files that could not be loaded.
    pub(super) fn broken(&self, files: Vec<Found>, error: &ViewError) -> Self {
        let names = names(&files).unwrap_or_else(|_| self.names.clone());
        Self { tera: self.tera.clone(), names, files, broken: Some(error.to_string()) }
    }

    pub(super) fn is_made_of(&self, files: &[Found]) -> bool {
        self.files == files
    }

    /// The template of a view: `pages/homepage`, in any letter case; of a folder its `index`.
    pub(super) fn find(&self, name: &str) -> Option<&str> {
        let folded = name.trim_matches('/').to_lowercase();
        let found = self
            .names
            .get(&folded)
            .or_else(|| self.names.get(format!("{folded}/index").trim_start_matches('/')));
        found.map(String::as_str)
    }

    pub(super) fn render(
        &self,
        root: &Path,
        config: &ViewsConfig,
        name: &str,
        context: &tera::Context,
    ) -> Result<String, ViewError> {
        if let Some(why) = &self.broken {
            return Err(ViewError::Broken(why.clone()));
        }
        match self.find(name) {
            Some(template) => Ok(self.tera.render(template, context)?),
            None => Err(ViewError::Missing {
                name: name.to_owned(),
                file: root.join(format!("{name}.{}", config.extension)).display().to_string(),
                hint: crate::config::did_you_mean(name, self.files.iter().map(|file| file.name.as_str())),
            }),
        }
    }
}

fn names(files: &[Found]) -> Result<HashMap<String, String>, ViewError> {
    let mut names = HashMap::with_capacity(files.len());
    for file in files {
        if let Some(first) = names.insert(file.name.to_lowercase(), file.template.clone()) {
            return Err(ViewError::Ambiguous { first, second: file.template.clone() });
        }
    }
    Ok(names)
}
