//! `dev-host up`: from a manifest to an application in service.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Semaphore;

use crate::app::hosts::AllowedHosts;
use crate::app::manifest::{Component, HttpTrigger, Manifest, RouteSetting};
use crate::app::routes::Routes;
use crate::app::runtime_config::RuntimeConfig;
use crate::app::variables::{Variables, parse_command_line};
use crate::cli::{Limits, Up};
use crate::outbound::{Client, Outbound};
use crate::postgres::pool::Pools;
use crate::runtime::files::{Mounts, folder_of};
use crate::runtime::guest::Services;
use crate::runtime::instances::Instances;
use crate::runtime::{engine, load};
use crate::server::dispatch::Dispatcher;
use crate::server::listen;
use crate::server::target::{FixedAnswer, Served, Target};

/// Runs the application until a signal comes.
pub(crate) async fn run(options: Up) -> Result<()> {
    let stop = stop_signal()?;
    let listener = TcpListener::bind(options.listen)
        .await
        .with_context(|| format!("listen on {}", options.listen))?;
    let own = listener.local_addr()?;
    let application = Application::read(&options)?;
    // Compiling takes seconds of every core; the signal must get through meanwhile.
    let preparing = tokio::task::spawn_blocking(move || application.prepare(own));
    let (dispatcher, routes) = tokio::select! {
        prepared = preparing => prepared.context("prepare the application")??,
        () = stop_signal()? => return Ok(()),
    };
    announce(own, &routes)?;
    listen::serve(listener, Arc::new(dispatcher), stop).await;
    Ok(())
}

/// Resolves at Ctrl-C or SIGTERM.
fn stop_signal() -> Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt()).context("watch for Ctrl-C")?;
    let mut terminate = signal(SignalKind::terminate()).context("watch for SIGTERM")?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Prints what Spin prints: scripts wait for the first line.
#[expect(clippy::print_stdout, reason = "this output is the interface")]
fn announce(own: SocketAddr, routes: &[(String, String)]) -> Result<()> {
    use std::io::Write as _;
    println!("\nServing http://{own}\nAvailable Routes:");
    for (id, route) in routes {
        let (path, wildcard) = match route
            .strip_suffix("/...")
            .or_else(|| route.strip_suffix("/*"))
        {
            Some(path) => (path, " (wildcard)"),
            None => (route.as_str(), ""),
        };
        println!("  {id}: http://{own}{path}{wildcard}");
    }
    std::io::stdout()
        .flush()
        .context("write to standard output")
}

/// Everything that is known before anything is compiled.
struct Application {
    manifest: Manifest,
    folder: PathBuf,
    variables: Variables,
    environment: Vec<(String, String)>,
    limits: Limits,
    cache: Option<PathBuf>,
    pg_connections: Option<usize>,
    quiet: bool,
}

impl Application {
    fn read(options: &Up) -> Result<Self> {
        let file = if options.from.is_dir() {
            options.from.join("spin.toml")
        } else {
            options.from.clone()
        };
        let manifest = Manifest::load(&file)?;
        let folder = folder_of(&file)?;
        let config = RuntimeConfig::load(options.runtime_config_file.as_deref())?;
        let command_line = parse_command_line(&options.variables)?;
        let variables = Variables::resolve(&manifest, &command_line, &config.variables_providers)?;
        let mut limits = options.limits.clone();
        if let Some(most) = config.max_instance_memory {
            limits.max_instance_memory = most;
        }
        let state = options
            .state_dir
            .clone()
            .or(config.state_dir)
            .unwrap_or_else(|| folder.join(".spin"));
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

    /// Compiles the components that are used and builds the table of routes.
    fn prepare(&self, own: SocketAddr) -> Result<(Dispatcher, Vec<(String, String)>)> {
        let engine = engine::build(self.cache.as_deref())?;
        let used = self.used_components();
        let services = used
            .iter()
            .map(|(id, component)| {
                let services = self.services(id, component, own);
                Ok((
                    Arc::clone(id),
                    services.with_context(|| format!("component `{id}`"))?,
                ))
            })
            .collect::<Result<Vec<_>>>()?;
        let sources = used
            .iter()
            .map(|(id, component)| Ok((Arc::clone(id), component.source_path()?.to_owned())))
            .collect::<Result<BTreeMap<_, _>>>()?;
        let mut ready = load::load_all(&engine, &self.folder, &sources)?;
        let mut served = HashMap::new();
        for (id, services) in services {
            let pre = ready
                .remove(&id)
                .with_context(|| format!("component `{id}` was not compiled"))?;
            let instances = Instances {
                engine: engine.clone(),
                pre,
                services: Arc::new(services),
                limits: self.limits.clone(),
            };
            served.insert(id, Arc::new(Served::new(instances)));
        }
        self.routes(&served)
    }

    /// The components that a trigger names; Spin does not look at the others either.
    fn used_components(&self) -> BTreeMap<Arc<str>, &Component> {
        self.manifest
            .trigger
            .http
            .iter()
            .filter_map(|trigger| trigger.component.as_deref())
            .filter_map(|id| Some((Arc::from(id), self.manifest.component.get(id)?)))
            .collect()
    }

    fn services(&self, id: &Arc<str>, component: &Component, own: SocketAddr) -> Result<Services> {
        let allowed = AllowedHosts::parse(&component.allowed_outbound_hosts, &self.variables)?;
        let mut environment = component.environment.clone();
        environment.extend(self.environment.iter().cloned());
        let permits = self
            .pg_connections
            .map(|most| Arc::new(Semaphore::new(most)));
        Ok(Services {
            component: Arc::clone(id),
            variables: self.variables.of_component(&component.variables)?,
            environment,
            mounts: Mounts::prepare(&self.folder, &component.files, &component.exclude_files)?,
            postgres: Arc::new(Pools::new(Arc::clone(id), allowed.clone(), permits)),
            outbound: Outbound::new(Arc::clone(id), allowed, Client::new()?, own),
            quiet: self.quiet,
            max_memory: self.limits.max_instance_memory,
        })
    }

    fn routes(
        &self,
        served: &HashMap<Arc<str>, Arc<Served>>,
    ) -> Result<(Dispatcher, Vec<(String, String)>)> {
        let mut routes = Routes::default();
        let mut listed = Vec::new();
        for trigger in &self.manifest.trigger.http {
            let RouteSetting::Public(route) = &trigger.route else {
                continue;
            };
            let target = target(trigger, served)?;
            routes
                .add(route, target)
                .with_context(|| trigger.describe())?;
            listed.push((name(trigger), route.clone()));
        }
        let application = &self.manifest.application;
        let info = serde_json::json!({ "name": application.name, "version": application.version });
        Ok((
            Dispatcher {
                routes,
                info: info.to_string(),
            },
            listed,
        ))
    }
}

fn target(trigger: &HttpTrigger, served: &HashMap<Arc<str>, Arc<Served>>) -> Result<Target> {
    if let Some(answer) = &trigger.static_response {
        let answer = FixedAnswer::parse(answer).with_context(|| trigger.describe())?;
        return Ok(Target::Static(Arc::new(answer)));
    }
    let component = trigger.component.as_deref().and_then(|id| served.get(id));
    let component = component.with_context(|| trigger.describe())?;
    Ok(Target::Component(Arc::clone(component)))
}

fn name(trigger: &HttpTrigger) -> String {
    let given = trigger.id.as_ref().or(trigger.component.as_ref());
    given.cloned().unwrap_or_else(|| "static".to_owned())
}

fn cache_folder(state: &Path) -> Result<PathBuf> {
    let folder = state.join("compiled");
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("make the folder {}", folder.display()))?;
    folder
        .canonicalize()
        .with_context(|| format!("the folder {}", folder.display()))
}
