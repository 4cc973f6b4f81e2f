//! Rendering a template by the rules of cargo-generate, so that both give the same app.
//!
//! Of those rules, these are the ones that the templates use: a file is Liquid unless `exclude` in `cargo-generate.toml`
//! names it, `project-name`, `crate_name` and the placeholders are its variables, an ending `.liquid` is dropped, and
//! `cargo-generate.toml` itself is left out.

use std::path::PathBuf;

use include_dir::Dir;
use include_dir::File;
use liquid::Object;
use liquid::Parser;
use liquid::ParserBuilder;
use liquid::model::Value;
use toml_edit::DocumentMut;

use super::app_name::AppName;

const SETTINGS: &str = "cargo-generate.toml";

/// A file of the new app.
#[derive(Debug)]
pub(crate) struct Rendered {
    /// Where it goes, below the app's root.
    pub(crate) path: PathBuf,
    /// What is in it.
    pub(crate) content: Vec<u8>,
}

/// What is wrong with a template; a fault of this crate, not of its user.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RenderError {
    #[error("the app template has no valid {SETTINGS}: {0}")]
    Settings(String),
    #[error("the app template does not render: {path}: {cause}")]
    Liquid { path: String, cause: String },
}

/// Renders every file of `template` for an app of this name. `topsail_path` is empty for the published version.
pub(crate) fn render(
    template: &Dir<'_>,
    name: &AppName,
    topsail_path: &str,
) -> Result<Vec<Rendered>, RenderError> {
    let excluded = Excluded::read(template)?;
    let parser = ParserBuilder::with_stdlib().build().map_err(|e| RenderError::Settings(e.to_string()))?;
    let mut variables = Object::new();
    let placeholders =
        [("project-name", name.folder()), ("crate_name", name.crate_name()), ("topsail_path", topsail_path)];
    for (key, value) in placeholders {
        variables.insert(key.into(), Value::scalar(value.to_owned()));
    }
    let mut rendered = Vec::new();
    for file in files(template) {
        let path = path_of(file);
        if path == SETTINGS {
            continue;
        }
        let content = match excluded.has(&path) {
            true => file.contents().to_vec(),
            false => liquid(file, &path, &parser, &variables)?,
        };
        rendered.push(Rendered { path: path.strip_suffix(".liquid").unwrap_or(&path).into(), content });
    }
    Ok(rendered)
}

fn liquid(file: &File<'_>, path: &str, parser: &Parser, variables: &Object) -> Result<Vec<u8>, RenderError> {
    let fault = |cause: String| RenderError::Liquid { path: path.to_owned(), cause };
    let text = file.contents_utf8().ok_or_else(|| fault("not UTF-8, and not excluded".to_owned()))?;
    let template = parser.parse(text).map_err(|e| fault(e.to_string()))?;
    Ok(template.render(variables).map_err(|e| fault(e.to_string()))?.into_bytes())
}

/// All files, folder by folder.
fn files<'a>(template: &'a Dir<'a>) -> Vec<&'a File<'a>> {
    let mut folders = vec![template];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        found.extend(folder.files());
        folders.extend(folder.dirs());
    }
    found
}

/// With `/` on every system.
fn path_of(file: &File<'_>) -> String {
    let parts: Vec<_> = file.path().iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

/// The files that are copied as they are: exact paths, and whole folders as `views/**`.
struct Excluded {
    files: Vec<String>,
    folders: Vec<String>,
}

impl Excluded {
    fn read(template: &Dir<'_>) -> Result<Self, RenderError> {
        let fault = |what: &str| RenderError::Settings(what.to_owned());
        let text = template
            .get_file(SETTINGS)
            .and_then(|file| file.contents_utf8())
            .ok_or_else(|| fault("it is missing or not UTF-8"))?;
        let settings: DocumentMut = text.parse().map_err(|e: toml_edit::TomlError| fault(&e.to_string()))?;
        let patterns = settings
            .get("template")
            .and_then(|table| table.get("exclude"))
            .and_then(|list| list.as_array())
            .ok_or_else(|| fault("template.exclude is missing or no list"))?;
        let mut excluded = Self { files: Vec::new(), folders: Vec::new() };
        for pattern in patterns {
            let pattern =
                pattern.as_str().ok_or_else(|| fault("template.exclude holds something that is no text"))?;
            match pattern.strip_suffix("/**") {
                Some(folder) if !folder.contains('*') => excluded.folders.push(format!("{folder}/")),
                None if !pattern.contains('*') => excluded.files.push(pattern.to_owned()),
                _ => return Err(fault(&format!("the pattern `{pattern}` is neither a path nor FOLDER/**"))),
            }
        }
        Ok(excluded)
    }

    fn has(&self, path: &str) -> bool {
        self.files.iter().any(|file| file == path)
            || self.folders.iter().any(|folder| path.starts_with(folder))
    }
}
