//! The typed face: structs, column constants, and queries that give structs.

mod association;
mod attribute;
mod column;
mod create;
mod decode;
mod destroy;
mod expr;
mod find;
mod key;
mod members;
mod model;
mod modifiers;
mod operand;
mod page;
mod populate;
mod reference;
mod select;
mod skip_fetch;
mod stream;
mod unique_key;
mod update;
mod which;

pub use self::{
    association::{Collection, One},
    attribute::{Attribute, Comparable, Mismatch, Numeric, Wire},
    column::{Col, IntoSort, PointsAt, SortBy, check_via},
    create::{Create, CreateEach, FindOrCreate, Upsert},
    decode::{ended, field, given},
    destroy::{Destroy, DestroyOne},
    expr::Expr,
    find::{Find, FindOne},
    key::Key,
    members::EditCollection,
    model::Model,
    operand::Operand,
    page::{FindPage, Page},
    populate::{Association, Link, PopulateBy, ToOne},
    reference::{check_foreign_key, check_rule, check_set_null},
    select::{FromRecord, Selection},
    skip_fetch::SkipFetch,
    stream::{Batches, RecordStream},
    unique_key::UniqueKey,
    update::{Update, UpdateOne},
    which::{IntoKeys, IntoWhere},
};
