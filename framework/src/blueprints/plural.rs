//! English plurals for the paths of models.

const IRREGULAR: [(&str, &str); 27] = [
    ("person", "people"),
    ("man", "men"),
    ("child", "children"),
    ("ox", "oxen"),
    ("mouse", "mice"),
    ("louse", "lice"),
    ("goose", "geese"),
    ("foot", "feet"),
    ("tooth", "teeth"),
    ("die", "dice"),
    ("move", "moves"),
    ("leaf", "leaves"),
    ("life", "lives"),
    ("knife", "knives"),
    ("wife", "wives"),
    ("half", "halves"),
    ("shelf", "shelves"),
    ("wolf", "wolves"),
    ("thief", "thieves"),
    ("hero", "heroes"),
    ("potato", "potatoes"),
    ("tomato", "tomatoes"),
    ("echo", "echoes"),
    ("quiz", "quizzes"),
    ("index", "indices"),
    ("vertex", "vertices"),
    ("matrix", "matrices"),
];

const UNCOUNTABLE: [&str; 14] = [
    "advice",
    "equipment",
    "feedback",
    "fish",
    "information",
    "money",
    "news",
    "rice",
    "series",
    "sheep",
    "software",
    "species",
    "staff",
    "weather",
];

/// The plural of a word in lower case: `user` → `users`, `category` → `categories`, `person` → `people`.
///
/// Words that end in an irregular one follow it (`salesperson` → `salespeople`); a word that is plural already is
/// left alone only where English does not tell the two apart.
pub(crate) fn plural(word: &str) -> String {
    if UNCOUNTABLE.contains(&word) {
        return word.to_owned();
    }
    for (one, many) in IRREGULAR {
        if let Some(stem) = word.strip_suffix(one).filter(|stem| follows(stem, one)) {
            return format!("{stem}{many}");
        }
    }
    let ends = |endings: &[&str]| endings.iter().any(|end| word.ends_with(end));
    if let Some(stem) = word.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'i', 'o', 'u'])) {
        return format!("{stem}ies");
    }
    if let Some(stem) = word.strip_suffix("sis") {
        return format!("{stem}ses");
    }
    if ends(&["s", "x", "z", "ch", "sh"]) {
        return format!("{word}es");
    }
    format!("{word}s")
}

/// Short irregular words are too often the chance ending of another (`human`, `box`) to be followed there.
fn follows(stem: &str, irregular: &str) -> bool {
    stem.is_empty()
        || match irregular {
            "man" => !matches!(stem, "hu" | "ger" | "ro" | "sha" | "talis" | "otto"),
            "ox" | "die" | "move" | "echo" | "louse" | "hero" => false,
            "mouse" => stem == "dor",
            _ => true,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bp_21_plurals_follow_english() {
        for (one, many) in [
            ("user", "users"),
            ("quiz", "quizzes"),
            ("category", "categories"),
            ("person", "people"),
            ("salesperson", "salespeople"),
            ("box", "boxes"),
            ("human", "humans"),
            ("woman", "women"),
            ("day", "days"),
            ("analysis", "analyses"),
            ("address", "addresses"),
            ("church", "churches"),
            ("sheep", "sheep"),
            ("petfood", "petfoods"),
        ] {
            assert_eq!(plural(one), many);
        }
    }
}
