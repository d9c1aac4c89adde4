//! One application: read from its manifest, checked, then made ready to answer.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Context as _, Result};
use tokio::sync::Semaphore;

use crate::app::hosts::AllowedHosts;
use crate::app::manifest::{Component, Manifest};
use crate::app::routes::Routes;
use crate::app::runtime_config::RuntimeConfig;
use crate::app::trigger::{HttpTrigger, RouteSetting};
use crate::app::variables::{Variables, parse_command_line};
use crate::cli::{Limits, Up};
use crate::outbound::{Client, Outbound};
use crate::postgres::pool::Pools;
use crate::runtime::files::{Mounts, folder_of};
use crate::runtime::guest::Services;
use crate::runtime::instances::Instances;
use crate::runtime::{engine, load};
use crate::server::dispatch::Dispatcher;
use crate::server::neighbours::{Components, Neighbours};
use crate::server::target::{FixedAnswer, Served, Target};

/// Everything that is known before anything is compiled.
pub(crate) struct Application {
    manifest: Manifest,
    folder: PathBuf,
    variables: Variables,
    environment: Vec<(String, String)>,
    limits: Limits,
    /// Where compiled components are kept, if they are.
    cache: Option<PathBuf>,
    /// Connections to databases in use by all components at once, if limited.
    pg_connections: Option<usize>,
    quiet: bool,
}

/// What all components share.
struct Shared {
    own: SocketAddr,
    client: Client,
    pg_permits: Option<Arc<Semaphore>>,
    neighbours: Arc<Neighbours>,
    stopping: Arc<AtomicBool>,
}

/// The largest memory of an instance in bytes, unless told otherwise.
const MEMORY: usize = 256 << 20;

/// A line of the greeting: a route that can be reached from outside, and what answers on it.
pub(crate) struct ListedRoute {
    pub(crate) id: String,
    pub(crate) route: String,
    pub(crate) description: String,
}

impl Application {
    /// Reads the manifest and all that belongs to it. Mistakes in routes are seen here, before
    /// anybody waits for the compiler.
    pub(crate) fn read(options: &Up) -> Result<Self> {
        let from = &options.from;
        let file = if from.is_dir() {
            from.join("spin.toml")
        } else {
            from.clone()
        };
        let mut manifest = Manifest::load(&file)?;
        if !options.components.is_empty() {
            manifest.select(&options.components)?;
        }
        add_routes(&manifest, |_| Ok(()))?;
        let folder = folder_of(&file)?;
        let config = RuntimeConfig::load(options.runtime_config_file.as_deref())?;
        let command_line = parse_command_line(&options.variables)?;
        let variables = Variables::resolve(&manifest, &command_line, &config.variables_providers)?;
        let mut limits = options.limits.clone();
        limits.max_instance_memory = limits.max_instance_memory.or(config.max_instance_memory);
        let state = options.state_dir.clone().or(config.state_dir);
        let state = state.unwrap_or_else(|| folder.join(".spin"));
        Ok(Self {
            manifest,
            folder,
            variables,
            environment: options.env.clone(),
            limits,
            cache: if options.disable_cache {
                None
            } else {
                Some(cache_folder(&state)?)
            },
            pg_connections: config.outbound_pg.max_connections,
            quiet: options.quiet,
        })
    }

    /// The routes that can be reached from outside.
    pub(crate) fn listed_routes(&self) -> Vec<ListedRoute> {
        let triggers = self.manifest.trigger.http.iter().enumerate();
        let listed = |(position, trigger): (usize, &HttpTrigger)| {
            let RouteSetting::Public(route) = &trigger.route else {
                return None;
            };
            let id = trigger.component_id();
            let component = id.and_then(|id| self.manifest.component.get(id));
            Some(ListedRoute {
                id: id
                    .or(trigger.id.as_deref())
                    .map_or_else(|| format!("http-trigger{}", position + 1), str::to_owned),
                route: route.clone(),
                description: component.map_or_else(String::new, |it| it.description.clone()),
            })
        };
        triggers.filter_map(listed).collect()
    }

    /// Compiles the components that a trigger names (Spin does not look at others either).
    /// `own` is the address on which the application is served.
    pub(crate) fn prepare(&self, own: SocketAddr) -> Result<Dispatcher> {
        let pg_permits = self
            .pg_connections
            .map(|most| Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS))));
        let shared = Shared {
            own,
            client: Client::new(self.limits.max_wait_time)?,
            pg_permits,
            neighbours: Arc::default(),
            stopping: Arc::default(),
        };
        let components = Arc::new(self.components(&shared)?);
        shared.neighbours.introduce(&components);
        let routes = add_routes(&self.manifest, |trigger| target(trigger, &components))?;
        let application = &self.manifest.application;
        let info = serde_json::json!({ "name": application.name, "version": application.version });
        Ok(Dispatcher {
            routes,
            info: info.to_string(),
            components,
            stopping: shared.stopping,
            max_stall_time: self.limits.max_stall_time,
        })
    }

    fn components(&self, shared: &Shared) -> Result<Components> {
        let mut sources = BTreeMap::new();
        let mut services = BTreeMap::new(); // by component, until it is compiled
        for (id, component) in self.used_components() {
            let its = self.services(&id, component, shared);
            services.insert(
                Arc::clone(&id),
                its.with_context(|| format!("component `{id}`"))?,
            );
            sources.insert(id, component.source_path()?.to_owned());
        }
        let engine = engine::build(self.cache.as_deref())?;
        let compiled = load::load_all(&engine, &self.folder, &sources)?;
        let serve = |(id, pre): (Arc<str>, load::Ready)| {
            let services = Arc::new(services.remove(&id)?);
            let instances = Instances {
                engine: engine.clone(),
                pre,
                services,
                limits: self.limits.clone(),
                stopping: Arc::clone(&shared.stopping),
            };
            Some((id, Arc::new(Served::new(instances))))
        };
        Ok(compiled.into_iter().filter_map(serve).collect())
    }

    fn used_components(&self) -> BTreeMap<Arc<str>, &Component> {
        let triggers = self.manifest.trigger.http.iter();
        triggers
            .filter_map(HttpTrigger::component_id)
            .filter_map(|id| Some((Arc::from(id), self.manifest.component.get(id)?)))
            .collect()
    }

    fn services(&self, id: &Arc<str>, component: &Component, shared: &Shared) -> Result<Services> {
        let allowed = AllowedHosts::parse(&component.allowed_outbound_hosts, &self.variables)?;
        let mut environment = component.environment.clone();
        environment.extend(self.environment.iter().cloned());
        let postgres = Pools::new(
            Arc::clone(id),
            allowed.clone(),
            shared.pg_permits.clone(),
            self.limits.max_wait_time,
        );
        Ok(Services {
            component: Arc::clone(id),
            variables: self.variables.of_component(&component.variables)?,
            environment,
            mounts: Mounts::prepare(&self.folder, &component.files, &component.exclude_files)?,
            postgres: Arc::new(postgres),
            outbound: Outbound::new(
                Arc::clone(id),
                allowed,
                shared.client.clone(),
                shared.own,
                Arc::clone(&shared.neighbours),
            ),
            quiet: self.quiet,
            max_memory: self.limits.max_instance_memory.unwrap_or(MEMORY),
            strict: self.limits.strict,
        })
    }
}

/// The table of all public routes, with what `target` gives for each trigger.
fn add_routes<T>(
    manifest: &Manifest,
    target: impl Fn(&HttpTrigger) -> Result<T>,
) -> Result<Routes<T>> {
    let mut routes = Routes::default();
    for trigger in &manifest.trigger.http {
        if let RouteSetting::Public(route) = &trigger.route {
            let added = target(trigger).and_then(|target| routes.add(route, target));
            added.with_context(|| trigger.describe())?;
        }
    }
    Ok(routes)
}

fn target(trigger: &HttpTrigger, components: &Components) -> Result<Target> {
    if let Some(answer) = &trigger.static_response {
        return Ok(Target::Static(Arc::new(FixedAnswer::parse(answer)?)));
    }
    let component = trigger.component_id().and_then(|id| components.get(id));
    Ok(Target::Component(Arc::clone(
        component.context("its component was not compiled")?,
    )))
}

fn cache_folder(state: &Path) -> Result<PathBuf> {
    let folder = state.join("compiled");
    let named = || format!("the folder {}", folder.display());
    std::fs::create_dir_all(&folder).with_context(named)?;
    folder.canonicalize().with_context(named)
}
