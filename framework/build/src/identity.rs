//! How names follow from files: modules, identities, and when two of them are the same.

/// The module that a file or folder becomes: `UserController` → `user_controller`, `user-list` → `user_list`.
///
/// # Errors
/// Why the name makes no module.
pub(crate) fn module(stem: &str) -> Result<String, String> {
    let letters: Vec<char> = stem.chars().collect();
    let mut name = String::with_capacity(stem.len() + 4);
    for (at, &c) in letters.iter().enumerate() {
        if c == '-' {
            name.push('_');
            continue;
        }
        let before = at.checked_sub(1).map(|i| letters[i]);
        let starts_word = c.is_uppercase()
            && before.is_some_and(|b| {
                b.is_lowercase()
                    || b.is_ascii_digit()
                    || (b.is_uppercase() && letters.get(at + 1).is_some_and(|n| n.is_lowercase()))
            });
        if starts_word {
            name.push('_');
        }
        name.extend(c.to_lowercase());
    }
    if name == "mod" {
        return Err("folders need no `mod.rs`: every file is found by itself; remove it".to_owned());
    }
    if syn::parse_str::<syn::Ident>(&name).is_ok() {
        return Ok(name);
    }
    let starts = name.starts_with(|c: char| c == '_' || c.is_alphabetic());
    if starts && name.chars().all(|c| c == '_' || c.is_alphanumeric()) {
        return Err(format!("`{name}` is a word of Rust itself and cannot be a module; choose another name"));
    }
    Err(format!(
        "`{stem}` makes no module name; use letters, digits and underscores, and begin with a letter"
    ))
}

/// `update_status` → `update-status`
pub(crate) fn kebab(name: &str) -> String {
    name.trim_start_matches("r#").replace('_', "-")
}

/// `is_admin` → `isAdmin`
pub(crate) fn camel(name: &str) -> String {
    let mut camel = String::with_capacity(name.len());
    for part in name.trim_start_matches("r#").split('_').filter(|part| !part.is_empty()) {
        if camel.is_empty() {
            camel.push_str(part);
        } else {
            let mut letters = part.chars();
            camel.extend(letters.next().into_iter().flat_map(char::to_uppercase));
            camel.push_str(letters.as_str());
        }
    }
    camel
}

/// The identity of the action `name` in the module with these segments below `controllers`.
///
/// The same rule as in the framework, which sees `module_path!()`: the last segment stands for the action itself where
/// a standalone file carries its name, and `_controller` is left out.
pub(crate) fn action(module: &[String], name: &str) -> String {
    let mut segments: Vec<String> =
        module.iter().map(|s| kebab(s.strip_suffix("_controller").unwrap_or(s))).collect();
    let is_controller = module.last().is_some_and(|last| last.ends_with("_controller"));
    let name = kebab(name);
    if is_controller || segments.last() != Some(&name) {
        segments.push(name);
    }
    segments.join("/")
}

/// The name of the policy `name` in the module with these segments below `policies`: `admin/is-owner`.
pub(crate) fn policy(module: &[String], name: &str) -> String {
    let folders = module.len().saturating_sub(1);
    let mut segments: Vec<String> = module[..folders].iter().map(|s| kebab(s)).collect();
    segments.push(kebab(name));
    segments.join("/")
}

/// Folds every spelling to one: `UserController.findOne`, `user.findOne`, `User/FIND-ONE`.
pub(crate) fn fold(spelling: &str) -> String {
    spelling
        .split(['/', '.'])
        .filter(|s| !s.is_empty())
        .map(|segment| {
            let segment = segment.strip_suffix("Controller").filter(|s| !s.is_empty()).unwrap_or(segment);
            segment
                .chars()
                .filter(|c| !matches!(c, '-' | '_'))
                .flat_map(char::to_lowercase)
                .collect::<String>()
        })
        .collect::<Vec<_>>()
        .join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_become_modules() {
        for (stem, name) in [
            ("UserController", "user_controller"),
            ("user-list", "user_list"),
            ("HTTPController", "http_controller"),
            ("say_controller", "say_controller"),
            ("V2Stats", "v2_stats"),
        ] {
            assert_eq!(module(stem).as_deref(), Ok(name));
        }
        for stem in ["9lives", "a b", "type", "self", "mod", "", "a.b"] {
            assert!(module(stem).is_err(), "{stem}");
        }
    }

    #[test]
    fn ht_46_all_spellings_fold_to_one() {
        for spelling in ["UserController.findOne", "user.findOne", "User/FIND-ONE", "user/find_one"] {
            assert_eq!(fold(spelling), "user/findone");
        }
    }

    #[test]
    fn actions_are_called_after_file_and_function() {
        let at = |path: &str, name| action(&path.split('/').map(str::to_owned).collect::<Vec<_>>(), name);
        assert_eq!(at("user_controller", "find_all"), "user/find-all");
        assert_eq!(at("user_controller", "index"), "user/index");
        assert_eq!(at("user_controller", "user"), "user/user");
        assert_eq!(at("orders/update_status", "update_status"), "orders/update-status");
        assert_eq!(at("orders/update_status", "other"), "orders/update-status/other");
        assert_eq!(at("admin/user_controller", "find"), "admin/user/find");
    }
}
