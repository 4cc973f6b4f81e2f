//! Static files: what lies in `assets/`, and what Topsail brings along.
//!
//! A path that no route answers is looked up here: first in the app's folder, then among the built-in files
//! (`/favicon.ico`, `/dependencies/topsail.io.js`). Only GET and HEAD reach files; files whose name, or whose folder's
//! name, begins with a dot are not there, and no path leaves the folder.

mod built_in;

use crate::{config::Config, http::percent_decode};
use ::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::{body::Body, extract::Request, response::Response};
use std::path::Path;
use tower::ServiceExt;
use tower_http::services::ServeDir;

/// Seconds of a year: as long as a file may be cached at most.
const YEAR: u64 = 31_536_000;

/// The static files of an app.
#[derive(Clone, Debug)]
pub(crate) struct Assets {
    folder: ServeDir,
    cache: HeaderValue,
}

impl Assets {
    /// The files below `assets/` of the app's folder.
    pub(crate) fn new(config: &Config) -> Self {
        let seconds = config.http.cache.unwrap_or(if config.is_production() { YEAR } else { 0 });
        Self::below(&config.path("assets"), seconds)
    }

    fn below(root: &Path, seconds: u64) -> Self {
        Self { folder: ServeDir::new(root), cache: max_age(seconds.min(YEAR)) }
    }

    /// The file that a request names; nothing if there is none.
    pub(crate) async fn serve(&self, request: Request) -> Option<Response> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) || !may_be_asked_for(request.uri().path())
        {
            return None;
        }
        let (parts, _) = request.into_parts();
        let built_in = built_in::find(&parts);
        let found = match self.folder.clone().oneshot(Request::from_parts(parts, Body::empty())).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        match found.status() {
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => built_in,
            _ => Some(self.finish(found.map(Body::new))),
        }
    }

    /// The headers as Sails sends them.
    fn finish(&self, mut response: Response) -> Response {
        if response.status().is_redirection() && response.headers().contains_key(header::LOCATION) {
            *response.status_mut() = StatusCode::MOVED_PERMANENTLY;
            return response;
        }
        if response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED {
            let headers = response.headers_mut();
            headers.insert(header::CACHE_CONTROL, self.cache.clone());
            name_the_charset(headers);
            weaken(headers);
        }
        response
    }
}

fn max_age(seconds: u64) -> HeaderValue {
    HeaderValue::from_str(&format!("public, max-age={seconds}")).expect("digits can stand in a header")
}

/// No dot files, no way up, nothing that does not decode, and nothing that a redirect would make another host of.
fn may_be_asked_for(path: &str) -> bool {
    percent_decode(path).is_some_and(|path| {
        !path.starts_with("//")
            && !path.contains(['\\', '\0'])
            && path.split('/').all(|segment| !segment.starts_with('.'))
    })
}

/// Texts are UTF-8.
fn name_the_charset(headers: &mut HeaderMap) {
    let Some(kind) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return };
    let is_text = kind.starts_with("text/") || matches!(kind, "application/javascript" | "application/json");
    if is_text
        && !kind.contains("charset")
        && let Ok(value) = HeaderValue::from_str(&format!("{kind}; charset=utf-8"))
    {
        headers.insert(header::CONTENT_TYPE, value);
    }
}

/// The tag is made from size and time of the file, and its bytes may still be compressed: it is a weak one.
fn weaken(headers: &mut HeaderMap) {
    let Some(tag) = headers.get(header::ETAG).and_then(|value| value.to_str().ok()) else { return };
    if !tag.starts_with("W/")
        && let Ok(value) = HeaderValue::from_str(&format!("W/{tag}"))
    {
        headers.insert(header::ETAG, value);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use http_body_util::BodyExt;
    use std::fs;

    struct Folder(tempfile::TempDir);

    impl Folder {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let public = folder.path().join("assets");
            fs::create_dir_all(public.join("js")).unwrap();
            fs::create_dir_all(public.join("docs")).unwrap();
            fs::create_dir_all(public.join(".git")).unwrap();
            fs::write(folder.path().join("secret.txt"), "secret").unwrap();
            fs::write(public.join("robots.txt"), "User-agent: *\n").unwrap();
            fs::write(public.join("js/app.js"), "console.log(\"app\");\n").unwrap();
            fs::write(public.join("docs/index.html"), "<p>docs</p>").unwrap();
            fs::write(public.join(".env"), "SECRET=1").unwrap();
            fs::write(public.join(".git/config"), "x").unwrap();
            Self(folder)
        }

        async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Option<Response> {
            let mut request = Request::builder().method(method).uri(path);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let assets = Assets::below(&self.0.path().join("assets"), 0);
            assets.serve(request.body(Body::empty()).unwrap()).await
        }

        async fn get(&self, path: &str) -> Option<Response> {
            self.ask("GET", path, &[]).await
        }
    }

    fn head<'r>(response: &'r Response, name: &str) -> &'r str {
        response.headers().get(name).map_or("", |value| value.to_str().unwrap())
    }

    async fn text(response: Response) -> String {
        String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn ht_20_a_file_has_the_headers_of_caching() {
        let response = Folder::new().get("/robots.txt").await.unwrap();
        assert_eq!(head(&response, "cache-control"), "public, max-age=0");
        assert!(head(&response, "etag").starts_with("W/\""));
        assert!(head(&response, "last-modified").ends_with(" GMT"));
        assert_eq!(head(&response, "accept-ranges"), "bytes");
        assert_eq!(head(&response, "content-type"), "text/plain; charset=utf-8");
        assert_eq!(text(response).await, "User-agent: *\n");
    }

    #[tokio::test]
    async fn ht_21_conditions_and_ranges_are_honoured() {
        let folder = Folder::new();
        let tag = head(&folder.get("/robots.txt").await.unwrap(), "etag").to_owned();
        let same = folder.ask("GET", "/robots.txt", &[("if-none-match", &tag)]).await.unwrap();
        assert_eq!((same.status(), head(&same, "etag")), (StatusCode::NOT_MODIFIED, tag.as_str()));
        let part = folder.ask("GET", "/robots.txt", &[("range", "bytes=0-3")]).await.unwrap();
        assert_eq!((part.status().as_u16(), head(&part, "content-range")), (206, "bytes 0-3/14"));
        assert_eq!(text(part).await, "User");
        let beyond = folder.ask("GET", "/robots.txt", &[("range", "bytes=99-")]).await.unwrap();
        assert_eq!(beyond.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    }

    #[tokio::test]
    async fn ht_22_no_other_methods_no_dot_files_and_no_way_out() {
        let folder = Folder::new();
        for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
            assert!(folder.ask(method, "/robots.txt", &[]).await.is_none(), "{method}");
        }
        for path in [
            "/.env",
            "/%2eenv",
            "/.git/config",
            "/../secret.txt",
            "/..%2fsecret.txt",
            "/%2e%2e/secret.txt",
            "/js/../../secret.txt",
            "/..%5csecret.txt",
            "/%00",
            "/%zz",
            "//docs",
            "//docs/",
            "/no/such",
            "/js/",
        ] {
            assert!(folder.get(path).await.is_none(), "{path}");
        }
    }

    #[tokio::test]
    async fn a_folder_leads_to_its_index() {
        let folder = Folder::new();
        let moved = folder.get("/docs").await.unwrap();
        assert_eq!((moved.status().as_u16(), head(&moved, "location")), (301, "/docs/"));
        assert_eq!(text(folder.get("/docs/").await.unwrap()).await, "<p>docs</p>");
    }

    #[tokio::test]
    async fn ht_23_an_icon_of_the_app_takes_the_place_of_the_built_in_one() {
        let folder = Folder::new();
        let built_in = folder.get("/favicon.ico").await.unwrap();
        assert_eq!(head(&built_in, "content-type"), "image/x-icon");
        assert_eq!(head(&built_in, "cache-control"), "public, max-age=31536000");
        fs::write(folder.0.path().join("assets/favicon.ico"), "mine").unwrap();
        assert_eq!(text(folder.get("/favicon.ico").await.unwrap()).await, "mine");
    }

    #[tokio::test]
    async fn the_client_is_served_by_every_app() {
        let folder = Folder::new();
        let script = folder.get("/dependencies/topsail.io.js").await.unwrap();
        assert_eq!(head(&script, "content-type"), "text/javascript; charset=utf-8");
        let tag = head(&script, "etag").to_owned();
        assert!(text(script).await.contains("topsail"));
        let same =
            folder.ask("GET", "/dependencies/topsail.io.js", &[("if-none-match", &tag)]).await.unwrap();
        assert_eq!(same.status(), StatusCode::NOT_MODIFIED);
    }
}
