//! The layers of the configuration, merged by figment.

use super::{TopLevel, did_you_mean, text::line_of};
use crate::Discovered;
use figment::{
    Figment, Metadata, Profile, Provider,
    error::{Actual, Kind},
    providers::{Format, Toml},
    value::{Dict, Map as ProfileMap, Tag, Value as FigmentValue},
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// What the framework's own sections are called; every other section belongs to the app.
const TOP_LEVEL: &str = "app";

/// All layers, not yet read.
pub(crate) struct Layers {
    figment: Figment,
    environment: String,
    app_path: PathBuf,
    /// Name and text of every file, for positions in errors.
    files: Vec<File>,
    /// Dotted key → the text it was given as, in an environment variable or a flag.
    texts: BTreeMap<String, String>,
    routes: Map<String, Value>,
    problems: Vec<String>,
}

#[derive(Clone)]
struct File {
    name: String,
    section: Option<String>,
    text: String,
}

impl File {
    /// `config/http.toml` gives the section `http`; `config/app.toml` the top level.
    fn of_folder(name: &str, text: String) -> Option<Self> {
        let stem = Path::new(name).file_stem()?.to_str()?.to_owned();
        let section = (stem != TOP_LEVEL).then_some(stem);
        Some(Self { name: name.to_owned(), section, text })
    }
}

impl Provider for File {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name.clone())
    }

    fn data(&self) -> figment::Result<ProfileMap<Profile, Dict>> {
        let dict: Dict = Toml::from_str(&self.text).map_err(|e| figment::Error::from(e.to_string()))?;
        let dict = match &self.section {
            Some(section) => Dict::from([(section.clone(), FigmentValue::Dict(Tag::Default, dict))]),
            None => dict,
        };
        Ok(ProfileMap::from([(Profile::Default, dict)]))
    }
}

/// Values that come as text by dotted keys.
struct Texts<'a> {
    name: &'static str,
    pairs: &'a [(String, String)],
    as_text: &'a [String],
}

impl Provider for Texts<'_> {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name)
    }

    fn data(&self) -> figment::Result<ProfileMap<Profile, Dict>> {
        let mut dict = Dict::new();
        for (key, text) in self.pairs {
            let value =
                if self.as_text.contains(key) { Value::from(text.as_str()) } else { read_value(text) };
            let nested = figment::util::nest(key, FigmentValue::serialize(&value)?);
            if let FigmentValue::Dict(_, nested) = nested {
                dict = merge(dict, nested);
            }
        }
        Ok(ProfileMap::from([(Profile::Default, dict)]))
    }
}

/// Values that the code sets by dotted keys.
struct Coded<'a>(&'a [(String, Value)]);

impl Provider for Coded<'_> {
    fn metadata(&self) -> Metadata {
        Metadata::named("the app's code")
    }

    fn data(&self) -> figment::Result<ProfileMap<Profile, Dict>> {
        let mut dict = Dict::new();
        for (key, value) in self.0 {
            if let FigmentValue::Dict(_, nested) = figment::util::nest(key, FigmentValue::serialize(value)?) {
                dict = merge(dict, nested);
            }
        }
        Ok(ProfileMap::from([(Profile::Default, dict)]))
    }
}

fn merge(mut into: Dict, from: Dict) -> Dict {
    for (key, value) in from {
        let value = match (into.remove(&key), value) {
            (Some(FigmentValue::Dict(tag, a)), FigmentValue::Dict(_, b)) => {
                FigmentValue::Dict(tag, merge(a, b))
            }
            (_, value) => value,
        };
        into.insert(key, value);
    }
    into
}

/// `true`, `3000`, `{"a":1}` and `["a"]` are read as what they look like; `00123` and everything else is text.
fn read_value(text: &str) -> Value {
    match text {
        "true" => return Value::Bool(true),
        "false" => return Value::Bool(false),
        _ => {}
    }
    if text.starts_with(['{', '['])
        && let Ok(value) = serde_json::from_str(text)
    {
        return value;
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = !digits.is_empty() && !digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit());
    if (plain || digits == "0")
        && let Ok(number) = text.parse::<i64>()
    {
        return number.into();
    }
    text.into()
}

/// Where values come from beside the files.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sources {
    pub(crate) environment: Option<String>,
    pub(crate) variables: Vec<(String, String)>,
    pub(crate) flags: Vec<(String, String)>,
    /// Set by the code; these win.
    pub(crate) overrides: Vec<(String, Value)>,
}

impl Sources {
    /// The process's environment variables and these flags.
    pub(crate) fn of_process(flags: Vec<(String, String)>) -> Self {
        let mut variables: Vec<(String, String)> = Vec::new();
        if let Ok(port) = std::env::var("PORT") {
            variables.push(("port".into(), port));
        }
        for (name, value) in std::env::vars() {
            if let Some(key) = name.strip_prefix("TOPSAIL_").filter(|k| !k.is_empty() && *k != "ENV") {
                variables.push((key.to_lowercase().replace("__", "."), value));
            }
        }
        let environment = flags
            .iter()
            .rev()
            .find(|(key, _)| key == "environment")
            .map(|(_, value)| value.clone())
            .or_else(|| std::env::var("TOPSAIL_ENVIRONMENT").ok())
            .or_else(|| std::env::var("TOPSAIL_ENV").ok());
        Self { environment, variables, flags, overrides: Vec::new() }
    }
}

impl Layers {
    pub(crate) fn new(discovered: &Discovered, sources: Sources) -> Self {
        let app_path = app_path(discovered);
        let mut problems = Vec::new();
        let local = read_file(&app_path, "config/local.toml", &mut problems);
        let environment = sources
            .overrides
            .iter()
            .find(|(key, _)| key == "environment")
            .and_then(|(_, value)| value.as_str().map(str::to_owned))
            .or(sources.environment.clone())
            .or_else(|| local.as_ref().and_then(environment_of))
            .unwrap_or_else(|| "development".to_owned());

        let mut files: Vec<File> = discovered
            .config
            .iter()
            .filter(|(name, _)| {
                Path::new(name).parent() == Some(Path::new("config")) && !name.ends_with("/local.toml")
            })
            .filter_map(|(name, text)| File::of_folder(name, (*text).to_owned()))
            .collect();
        files.extend(read_folder(&app_path, &mut problems));
        let of_environment = format!("config/env/{environment}.toml");
        let compiled = discovered.config.iter().find(|(name, _)| *name == of_environment);
        files.extend(compiled.map(|(name, text)| File {
            name: (*name).to_owned(),
            section: None,
            text: (*text).to_owned(),
        }));
        files.extend(read_file(&app_path, &of_environment, &mut problems));
        files.extend(local);

        let mut routes = Map::new();
        for file in &files {
            add_routes(file, &mut routes);
        }
        let mut layers = Self {
            figment: Figment::new(),
            environment,
            app_path,
            files,
            texts: sources.variables.iter().chain(&sources.flags).cloned().collect(),
            routes,
            problems,
        };
        layers.figment = layers.merged(&sources, &[]);
        // A text that looks like a number where a text is wanted (a secret made of digits) stays a text.
        let as_text = layers.texts_read_as_numbers();
        if !as_text.is_empty() {
            layers.figment = layers.merged(&sources, &as_text);
        }
        layers
    }

    fn merged(&mut self, sources: &Sources, as_text: &[String]) -> Figment {
        let mut figment = Figment::new();
        for file in &self.files {
            match file.data() {
                Ok(_) => figment = figment.merge(file.clone()),
                Err(error) if as_text.is_empty() => self.problems.push(format!("{}: {error}", file.name)),
                Err(_) => {}
            }
        }
        figment = figment.merge(Texts { name: "the environment", pairs: &sources.variables, as_text });
        figment = figment.merge(Texts { name: "the command line", pairs: &sources.flags, as_text });
        figment.merge(Coded(&sources.overrides))
    }

    fn texts_read_as_numbers(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut look = |section: &str, error: figment::Error| {
            for problem in error {
                if let Kind::InvalidType(Actual::Signed(_) | Actual::Unsigned(_) | Actual::Bool(_), wanted) =
                    &problem.kind
                {
                    let path = dotted(section, &key_path(section, &problem));
                    if wanted.contains("string") && self.texts.contains_key(&path) {
                        found.push(path);
                    }
                }
            }
        };
        macro_rules! check {
            ($($name:literal: $type:ty),* $(,)?) => { $(
                if let Err(e) = self.figment.extract_inner::<$type>($name) { look($name, e); }
            )* };
        }
        check!(
            "session": crate::session::SessionConfig, "sockets": crate::sockets::SocketsConfig,
            "datastores": BTreeMap<String, topsail_orm::DatastoreConfig>, "views": crate::views::ViewsConfig,
        );
        found
    }

    pub(crate) fn environment(&self) -> &str {
        &self.environment
    }

    pub(crate) fn app_path(&self) -> &Path {
        &self.app_path
    }

    pub(crate) fn routes(&mut self) -> Map<String, Value> {
        std::mem::take(&mut self.routes)
    }

    pub(crate) fn all(&self) -> Map<String, Value> {
        self.figment.extract().unwrap_or_default()
    }

    /// Reads one section; what is wrong with it is added to the problems.
    pub(crate) fn section<T: DeserializeOwned + Default>(
        &mut self,
        name: &str,
        problems: &mut Vec<String>,
    ) -> T {
        problems.append(&mut self.problems);
        match self.figment.extract_inner::<T>(name) {
            Ok(section) => section,
            Err(error) if error.missing() => T::default(),
            Err(error) => {
                problems.extend(error.into_iter().map(|e| self.explain(name, &e)));
                T::default()
            }
        }
    }

    pub(crate) fn top_level(&mut self, problems: &mut Vec<String>) -> TopLevel {
        match self.figment.extract::<TopLevel>() {
            Ok(top) => top,
            Err(error) => {
                problems.extend(error.into_iter().map(|e| self.explain("", &e)));
                TopLevel::default()
            }
        }
    }

    /// `config/http.toml:3: unknown key `http.trust_prox`; did you mean `trust_proxy`?`
    fn explain(&self, section: &str, error: &figment::Error) -> String {
        let mut path = key_path(section, error);
        let what = match &error.kind {
            Kind::UnknownField(field, known) => {
                if path.last().is_none_or(|last| last != field) {
                    path.push(field.to_owned());
                }
                let hint = did_you_mean(field, known.iter().copied());
                format!("unknown key `{}`{hint} (known: {})", dotted(section, &path), known.join(", "))
            }
            kind => format!("`{}`: {kind}", dotted(section, &path)),
        };
        let source = error.metadata.as_ref().map(|m| m.name.to_string());
        let place = match source {
            Some(name) => match self.files.iter().rev().find(|f| f.name == name) {
                Some(file) => {
                    let mut full = path.clone();
                    if file.section.is_none() && !section.is_empty() {
                        full.insert(0, section.to_owned());
                    }
                    match line_of(&file.text, &full) {
                        Some(line) => format!("{name}:{line}: "),
                        None => format!("{name}: "),
                    }
                }
                None => format!("{name}: "),
            },
            // An unknown key carries no source: look it up.
            None => self
                .files
                .iter()
                .rev()
                .find_map(|file| {
                    let mut full = path.clone();
                    match &file.section {
                        Some(own) if own != section => return None,
                        Some(_) => {}
                        None if section.is_empty() => {}
                        None => full.insert(0, section.to_owned()),
                    }
                    line_of(&file.text, &full).map(|line| format!("{}:{line}: ", file.name))
                })
                .unwrap_or_default(),
        };
        format!("{place}{what}")
    }
}

/// The path of a problem within its section; figment puts the section itself at the end of it.
fn key_path(section: &str, error: &figment::Error) -> Vec<String> {
    let mut path = error.path.clone();
    if !section.is_empty() && path.last().is_some_and(|last| last == section) {
        path.pop();
    }
    path
}

fn dotted(section: &str, path: &[String]) -> String {
    let rest = path.join(".");
    match (section, rest.is_empty()) {
        ("", _) => rest,
        (section, true) => section.to_owned(),
        (section, false) => format!("{section}.{rest}"),
    }
}

/// The folder with the app's files: where it was built, if that is still there, else the current one.
fn app_path(discovered: &Discovered) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
    let built = Path::new(discovered.root);
    if discovered.root.is_empty() || here.join("config").is_dir() && !built.join("config").is_dir() {
        return here;
    }
    if built.is_dir() { built.to_owned() } else { here }
}

fn read_folder(root: &Path, problems: &mut Vec<String>) -> Vec<File> {
    let Ok(entries) = std::fs::read_dir(root.join("config")) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".toml") && name != "local.toml")
        .collect();
    names.sort();
    names
        .into_iter()
        .filter_map(|name| {
            let file = read_file(root, &format!("config/{name}"), problems)?;
            File::of_folder(&file.name, file.text)
        })
        .collect()
}

fn read_file(root: &Path, name: &str, problems: &mut Vec<String>) -> Option<File> {
    match std::fs::read_to_string(root.join(name)) {
        Ok(text) => Some(File { name: name.to_owned(), section: None, text }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => {
            problems.push(format!("{name} cannot be read: {error}"));
            None
        }
    }
}

fn environment_of(file: &File) -> Option<String> {
    let document = toml_edit::Document::parse(file.text.as_str()).ok()?;
    document.get("environment")?.as_str().map(str::to_owned)
}

/// Routes keep the order of the files, which figment's sorted dictionaries do not.
fn add_routes(file: &File, routes: &mut Map<String, Value>) {
    let Ok(document) = toml_edit::de::from_str::<Map<String, Value>>(&file.text) else { return };
    let found = match file.section.as_deref() {
        Some("routes") => document,
        Some(_) => return,
        None => match document.get("routes") {
            Some(Value::Object(found)) => found.clone(),
            _ => return,
        },
    };
    for (address, target) in found {
        routes.insert(address, target);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::config::Config;
    use serde_json::json;

    fn read(files: &'static [(&'static str, &'static str)], sources: Sources) -> Result<Config, String> {
        let discovered: &'static Discovered =
            Box::leak(Box::new(Discovered { config: files, ..Discovered::EMPTY }));
        Config::read(Layers::new(discovered, sources)).map_err(|e| e.to_string())
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    }

    #[test]
    fn later_layers_win() {
        let files: &[(&str, &str)] = &[
            ("config/http.toml", "body_limit = 1\njson_depth = 7\n"),
            ("config/env/staging.toml", "port = 2\n[http]\nbody_limit = 2\n"),
            ("config/app.toml", "port = 1\n"),
        ];
        let staging = Sources { environment: Some("staging".into()), ..Sources::default() };
        let config = read(files, staging.clone()).unwrap();
        assert_eq!((config.http.body_limit, config.http.json_depth, config.app.port), (2, 7, 2));
        let flags = Sources { variables: pairs(&[("port", "3")]), flags: pairs(&[("port", "4")]), ..staging };
        assert_eq!(read(files, flags.clone()).unwrap().app.port, 4);
        let coded = Sources { overrides: vec![("port".into(), json!(5))], ..flags };
        assert_eq!(read(files, coded).unwrap().app.port, 5);
    }

    #[test]
    fn an_unknown_key_names_file_line_and_the_near_one() {
        let files: &[(&str, &str)] = &[("config/http.toml", "body_limit = 1\n\ntrust_prox = true\n")];
        let error = read(files, Sources::default()).unwrap_err();
        assert!(
            error.contains("config/http.toml:3: unknown key `http.trust_prox`; did you mean `trust_proxy`?"),
            "{error}"
        );
    }

    #[test]
    fn a_wrong_type_names_file_line_and_key() {
        let files: &[(&str, &str)] = &[("config/http.toml", "\nbody_limit = \"much\"\n")];
        let error = read(files, Sources::default()).unwrap_err();
        assert!(error.contains("config/http.toml:2: `http.body_limit`"), "{error}");
    }

    #[test]
    fn malformed_toml_is_an_error_that_names_the_file() {
        let files: &[(&str, &str)] = &[("config/http.toml", "a = \n")];
        let error = read(files, Sources::default()).unwrap_err();
        assert!(error.contains("config/http.toml"), "{error}");
    }

    #[test]
    fn a_secret_made_of_digits_stays_a_text() {
        let sources = Sources { variables: pairs(&[("session.secret", "12345")]), ..Sources::default() };
        assert_eq!(read(&[], sources).unwrap().session.secret.as_deref(), Some("12345"));
    }

    #[test]
    fn routes_keep_the_order_of_the_file() {
        let files: &[(&str, &str)] =
            &[("config/routes.toml", "\"GET /z\" = \"a\"\n\"GET /a\" = { view = \"x\" }\n")];
        let config = read(files, Sources::default()).unwrap();
        assert_eq!(config.routes.0.keys().collect::<Vec<_>>(), ["GET /z", "GET /a"]);
    }

    #[test]
    fn the_apps_own_sections_are_free() {
        let files: &[(&str, &str)] = &[("config/payment.toml", "key = \"k\"\n")];
        let config = read(files, Sources::default()).unwrap();
        assert_eq!(config.get::<String>("payment.key").unwrap().as_deref(), Some("k"));
        assert!(config.get::<u32>("payment.key").is_err());
        assert_eq!(config.get::<u32>("payment.none").unwrap(), None);
    }
}
