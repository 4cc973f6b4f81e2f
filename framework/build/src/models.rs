//! Models as far as their names matter to other files: identities, associations, `via`.

use crate::{
    identity::camel,
    known::did_you_mean,
    report::{Place, Report},
    source::{Marked, properties},
};
use std::collections::BTreeMap;
use syn::{
    Expr, ExprLit, ExprPath, Fields, GenericArgument, Item, Lit, PathArguments, Type, Visibility,
    spanned::Spanned,
};

/// A model.
#[derive(Debug)]
pub(crate) struct Model {
    /// The struct's name.
    pub(crate) name: String,
    /// `user`; what its routes and events are called.
    pub(crate) identity: String,
    pub(crate) place: Place,
    /// Its module below `models`.
    pub(crate) module: Vec<String>,
    /// Only then can it be re-exported.
    pub(crate) is_public: bool,
    fields: Vec<Field>,
}

#[derive(Debug)]
struct Field {
    name: String,
    association: Option<Association>,
}

#[derive(Debug)]
struct Association {
    target: String,
    /// Where the target is named.
    place: Place,
    via: Option<(String, Place)>,
}

/// Fields that `#[model]` adds where the struct does not name them.
const ADDED: [&str; 3] = ["id", "created_at", "updated_at"];

impl Model {
    pub(crate) fn read(marked: Marked) -> Self {
        let Marked { name, place, module, item } = marked;
        let (attributes, fields, is_public) = match &item {
            Item::Struct(item) => {
                (item.attrs.as_slice(), Some(&item.fields), matches!(item.vis, Visibility::Public(_)))
            }
            _ => (&[][..], None, false),
        };
        let own = properties(attributes, "model").into_iter().find(|(key, _)| key == "identity");
        let identity = own.and_then(|(_, value)| text(&value?)).unwrap_or_else(|| name.to_lowercase());
        let mut model = Self { identity, module, is_public, fields: Vec::new(), name, place };
        if let Some(Fields::Named(fields)) = fields {
            for field in &fields.named {
                let Some(ident) = &field.ident else { continue };
                let mut association = target(&field.ty).map(|(target, span)| Association {
                    target: if target == "Self" { model.name.clone() } else { target },
                    place: Place::in_rust(&model.place.file, span),
                    via: None,
                });
                if let Some(association) = &mut association {
                    let via = properties(&field.attrs, "attr").into_iter().find(|(key, _)| key == "via");
                    association.via = via.and_then(|(_, value)| via_name(&value?, &model.place.file));
                }
                let name = ident.to_string().trim_start_matches("r#").to_owned();
                model.fields.push(Field { name, association });
            }
        }
        model
    }

    fn has(&self, field: &str) -> bool {
        ADDED.contains(&field) || self.fields.iter().any(|f| f.name == field || camel(&f.name) == field)
    }
}

/// Two models with one identity, associations to no model, `via` naming no attribute.
///
/// `complete` is false where a file could not be parsed: then a missing model may well be in it.
pub(crate) fn check(models: &[Model], complete: bool, report: &mut Report) {
    let mut identities: BTreeMap<&str, &Model> = BTreeMap::new();
    let mut names: BTreeMap<&str, &Model> = BTreeMap::new();
    for model in models {
        if let Some(first) = identities.insert(&model.identity, model) {
            let (identity, first) = (&model.identity, &first.place);
            let text = format!(
                "the model `{identity}` is defined twice: here and in {first}; rename one, or give it `#[model(identity = \"…\")]`"
            );
            report.error(model.place.clone(), text);
        } else if let Some(first) = names.get(model.name.as_str()) {
            let (name, first) = (&model.name, &first.place);
            report.error(
                model.place.clone(),
                format!("there is another model struct `{name}` in {first}; `crate::models::{name}` can be only one"),
            );
        }
        names.entry(&model.name).or_insert(model);
    }
    for model in models {
        for association in model.fields.iter().filter_map(|f| f.association.as_ref()) {
            let Association { target, place, via } = association;
            let Some(other) = names.get(target.as_str()) else {
                if complete {
                    let hint =
                        crate::known::nearest(target, names.keys().copied()).and_then(|near| names.get(near));
                    let hint = hint.map_or_else(String::new, |near| {
                        format!("; did you mean `{}` ({})?", near.name, near.place)
                    });
                    report.error(place.clone(), format!("there is no model `{target}`{hint}"));
                }
                continue;
            };
            if let Some((via, at)) = via
                && !other.has(via)
            {
                let hint = did_you_mean(via, other.fields.iter().map(|f| f.name.as_str()));
                let (name, there) = (&other.name, &other.place);
                report.error(
                    at.clone(),
                    format!("the model `{name}` ({there}) has no attribute `{via}`{hint}"),
                );
            }
        }
    }
}

/// The model that a field's type names: `Collection<Pet>`, `One<User>`, `Option<One<User>>`.
fn target(ty: &Type) -> Option<(String, proc_macro2::Span)> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    let inner = arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(inner) => Some(inner),
        _ => None,
    })?;
    match last.ident.to_string().as_str() {
        "Collection" | "One" => match inner {
            Type::Path(path) => Some((path.path.segments.last()?.ident.to_string(), inner.span())),
            _ => None,
        },
        "Option" => target(inner),
        _ => None,
    }
}

fn via_name(value: &Expr, file: &str) -> Option<(String, Place)> {
    let name = match value {
        Expr::Path(ExprPath { path, .. }) => {
            path.get_ident()?.to_string().trim_start_matches("r#").to_owned()
        }
        other => text(other)?,
    };
    Some((name, Place::in_rust(file, value.span())))
}

fn text(value: &Expr) -> Option<String> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
        _ => None,
    }
}
