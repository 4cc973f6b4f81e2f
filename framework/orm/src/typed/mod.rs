//! The typed face: structs, column constants, and queries that give structs.

mod association;
mod attribute;
mod column;
mod create;
mod destroy;
mod find;
mod members;
mod model;
mod modifiers;
mod operand;
mod select;
mod update;
mod which;

pub use self::{
    association::{Collection, One},
    attribute::{Attribute, Mismatch, Numeric, Wire},
    column::{Association, Col, Expr, IntoSort, PointsAt, PopulateBy, SortBy, check_via},
    create::{Create, CreateEach, FindOrCreate},
    destroy::{Destroy, DestroyOne},
    find::{Find, FindOne},
    members::EditCollection,
    model::{Key, Model, ended, field, given},
    operand::Operand,
    select::{FromRecord, Selection},
    update::{Update, UpdateOne},
    which::{IntoKeys, IntoWhere},
};
