//! The examples of the book are compiled: each page that has any is named in `src/book.rs`.

use std::{
    fs,
    path::{Path, PathBuf},
};

fn pages(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            pages(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
}

#[test]
fn every_page_with_an_example_that_compiles_is_compiled() {
    let framework = Path::new(env!("CARGO_MANIFEST_DIR"));
    let book = framework.join("../docs/src");
    let named = fs::read_to_string(framework.join("src/book.rs")).unwrap();
    let mut found = Vec::new();
    pages(&book, &mut found);
    let mut compiled = 0;
    for page in found {
        let text = fs::read_to_string(&page).unwrap();
        let compiles = |line: &str| line.starts_with("```rust") && !line.contains("ignore");
        if !text.lines().any(compiles) {
            continue;
        }
        let name = page.strip_prefix(&book).unwrap().to_str().unwrap().replace('\\', "/");
        assert!(named.contains(&format!("\"{name}\"")), "name {name} in framework/src/book.rs");
        compiled += 1;
    }
    assert!(compiled >= 55, "{compiled} pages");
}
