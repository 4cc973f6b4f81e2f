//! The models and datastores of one app.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, OnceLock},
};

use crate::{
    Migrations, Tx,
    criteria::WhereLimits,
    datastore::{Adapter, Datastore, DatastoreConfig, Migrate, OrmConfig},
    encryption::Ciphers,
    engine::Texts,
    error::{OrmError, Result, nearest},
    example::example,
    executor::Context,
    migrate,
    model::{Defaults, ModelDef, freeze},
    tx::CommitHook,
};

/// The models and open datastores of one app. Cheap to clone; never global, so two apps can live in one process.
#[derive(Clone)]
pub struct Orm(Arc<Inner>);

struct Inner {
    models: BTreeMap<String, Arc<ModelDef>>,
    datastores: BTreeMap<String, Datastore>,
    default_datastore: String,
    ciphers: Ciphers,
    where_limits: WhereLimits,
    bulk_above: usize,
    by_key: Texts,
    hook: OnceLock<Arc<dyn CommitHook>>,
}

impl Orm {
    /// Checks and freezes the models and opens every configured datastore, also those no model uses.
    ///
    /// Touches no table; see [`auto_migrate`](Self::auto_migrate).
    ///
    /// # Errors
    /// [`OrmError::Definition`] with everything that is wrong with the models, before anything is opened;
    /// [`OrmError::EncryptionKey`], [`OrmError::Setting`], [`OrmError::Config`] and [`OrmError::Connect`].
    pub async fn connect(config: OrmConfig, defs: Vec<ModelDef>) -> Result<Self> {
        let where_limits = config.models.where_limits()?;
        let (config, ciphers, frozen) = frozen(config, defs)?;
        let OrmConfig { datastores, models } = config;
        let mut open = BTreeMap::new();
        for (name, config) in &datastores {
            open.insert(name.clone(), Datastore::open(name, config).await?);
        }
        Ok(Self(Arc::new(Inner {
            by_key: Texts::new(&frozen),
            models: frozen,
            datastores: open,
            default_datastore: models.datastore,
            ciphers,
            where_limits,
            bulk_above: models.bulk_above,
            hook: OnceLock::new(),
        })))
    }

    /// The texts of the most frequent read.
    pub(crate) fn by_key(&self) -> &Texts {
        &self.0.by_key
    }

    /// The model of this identity.
    pub fn model(&self, identity: &str) -> Option<&Arc<ModelDef>> {
        self.0.models.get(identity)
    }

    /// All models, by identity.
    pub fn models(&self) -> impl Iterator<Item = &Arc<ModelDef>> {
        self.0.models.values()
    }

    /// The datastore of this name.
    pub fn datastore(&self, name: &str) -> Option<&Datastore> {
        self.0.datastores.get(name)
    }

    /// The name of the datastore of models that name none.
    pub fn default_datastore(&self) -> &str {
        &self.0.default_datastore
    }

    /// Brings the tables to what the models say.
    ///
    /// # Errors
    /// [`OrmError::Migration`] if rows cannot be carried over; the table is as it was then.
    pub async fn auto_migrate(&self, migrate: Migrate) -> Result<()> {
        migrate::run(self, migrate).await
    }

    /// The written migrations of the datastore of this name.
    ///
    /// # Errors
    /// [`OrmError::UnknownDatastore`].
    pub fn migrations(&self, datastore: &str) -> Result<Migrations> {
        Ok(Migrations::of_open(self, self.require_datastore(datastore)?))
    }

    /// Empties every table, those of many-to-many associations included, and restarts automatic keys.
    ///
    /// For tests. Yields no changes.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn truncate_all(&self) -> Result<()> {
        migrate::truncate_all(self).await
    }

    /// Begins a transaction on the default datastore.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn begin(&self) -> Result<Tx> {
        Context::system(self).begin().await
    }

    /// Runs `f` in a transaction that commits when it is `Ok` and rolls back when it is `Err`.
    ///
    /// Sails: `datastore.transaction(during)`. Differs: each query says that it belongs to it, by its first argument.
    ///
    /// # Errors
    /// What `f` gives, unchanged, or that the commit failed.
    #[doc = example!(
        "let eve = orm.transaction(async |tx| {"
        "    let eve = User::create(tx).set(User::NAME, \"Eve\").await?;"
        "    Pet::update(tx, Where::All).set(Pet::OWNER, eve.id).await?;"
        "    Ok::<_, OrmError>(eve)"
        "}).await?;"
        "assert_eq!(Pet::count(&orm, Pet::OWNER.eq(eve.id)).await?, 2);"
    )]
    pub async fn transaction<T, E: From<OrmError>>(
        &self,
        f: impl AsyncFnOnce(&Tx) -> Result<T, E>,
    ) -> Result<T, E> {
        Context::system(self).transaction(f).await
    }

    /// As [`transaction`](Self::transaction), on the datastore of this name.
    ///
    /// # Errors
    /// As [`transaction`](Self::transaction), and [`OrmError::UnknownDatastore`].
    pub async fn transaction_on<T, E: From<OrmError>>(
        &self,
        datastore: &str,
        f: impl AsyncFnOnce(&Tx) -> Result<T, E>,
    ) -> Result<T, E> {
        Context::system(self).transaction_on(datastore, f).await
    }

    /// Sets what happens around every commit. Only the first hook counts; gives whether this was it.
    pub fn set_commit_hook(&self, hook: Arc<dyn CommitHook>) -> bool {
        self.0.hook.set(hook).is_ok()
    }

    /// Closes every datastore, after connections in use have been given back.
    pub async fn close(&self) {
        for store in self.0.datastores.values() {
            store.close().await;
        }
    }

    /// The model of this identity, or an error that names the nearest one.
    ///
    /// # Errors
    /// [`OrmError::UnknownModel`].
    pub fn require_model(&self, identity: &str) -> Result<&Arc<ModelDef>> {
        self.model(identity).ok_or_else(|| OrmError::UnknownModel {
            identity: identity.into(),
            hint: nearest(identity, self.0.models.keys().map(String::as_str)),
        })
    }

    /// The datastore of this name, or an error that names the nearest one.
    ///
    /// # Errors
    /// [`OrmError::UnknownDatastore`].
    pub fn require_datastore(&self, name: &str) -> Result<&Datastore> {
        self.datastore(name).ok_or_else(|| OrmError::UnknownDatastore {
            name: name.into(),
            hint: nearest(name, self.0.datastores.keys().map(String::as_str)),
        })
    }

    /// All datastores, by name.
    pub fn datastores(&self) -> impl Iterator<Item = &Datastore> {
        self.0.datastores.values()
    }

    /// How large the criteria of the app's own queries may be.
    pub(crate) fn where_limits(&self) -> WhereLimits {
        self.0.where_limits
    }

    /// Of how many records a write keeps images.
    pub(crate) fn bulk_above(&self) -> usize {
        self.0.bulk_above
    }

    pub(crate) fn ciphers(&self) -> &Ciphers {
        &self.0.ciphers
    }

    pub(crate) fn commit_hook(&self) -> Option<&Arc<dyn CommitHook>> {
        self.0.hook.get()
    }
}

/// The configuration with its defaults, and the models checked and completed.
pub(crate) fn frozen(
    mut config: OrmConfig,
    defs: Vec<ModelDef>,
) -> Result<(OrmConfig, Ciphers, BTreeMap<String, Arc<ModelDef>>)> {
    if config.datastores.is_empty() {
        config.datastores.insert("default".into(), DatastoreConfig::default());
    }
    let OrmConfig { datastores, models } = &config;
    let ciphers = Ciphers::new(&models.data_encryption_keys)?;
    let frozen = freeze(
        defs,
        &Defaults {
            datastore: &models.datastore,
            datastores: datastores.keys().map(String::as_str).collect(),
            longest_names: datastores
                .iter()
                .filter_map(|(name, config)| {
                    Some((name.as_str(), Adapter::named(&config.adapter)?.longest_name()))
                })
                .collect(),
            texts_in_index: datastores
                .iter()
                .filter_map(|(name, config)| {
                    Some((name.as_str(), Adapter::named(&config.adapter)?.texts_in_index()))
                })
                .collect(),
            cascade_on_destroy: models.cascade_on_destroy,
            archive: (&models.archive_model_identity).into(),
            can_encrypt: ciphers.can_encrypt(),
        },
    )?;
    Ok((config, ciphers, frozen))
}

impl fmt::Debug for Orm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Orm")
            .field("models", &self.0.models.keys())
            .field("datastores", &self.0.datastores.keys())
            .finish_non_exhaustive()
    }
}
