//! The models of this test crate. Every app of the suite has them.

use serde_json::Value;
use topsail::{orm::Record, prelude::*};

#[model]
pub struct User {
    #[attr(required, max_length = 20)]
    pub name: String,
    #[attr(unique, is_email)]
    pub email: Option<String>,
    #[attr(min = 0)]
    pub age: i64,
    pub score: Option<i64>,
    #[attr(default = true)]
    pub active: bool,
    #[attr(is_in = ["a", "b"], default = "a")]
    pub role: String,
    pub bio: String,
    pub meta: Value,
    #[attr(protect)]
    pub password: String,
    pub boss: Option<One<User>>,
    #[attr(via = owner)]
    pub pets: Collection<Pet>,
    pub friends: Collection<User>,
    #[attr(via = members)]
    pub teams: Collection<Team>,
}

#[model]
pub struct Pet {
    pub name: String,
    pub age: i64,
    pub owner: Option<One<User>>,
}

#[model]
pub struct Team {
    #[attr(unique)]
    pub title: String,
    #[attr(via = teams)]
    pub members: Collection<User>,
}

#[model]
pub struct Mate {
    pub name: String,
    #[attr(via = mate, through = Berth)]
    pub vessels: Collection<Vessel>,
}

#[model]
pub struct Vessel {
    pub name: String,
    #[attr(via = vessel, through = Berth)]
    pub mates: Collection<Mate>,
}

/// A mate on a vessel.
#[model(unique(mate, vessel))]
pub struct Berth {
    pub mate: One<Mate>,
    pub vessel: One<Vessel>,
    #[attr(default = "lower")]
    pub deck: String,
}

#[model(primary_key = slug)]
pub struct Tag {
    #[attr(required)]
    pub slug: String,
    pub label: String,
}

#[model]
pub struct Category {
    pub title: String,
}

/// Hides its code from every reader.
#[model(custom_to_json = without_code)]
pub struct Badge {
    pub title: String,
    pub code: String,
    pub twin: Option<One<Badge>>,
}

fn without_code(mut badge: Record) -> Value {
    badge.remove("code");
    Value::Object(badge)
}

/// Detaches its parts when it goes.
#[model(cascade_on_destroy)]
pub struct Machine {
    pub name: String,
    #[attr(via = machine)]
    pub parts: Collection<Part>,
    #[attr(via = machine)]
    pub seals: Collection<Seal>,
}

#[model]
pub struct Part {
    pub name: String,
    pub machine: Option<One<Machine>>,
}

/// Cannot be without a machine.
#[model]
pub struct Seal {
    pub name: String,
    #[attr(required)]
    pub machine: One<Machine>,
}

/// Detaches its bolts when it goes.
#[model(cascade_on_destroy)]
pub struct Door {
    pub name: String,
    #[attr(via = hinge)]
    pub bolts: Collection<Bolt>,
}

/// Cannot be without a door, and hides it.
#[model]
pub struct Bolt {
    pub name: String,
    #[attr(protect)]
    pub hinge: One<Door>,
}

/// Hides what it is unlocked with, and who keeps it.
#[model]
pub struct Vault {
    pub name: String,
    #[attr(protect, unique, default = "0000")]
    pub code: String,
    #[attr(protect)]
    pub keeper: Option<One<User>>,
}

/// Two seats of a hall have different numbers; the hall is hidden.
#[model(unique(hall, number))]
pub struct Seat {
    pub number: i64,
    #[attr(protect, default = "main")]
    pub hall: String,
}

/// Goes with its papers, unless one of them is stamped.
#[model]
pub struct Folder {
    pub name: String,
    #[attr(via = folder)]
    pub papers: Collection<Paper>,
}

#[model]
pub struct Paper {
    pub name: String,
    #[attr(foreign_key = "cascade")]
    pub folder: One<Folder>,
}

#[model]
pub struct Stamp {
    pub label: String,
    #[attr(foreign_key)]
    pub paper: Option<One<Paper>>,
    #[attr(foreign_key = "set_null")]
    pub folder: Option<One<Folder>>,
}

/// Needs what no client can give it.
#[model]
pub struct Sealed {
    pub name: String,
    #[attr(protect, required)]
    pub pin: String,
}

/// Has one passport at most.
#[model]
pub struct Holder {
    pub name: String,
    #[attr(via = holder)]
    pub passports: Collection<Passport>,
}

#[model]
pub struct Passport {
    pub number: String,
    #[attr(unique)]
    pub holder: Option<One<Holder>>,
}

/// Its key is another than `id`, and it counts its writes.
#[model(primary_key = code)]
pub struct Parcel {
    #[attr(required)]
    pub code: String,
    pub id: String,
    #[attr(version)]
    pub version: i64,
}
