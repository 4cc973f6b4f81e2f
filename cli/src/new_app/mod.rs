//! `topsail new`: the embedded app template, rendered into a new folder.

mod app_name;
mod rendering;
mod secret;
mod template;

use std::fs;
use std::io;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

use clap::Args;

use app_name::AppName;
use app_name::InvalidAppName;
use rendering::RenderError;
use rendering::render;
use template::API;
use template::APP;

/// What `topsail new` takes.
#[derive(Debug, Args)]
pub(crate) struct NewApp {
    /// The app's name, which becomes its folder and its crate: chat, my-shop
    name: String,
    /// The folder to make the app's folder in
    #[arg(long, value_name = "DIR", default_value = ".")]
    path: PathBuf,
    /// A checkout of Topsail to depend on, instead of the published version
    #[arg(long, value_name = "DIR")]
    topsail_path: Option<PathBuf>,
    /// An API alone: no views, no assets, no CSRF tokens
    #[arg(long)]
    no_frontend: bool,
    /// Write into a folder that is not empty; files of the template replace files of the same name
    #[arg(long)]
    force: bool,
}

/// Why no app was made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NewAppError {
    #[error(transparent)]
    Name(#[from] InvalidAppName),
    #[error("{} exists and is not empty; nothing was written. `--force` writes into it all the same.", .0.display())]
    NotEmpty(PathBuf),
    #[error("{} is no checkout of Topsail: it has no framework/Cargo.toml.", .0.display())]
    NoCheckout(PathBuf),
    #[error("{} is not valid UTF-8, so it cannot stand in a Cargo.toml.", .0.display())]
    UnwritablePath(PathBuf),
    #[error(transparent)]
    Render(#[from] RenderError),
    #[error("{} cannot be written: {cause}", path.display())]
    Io { path: PathBuf, cause: io::Error },
    #[error("cannot write to the terminal: {0}")]
    Output(io::Error),
}

/// Makes the app and tells `out` what to do next.
pub(crate) fn new_app(options: &NewApp, here: &Path, out: &mut impl Write) -> Result<(), NewAppError> {
    let name = AppName::parse(&options.name)?;
    let checkout = options.topsail_path.as_deref().map(|path| checkout(&here.join(path))).transpose()?;
    let root = here.join(&options.path).join(name.folder());
    if !options.force && has_content(&root)? {
        return Err(NewAppError::NotEmpty(root));
    }
    let template = if options.no_frontend { &API } else { &APP };
    for file in render(template, &name, checkout.as_deref().unwrap_or_default())? {
        write(&root.join(&file.path), &file.content)?;
    }
    write_secret(&root)?;
    tell(&name, options, out).map_err(NewAppError::Output)
}

/// The session secret is each app's own and stays out of version control, so it cannot be part of the template.
fn write_secret(root: &Path) -> Result<(), NewAppError> {
    let local = root.join("config/local.toml");
    if local.exists() {
        return Ok(());
    }
    write(&local, secret::local_config().as_bytes())
}

fn tell(name: &AppName, options: &NewApp, out: &mut impl Write) -> io::Result<()> {
    let path = &options.path;
    let address = if options.no_frontend { "http://localhost:1337/message" } else { "http://localhost:1337" };
    let folder = if path == Path::new(".") { PathBuf::from(name.folder()) } else { path.join(name.folder()) };
    writeln!(out, "Created a new Topsail app: {}\n", name.folder())?;
    writeln!(out, "Next:")?;
    writeln!(out, "  cd {}", folder.display())?;
    writeln!(out, "  topsail lift                  # then open {address}")?;
    writeln!(
        out,
        "  topsail generate api order    # a model with a REST API, the same over sockets, and live events"
    )
}

fn checkout(path: &Path) -> Result<String, NewAppError> {
    let absolute = path.canonicalize().map_err(|_| NewAppError::NoCheckout(path.to_owned()))?;
    if !absolute.join("framework/Cargo.toml").is_file() {
        return Err(NewAppError::NoCheckout(absolute));
    }
    absolute.to_str().map(str::to_owned).ok_or(NewAppError::UnwritablePath(absolute))
}

fn has_content(folder: &Path) -> Result<bool, NewAppError> {
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_some()),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(cause) => Err(NewAppError::Io { path: folder.to_owned(), cause }),
    }
}

fn write(path: &Path, content: &[u8]) -> Result<(), NewAppError> {
    let written = match path.parent() {
        Some(folder) => fs::create_dir_all(folder).and_then(|()| fs::write(path, content)),
        None => fs::write(path, content),
    };
    written.map_err(|cause| NewAppError::Io { path: path.to_owned(), cause })
}

#[cfg(test)]
mod tests;
