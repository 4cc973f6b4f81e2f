//! From changes to the events that they are: a pure function, in the order that Sails has.

use serde_json::Value;
use std::{collections::HashSet, sync::Arc};
use topsail_orm::{Auto, Change, ChangeVerb, Kind, LinkCause, LinkVia, ModelDef, Record};

/// One notice about one record, before anyone has rendered it.
#[derive(Clone, Debug)]
pub(crate) struct ModelEvent {
    /// The model of the record.
    pub(crate) model: Arc<ModelDef>,
    /// The record's key.
    pub(crate) pk: Value,
    /// What happened to it.
    pub(crate) what: What,
}

/// What a [`ModelEvent`] tells.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum What {
    /// A record came to be; told to those who watch the model.
    Created {
        /// The record.
        record: Record,
    },
    /// Values of a record changed.
    Updated {
        /// Where the values are taken from.
        image: Record,
        /// Which of them are told, in this order.
        keys: Vec<String>,
        /// The record before; none in a notice that another record's change has caused.
        previous: Option<Record>,
    },
    /// A record is gone.
    Destroyed {
        /// The record as it was.
        previous: Option<Record>,
    },
    /// A record has a new member.
    AddedTo {
        /// The collection.
        attr: String,
        /// The member.
        member: Value,
    },
    /// A record has lost a member.
    RemovedFrom {
        /// The collection.
        attr: String,
        /// The member.
        member: Value,
    },
    /// Many records changed, nobody knows which; told to everyone who follows the model or a record of it.
    Many,
}

/// Finds models by their identity.
pub(crate) type Models<'a> = &'a dyn Fn(&str) -> Option<Arc<ModelDef>>;

/// The events of one transaction's changes.
///
/// The changes of one record and their consequences stand together; within such a group the order of Sails holds
/// (`_publishCreate`, `_publishUpdate`, `_publishDestroy`, `_publishAdd`, `_publishRemove`), with one hop of reverse
/// notices and no more.
pub(crate) fn derive(changes: &[Change], models: Models<'_>) -> Vec<ModelEvent> {
    let gone: HashSet<(&str, String)> = changes
        .iter()
        .filter(|change| change.verb == ChangeVerb::Destroy)
        .map(|change| (change.model.identity.as_str(), change.pk.to_string()))
        .collect();
    let mut derivation = Derivation { models, events: Vec::new() };
    let mut rest = changes;
    while !rest.is_empty() {
        let head = is_head(&rest[0]).then(|| &rest[0]);
        let from = usize::from(head.is_some());
        let to = rest[from..].iter().position(is_head).map_or(rest.len(), |at| at + from);
        let links: Vec<Link<'_>> = rest[from..to].iter().filter_map(Link::new).collect();
        match head.map(|head| (head, head.verb)) {
            Some((head, ChangeVerb::Bulk)) => derivation.many(head),
            Some((head, ChangeVerb::Create)) => derivation.created(head, &links),
            Some((head, ChangeVerb::Update)) => derivation.updated(head, &links),
            Some((head, _)) => derivation.destroyed(head, changes, &links, &gone),
            None => derivation.edited(&links),
        }
        rest = &rest[to..];
    }
    derivation.events
}

/// The change of a record itself, not a consequence of another.
fn is_head(change: &Change) -> bool {
    match change.verb {
        ChangeVerb::Create | ChangeVerb::Destroy | ChangeVerb::Bulk => true,
        ChangeVerb::Update => change.via.is_none(),
        ChangeVerb::Link | ChangeVerb::Unlink => false,
    }
}

/// A membership that began or ended.
#[derive(Clone, Copy)]
struct Link<'a> {
    parent: &'a Arc<ModelDef>,
    pk: &'a Value,
    via: &'a LinkVia,
    begins: bool,
}

impl<'a> Link<'a> {
    fn new(change: &'a Change) -> Option<Self> {
        let begins = match change.verb {
            ChangeVerb::Link => true,
            ChangeVerb::Unlink => false,
            _ => return None,
        };
        Some(Self { parent: &change.model, pk: &change.pk, via: change.via.as_ref()?, begins })
    }

    fn is_of(&self, change: &Change) -> bool {
        self.parent.identity == change.model.identity && *self.pk == change.pk
    }

    fn by_key(&self) -> bool {
        self.via.cause == LinkCause::Key
    }

    /// Is this the same child, in the same collection of perhaps another parent?
    fn same_child(&self, other: &Self) -> bool {
        self.parent.identity == other.parent.identity
            && self.via.attr == other.via.attr
            && self.via.other_pk == other.via.other_pk
    }
}

struct Derivation<'a> {
    models: Models<'a>,
    events: Vec<ModelEvent>,
}

impl Derivation<'_> {
    fn push(&mut self, model: &Arc<ModelDef>, pk: &Value, what: What) {
        self.events.push(ModelEvent { model: model.clone(), pk: pk.clone(), what });
    }

    /// Once for each model, whatever happened to its records.
    fn many(&mut self, head: &Change) {
        let told =
            |event: &ModelEvent| event.what == What::Many && event.model.identity == head.model.identity;
        if !self.events.iter().any(told) {
            self.push(&head.model, &Value::Null, What::Many);
        }
    }

    fn created(&mut self, head: &Change, links: &[Link<'_>]) {
        let (own, others): (Vec<Link<'_>>, Vec<Link<'_>>) =
            links.iter().copied().partition(|l| l.by_key() || l.is_of(head) && l.begins);
        for link in &own {
            if link.by_key() { self.member(link) } else { self.reverse(link) }
        }
        self.push(&head.model, &head.pk, What::Created { record: head.after.clone().unwrap_or_default() });
        // Children that were taken from somebody else.
        others.iter().for_each(|link| self.member(link));
    }

    fn updated(&mut self, head: &Change, links: &[Link<'_>]) {
        let (by_key, edits): (Vec<Link<'_>>, Vec<Link<'_>>) = links.iter().copied().partition(|l| l.by_key());
        by_key.iter().for_each(|link| self.member(link));
        let pk = head.before.as_ref().map_or_else(|| head.pk.clone(), |before| head.model.key_of(before));
        let what = What::Updated {
            image: head.after.clone().unwrap_or_default(),
            keys: told_keys(head),
            previous: head.before.clone(),
        };
        self.push(&head.model, &pk, what);
        self.edited(&edits);
    }

    fn destroyed(
        &mut self,
        head: &Change,
        all: &[Change],
        links: &[Link<'_>],
        gone: &HashSet<(&str, String)>,
    ) {
        self.push(&head.model, &head.pk, What::Destroyed { previous: head.before.clone() });
        for attr in head.model.associations() {
            let Some(association) = &attr.association else { continue };
            let Some(target) = (self.models)(&association.target) else { continue };
            let value = head.before.as_ref().and_then(|before| before.get(&attr.name));
            if attr.kind == Kind::One {
                if let Some(pk) = value.and_then(|v| key_in(&target, v)) {
                    self.orphaned(head, &target, &pk);
                }
                continue;
            }
            let Some(inverse) = &association.inverse else { continue };
            let mut members: Vec<Value> = value
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(|v| key_in(&target, v))
                .collect();
            let detached =
                all.iter().filter_map(Link::new).filter(|l| l.is_of(head) && l.via.attr == attr.name);
            for link in detached {
                if !members.contains(&link.via.other_pk) {
                    members.push(link.via.other_pk.clone());
                }
            }
            for member in members {
                self.opposite(&target, &member, inverse, &head.pk, false);
            }
        }
        let is_gone = |l: &Link<'_>| gone.contains(&(l.parent.identity.as_str(), l.pk.to_string()));
        let others: Vec<Link<'_>> = links.iter().filter(|l| !l.by_key() && !is_gone(l)).copied().collect();
        self.edited(&others);
    }

    /// The record that a destroyed one pointed at hears of it through its first association that points back,
    /// collections before single ones, whatever its `via`: as Sails has it.
    fn orphaned(&mut self, head: &Change, target: &Arc<ModelDef>, pk: &Value) {
        let points_back = |kind: Kind| {
            target.associations().find(|a| {
                a.kind == kind && a.association.as_ref().is_some_and(|x| x.target == head.model.identity)
            })
        };
        if let Some(back) = points_back(Kind::Many).or_else(|| points_back(Kind::One)) {
            self.opposite(target, pk, &back.name, &head.pk, false);
        }
    }

    /// Collections were edited: first what was added, then what was taken from others, then what was dropped.
    fn edited(&mut self, links: &[Link<'_>]) {
        let (added, removed): (Vec<Link<'_>>, Vec<Link<'_>>) = links.iter().copied().partition(|l| l.begins);
        for link in &added {
            self.member(link);
            self.reverse(link);
        }
        let (stolen, dropped): (Vec<Link<'_>>, Vec<Link<'_>>) =
            removed.iter().copied().partition(|r| r.by_key() || added.iter().any(|a| a.same_child(r)));
        stolen.iter().for_each(|link| self.member(link));
        for link in &dropped {
            self.member(link);
            self.reverse(link);
        }
    }

    /// Tells the parent.
    fn member(&mut self, link: &Link<'_>) {
        let (attr, member) = (link.via.attr.clone(), link.via.other_pk.clone());
        let what =
            if link.begins { What::AddedTo { attr, member } } else { What::RemovedFrom { attr, member } };
        self.push(link.parent, link.pk, what);
    }

    /// Tells the child.
    fn reverse(&mut self, link: &Link<'_>) {
        let Some(inverse) = &link.via.inverse else { return };
        if let Some(child) = (self.models)(&link.via.other_model) {
            self.opposite(&child, &link.via.other_pk, inverse, link.pk, link.begins);
        }
    }

    /// Tells one record that another now belongs, or no longer belongs, to what its `attr` shows.
    fn opposite(&mut self, model: &Arc<ModelDef>, pk: &Value, attr: &str, other: &Value, begins: bool) {
        let Some(def) = model.attr(attr) else { return };
        let what = match (def.is_collection(), begins) {
            (true, true) => What::AddedTo { attr: attr.to_owned(), member: other.clone() },
            (true, false) => What::RemovedFrom { attr: attr.to_owned(), member: other.clone() },
            (false, _) => {
                let value = if begins { other.clone() } else { Value::Null };
                let image =
                    Record::from_iter([(model.primary_key.clone(), pk.clone()), (attr.to_owned(), value)]);
                What::Updated { image, keys: vec![attr.to_owned()], previous: None }
            }
        };
        self.push(model, pk, what);
    }
}

/// What was submitted, then the key and the time of the write, which are always told; collections are not.
fn told_keys(head: &Change) -> Vec<String> {
    let model = &head.model;
    let mut keys: Vec<String> = head
        .submitted_keys
        .iter()
        .filter(|key| model.attr(key).is_some_and(|attr| !attr.is_collection()))
        .cloned()
        .collect();
    let stamps = model
        .attributes
        .iter()
        .filter(|a| matches!(a.auto, Some(Auto::UpdatedAt | Auto::Version)))
        .map(|a| &a.name);
    for always in std::iter::once(&model.primary_key).chain(stamps) {
        if !keys.contains(always) {
            keys.push(always.clone());
        }
    }
    keys
}

/// The key that an association's value holds: of a populated record its own, else the value.
pub(super) fn key_in(target: &ModelDef, value: &Value) -> Option<Value> {
    match value {
        Value::Object(record) => record.get(&target.primary_key).filter(|v| !v.is_null()).cloned(),
        Value::Number(_) | Value::String(_) => Some(value.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;
    use topsail_orm::{AttrDef, Bulk};

    /// Users have pets, groups (both ways), tags (one way) and a profile; a profile has an owner of its own.
    fn models() -> Vec<Arc<ModelDef>> {
        let with = |name: &str, attributes: Vec<AttrDef>| {
            let mut def = ModelDef::new(name);
            def.attributes.push(AttrDef::new("id", Kind::Int));
            def.attributes.push(AttrDef::new("updatedAt", Kind::Int).auto(Auto::UpdatedAt));
            def.attributes.extend(attributes);
            Arc::new(def)
        };
        let many = |name: &str, target: &str, inverse: Option<&str>| {
            let mut attr = AttrDef::to(name, Kind::Many, target);
            attr.association.as_mut().unwrap().inverse = inverse.map(str::to_owned);
            attr
        };
        vec![
            with(
                "User",
                vec![
                    AttrDef::new("name", Kind::Text),
                    many("pets", "pet", Some("owner")),
                    many("groups", "group", Some("members")),
                    many("tags", "tag", None),
                    AttrDef::to("profile", Kind::One, "profile"),
                ],
            ),
            with("Pet", vec![AttrDef::to("owner", Kind::One, "user")]),
            with("Group", vec![many("members", "user", Some("groups"))]),
            with("Tag", vec![]),
            with("Profile", vec![AttrDef::to("user", Kind::One, "user")]),
        ]
    }

    fn change(model: &str, verb: ChangeVerb, pk: i64) -> Change {
        let model = models().into_iter().find(|m| m.identity == model).unwrap();
        Change {
            model,
            verb,
            pk: pk.into(),
            before: None,
            after: None,
            submitted_keys: vec![],
            via: None,
            bulk: None,
        }
    }

    fn link(parent: (&str, i64), attr: &str, child: (&str, i64), begins: bool, cause: LinkCause) -> Change {
        let mut link = change(parent.0, if begins { ChangeVerb::Link } else { ChangeVerb::Unlink }, parent.1);
        let inverse = link.model.attr(attr).unwrap().association.as_ref().unwrap().inverse.clone();
        let other_pk = child.1.into();
        link.via = Some(LinkVia {
            attr: attr.to_owned(),
            inverse,
            other_model: child.0.to_owned(),
            other_pk,
            cause,
        });
        link
    }

    /// The update of a child that editing a collection has caused.
    fn consequence(pk: i64) -> Change {
        let mut update = change("pet", ChangeVerb::Update, pk);
        update.via = link(("user", 1), "pets", ("pet", pk), true, LinkCause::Collection).via;
        update
    }

    fn record(value: Value) -> Option<Record> {
        value.as_object().cloned()
    }

    /// Events as short texts.
    fn told(changes: &[Change]) -> Vec<String> {
        let all = models();
        let find = |identity: &str| all.iter().find(|m| m.identity == identity).cloned();
        derive(changes, &find)
            .iter()
            .map(|event| {
                let what = match &event.what {
                    What::Created { .. } => "created".to_owned(),
                    What::Destroyed { .. } => "destroyed".to_owned(),
                    What::Updated { image, keys, previous: None } => {
                        format!("updated {}={}", keys[0], image[&keys[0]])
                    }
                    What::Updated { keys, .. } => format!("updated {}", keys.join(",")),
                    What::AddedTo { attr, member } => format!("{attr}+{member}"),
                    What::RemovedFrom { attr, member } => format!("{attr}-{member}"),
                    What::Many => "many".to_owned(),
                };
                format!("{}{} {what}", event.model.identity, event.pk)
            })
            .collect()
    }

    #[test]
    fn changes_of_many_records_are_told_once_for_each_model() {
        let bulk = |model: &str, verb| Change {
            bulk: Some(Bulk { verb, times: 20_000 }),
            pk: Value::Null,
            ..change(model, ChangeVerb::Bulk, 0)
        };
        let changes = [
            change("user", ChangeVerb::Create, 1),
            bulk("pet", ChangeVerb::Destroy),
            bulk("user", ChangeVerb::Unlink),
            bulk("pet", ChangeVerb::Unlink),
        ];
        assert_eq!(told(&changes), ["user1 created", "petnull many", "usernull many"]);
    }

    #[test]
    fn rt_101_destroying_tells_what_was_populated() {
        let mut destroy = change("user", ChangeVerb::Destroy, 1);
        destroy.before = record(
            json!({ "id": 1, "pets": [{ "id": 7 }], "groups": [{ "id": 8 }], "tags": [{ "id": 9 }], "profile": { "id": 5 } }),
        );
        assert_eq!(
            told(&[destroy]),
            // The profile's `user` is another association: Sails tells it all the same.
            ["user1 destroyed", "pet7 updated owner=null", "group8 members-1", "profile5 updated user=null"]
        );
    }

    #[test]
    fn a_cascade_is_told_once() {
        let mut destroy = change("user", ChangeVerb::Destroy, 1);
        destroy.before = record(json!({ "id": 1, "pets": [{ "id": 7 }], "profile": null }));
        let changes = [
            destroy,
            link(("user", 1), "pets", ("pet", 7), false, LinkCause::Collection),
            consequence(7),
            link(("user", 1), "pets", ("pet", 6), false, LinkCause::Collection),
            consequence(6),
        ];
        assert_eq!(told(&changes), ["user1 destroyed", "pet7 updated owner=null", "pet6 updated owner=null"]);
    }

    #[test]
    fn destroying_a_child_tells_its_parent_once() {
        let mut destroy = change("pet", ChangeVerb::Destroy, 7);
        destroy.before = record(json!({ "id": 7, "owner": 1 }));
        let changes = [destroy, link(("user", 1), "pets", ("pet", 7), false, LinkCause::Key)];
        assert_eq!(told(&changes), ["pet7 destroyed", "user1 pets-7"]);
    }

    #[test]
    fn several_records_keep_their_consequences_to_themselves() {
        let update = |pk: i64| {
            let mut update = change("pet", ChangeVerb::Update, pk);
            update.before = record(json!({ "id": pk, "owner": 1 }));
            update.after = record(json!({ "id": pk, "owner": 2 }));
            update.submitted_keys = vec!["owner".to_owned()];
            update
        };
        let mut changes = Vec::new();
        for pk in [7, 8] {
            changes.push(update(pk));
            changes.push(link(("user", 1), "pets", ("pet", pk), false, LinkCause::Key));
            changes.push(link(("user", 2), "pets", ("pet", pk), true, LinkCause::Key));
        }
        assert_eq!(
            told(&changes),
            [
                "user1 pets-7",
                "user2 pets+7",
                "pet7 updated owner,id,updatedAt",
                "user1 pets-8",
                "user2 pets+8",
                "pet8 updated owner,id,updatedAt"
            ]
        );
    }

    #[test]
    fn rt_99_a_replacement_adds_then_takes_then_drops() {
        let changes = [
            link(("user", 1), "pets", ("pet", 7), false, LinkCause::Collection),
            consequence(7),
            link(("user", 1), "pets", ("pet", 8), true, LinkCause::Collection),
            consequence(8),
            link(("user", 2), "pets", ("pet", 8), false, LinkCause::Collection),
        ];
        assert_eq!(
            told(&changes),
            [
                "user1 pets+8",
                "pet8 updated owner=1",
                "user2 pets-8",
                "user1 pets-7",
                "pet7 updated owner=null"
            ]
        );
    }

    #[test]
    fn rt_100_a_collection_without_via_tells_the_parent_only() {
        let changes = [
            link(("user", 1), "tags", ("tag", 9), true, LinkCause::Collection),
            link(("user", 1), "groups", ("group", 8), true, LinkCause::Collection),
        ];
        assert_eq!(told(&changes), ["user1 tags+9", "user1 groups+8", "group8 members+1"]);
    }

    #[test]
    fn nothing_is_told_of_nothing() {
        assert!(told(&[]).is_empty());
        assert!(told(&[consequence(7)]).is_empty());
    }
}
