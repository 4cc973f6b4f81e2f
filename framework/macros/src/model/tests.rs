use proc_macro2::TokenStream;
use quote::quote;

use super::expand;

fn said(args: TokenStream, item: TokenStream) -> String {
    let out = expand(args, item);
    syn::parse2::<syn::File>(out.clone()).expect("the output is Rust");
    out.to_string()
}

#[test]
fn mo_06_a_mistyped_property_is_answered_with_the_right_one_and_the_model_stays_whole() {
    let out = said(
        quote!(),
        quote!(
            pub struct User {
                #[attr(requird, is_emial)]
                pub name: String,
            }
        ),
    );
    assert!(out.contains("an attribute has no property `requird`; did you mean `required`?"), "{out}");
    assert!(out.contains("impl :: topsail :: orm :: Model for User"), "{out}");
    assert!(!out.contains("attr ("), "the helper attribute is taken away: {out}");
    let out = said(
        quote!(tabel = "x"),
        quote!(
            pub struct User {
                pub name: String,
            }
        ),
    );
    assert!(out.contains("a model has no setting `tabel`; did you mean `table`?"), "{out}");
    let out = said(
        quote!(before_validate = check),
        quote!(
            pub struct User {
                pub name: String,
            }
        ),
    );
    assert!(out.contains("`before_validate` is no callback: nothing would call it"), "{out}");
}

#[test]
fn mo_08_what_is_no_model_is_refused_and_given_back() {
    for (item, says) in [
        (
            quote!(
                pub enum User {
                    A,
                }
            ),
            "belongs on a struct",
        ),
        (
            quote!(
                pub struct User(i64);
            ),
            "named fields",
        ),
        (
            quote!(
                pub struct User<T> {
                    pub a: T,
                }
            ),
            "cannot be generic",
        ),
        (
            quote!(
                pub struct User {
                    #[attr(via = owner)]
                    pub pets: Option<One<Pet>>,
                }
            ),
            "belongs to a `Collection<Model>`",
        ),
        (
            quote!(
                pub struct User {
                    #[attr(allow_null)]
                    pub a: String,
                }
            ),
            "write `Option<…>`",
        ),
        (
            quote!(
                pub struct User {
                    #[attr(is_email = true)]
                    pub a: String,
                }
            ),
            "takes no value",
        ),
    ] {
        let out = said(quote!(), item);
        assert!(out.contains(says) && out.contains("User"), "{out}");
    }
    let out = said(
        quote!(primary_key = slug),
        quote!(
            pub struct Tag {
                pub label: String,
            }
        ),
    );
    assert!(out.contains("`primary_key` names `slug`, which is not a field"), "{out}");
}

#[test]
fn an_index_over_what_is_no_field_is_refused_with_the_right_one() {
    for (args, says) in [
        (quote!(unique(team, emial)), "`unique` names `emial`, which is not a field; did you mean `email`?"),
        (quote!(index(team, pets)), "`pets` is a collection, which has no column"),
        (quote!(index(team)), "`index(…)` is over two or more fields"),
    ] {
        let out = said(
            args,
            quote!(
                pub struct Member {
                    pub team: i64,
                    pub email: String,
                    pub pets: Collection<Pet>,
                }
            ),
        );
        assert!(out.contains(says) && out.contains("Member"), "{out}");
    }
    let out = said(
        quote!(unique(team, email), index(team, created_at)),
        quote!(
            pub struct Member {
                pub team: i64,
                #[attr(index)]
                pub email: String,
            }
        ),
    );
    assert!(out.contains(". unique ([\"team\" , \"email\"]) . index ([\"team\" , \"createdAt\"])"), "{out}");
    assert!(out.contains(". index ()"), "{out}");
}

#[test]
fn a_foreign_key_has_a_rule_that_there_is() {
    let with = |attr: TokenStream| {
        said(
            quote!(),
            quote!(
                pub struct Pet {
                    #[attr(#attr)]
                    pub owner: Option<One<User>>,
                }
            ),
        )
    };
    let out = with(quote!(foreign_key = "casacde"));
    assert!(out.contains("`foreign_key` has no rule `casacde`; did you mean `cascade`?"), "{out}");
    assert!(with(quote!(foreign_key)).contains(". foreign_key ()"));
    let out = with(quote!(foreign_key = "set_null"));
    assert!(
        out.contains("OnDelete :: SetNull") && out.contains("check_set_null :: < Option < One < User"),
        "{out}"
    );
}

#[test]
fn the_key_and_the_timestamps_are_added_where_they_are_missing() {
    let out = said(
        quote!(),
        quote!(
            pub struct User {
                pub name: String,
            }
        ),
    );
    for field in ["pub id : :: topsail :: orm :: Id", "pub created_at : i64", "pub updated_at : i64"] {
        assert!(out.contains(field), "{field} in {out}");
    }
    let out = said(
        quote!(primary_key = slug),
        quote!(
            pub struct Tag {
                pub slug: String,
                pub created_at: String,
            }
        ),
    );
    assert!(!out.contains("pub id"), "{out}");
    assert_eq!(out.matches("pub created_at").count(), 1);
}

#[test]
fn names_are_lower_case_for_identities_and_camel_case_for_attributes() {
    let out = said(
        quote!(),
        quote!(
            pub struct OrderLine {
                pub unit_price: f64,
                pub r#type: String,
            }
        ),
    );
    for part in ["\"orderline\"", "\"OrderLine\"", "\"unitPrice\"", "UNIT_PRICE", "\"type\"", "TYPE"] {
        assert!(out.contains(part), "{part} in {out}");
    }
}
