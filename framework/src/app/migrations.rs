//! What a lift says of written migrations.

use topsail_orm::Orm;

/// Says in the log which migrations are not in the database yet. What goes wrong here stops no lift.
pub(super) async fn warn_of_pending(orm: &Orm) {
    for store in orm.datastores() {
        let Ok(migrations) = orm.migrations(store.name()) else { continue };
        if !migrations.exist() {
            continue;
        }
        let datastore = store.name();
        match migrations.status(orm).await {
            Ok(status) => {
                let pending: Vec<String> =
                    status.pending().map(|m| format!("{}_{}", m.version, m.name)).collect();
                if !pending.is_empty() {
                    tracing::warn!(
                        datastore,
                        "migrations are pending: {}; run the app with `migrate up`",
                        pending.join(", ")
                    );
                }
                for problem in status.problems() {
                    tracing::warn!(datastore, "{problem}");
                }
            }
            Err(error) => tracing::warn!(datastore, "the migrations cannot be looked at: {error}"),
        }
    }
}
