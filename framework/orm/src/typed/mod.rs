//! The typed face: structs, column constants, and queries that give structs.

mod association;
mod attribute;
mod column;
mod create;
mod destroy;
mod expr;
mod find;
mod members;
mod model;
mod modifiers;
mod operand;
mod populate;
mod select;
mod stream;
mod update;
mod which;

pub use self::{
    association::{Collection, One},
    attribute::{Attribute, Comparable, Mismatch, Numeric, Wire},
    column::{Col, IntoSort, PointsAt, SortBy, check_via},
    create::{Create, CreateEach, FindOrCreate, Upsert},
    destroy::{Destroy, DestroyOne},
    expr::Expr,
    find::{Find, FindOne, FindPage, Page},
    members::EditCollection,
    model::{Key, Model, ended, field, given},
    operand::Operand,
    populate::{Association, Link, PopulateBy, ToOne},
    select::{FromRecord, Selection},
    stream::{Batches, RecordStream},
    update::{Update, UpdateOne},
    which::{IntoKeys, IntoWhere},
};
