//! No layer is crossed: the table says who may link what.

mod table;

use self::table::{LAYERS, Layer, RESERVED, Reserved, Who};
use super::finding::Finding;
use super::tree::Tree;
use super::tree::packages::{Package, Packages};

/// Where the table is, for those who have a reason to change it.
const TABLE: &str = "xtask/src/check/layers/table.rs";

/// Judges the graph of packages.
pub(super) fn judge(tree: &Tree) -> Vec<Finding> {
    judge_by(&tree.packages, LAYERS, RESERVED)
}

fn judge_by(packages: &Packages, layers: &[Layer], reserved: &[Reserved]) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut crossings = Vec::new();
    for (at, package) in packages.ours() {
        match layers.iter().find(|layer| layer.who.is(package)) {
            Some(layer) => crossings.extend(crossed(packages, at, layer)),
            None => found.push(Finding::new(
                cargo_toml(package),
                format!("`{}` is in no layer", package.name),
                format!("add a line to {TABLE} that says what it may link"),
            )),
        }
        found.extend(taken(packages, package, reserved));
    }
    let own = crossings
        .iter()
        .filter(|crossing| !crossing.is_of_another(&crossings));
    found.extend(own.map(|crossing| crossing.finding(packages)));
    found
}

/// A chain from one of our packages to what its layer does not let it link.
struct Crossing {
    chain: Vec<usize>,
    because: &'static str,
}

impl Crossing {
    fn ends(&self) -> (Option<&usize>, Option<&usize>) {
        (self.chain.first(), self.chain.last())
    }

    /// Whether a package on the way is told of the same: what is above it needs no telling.
    fn is_of_another(&self, all: &[Self]) -> bool {
        let (_, end) = self.ends();
        let mut between = self.chain.iter().skip(1);
        between.any(|one| all.iter().any(|other| other.ends() == (Some(one), end)))
    }

    fn finding(&self, packages: &Packages) -> Finding {
        let names = |chain: &[usize]| {
            let names: Vec<&str> = chain
                .iter()
                .map(|&at| packages.0[at].name.as_str())
                .collect();
            names.join(" -> ")
        };
        Finding::new(
            cargo_toml(&packages.0[self.chain[0]]),
            format!(
                "links {} ({})",
                names(&self.chain[self.chain.len() - 1..]),
                names(&self.chain)
            ),
            self.because,
        )
    }
}

/// What a package links against its layer's line. Only the first of a chain: the rest follows from it.
fn crossed(packages: &Packages, at: usize, layer: &Layer) -> Vec<Crossing> {
    let mut wrong: Vec<usize> = Vec::new();
    let mut found = Vec::new();
    for chain in packages.linked_by(at) {
        let lets = chain.last().is_none_or(|&end| layer.lets(&packages.0[end]));
        if lets || chain.iter().any(|one| wrong.contains(one)) {
            continue;
        }
        wrong.extend(chain.last());
        found.push(Crossing {
            chain,
            because: layer.because,
        });
    }
    found
}

/// What a package names as a dependency though it is reserved to others.
fn taken(packages: &Packages, package: &Package, reserved: &[Reserved]) -> Vec<Finding> {
    let mut found = Vec::new();
    for name in packages.named_by(package) {
        let line = reserved.iter().find(|line| line.is(&name));
        if let Some(line) = line.filter(|line| !line.to.contains(&package.name.as_str())) {
            found.push(Finding::new(
                cargo_toml(package),
                format!("depends on {name}, which is for {}", line.to.join(" and ")),
                line.because,
            ));
        }
    }
    found
}

fn cargo_toml(package: &Package) -> String {
    format!("{}/Cargo.toml", package.folder)
}

impl Who {
    fn is(&self, package: &Package) -> bool {
        match self {
            Self::Package(name) => package.name == *name,
            Self::Below(folder) => package
                .folder
                .strip_prefix(folder)
                .is_some_and(|rest| rest.starts_with('/')),
        }
    }
}

impl Layer {
    fn lets(&self, linked: &Package) -> bool {
        if linked.ours {
            self.may.contains(&linked.name.as_str())
        } else {
            !self.never.contains(&linked.name.as_str())
        }
    }
}

impl Reserved {
    fn is(&self, package: &str) -> bool {
        match self.package.strip_suffix('*') {
            Some(beginning) => package.starts_with(beginning),
            None => package == self.package,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree::packages::fixture::graph;
    use super::*;

    /// What the real table says of a graph.
    fn judged(lines: &[&str]) -> Vec<String> {
        let found = judge_by(&graph(lines), LAYERS, RESERVED);
        found.iter().map(ToString::to_string).collect()
    }

    /// Asserts that the last line, and only it, breaks the table in these words.
    fn refused(lines: &[&str], words: &str) {
        let (_, sound) = lines.split_last().unwrap();
        assert_eq!(judged(sound), [""; 0]);
        let found = judged(lines);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains(words), "{found:?}");
    }

    #[test]
    fn the_layers_as_they_are_meant() {
        let found = judged(&[
            "crates/domain: serde thiserror",
            "crates/contract: serde http",
            "crates/auth: jsonwebtoken",
            "crates/stripe: http",
            "crates/store: crates/auth crates/contract crates/domain tokio-postgres?native refinery?native",
            "crates/edge: crates/auth crates/contract crates/domain crates/store crates/stripe spin-sdk",
            "functions/my-things: crates/edge crates/store crates/auth",
            "provisioner-daemon/provisioner-daemon: crates/store+native crates/stripe kube tokio",
            "dev/dev-host: wasmtime tokio",
            "dev/dev-stripe: crates/stripe",
            "xtask/xtask: crates/contract crates/store+native",
        ]);
        assert_eq!(found, [""; 0]);
    }

    #[test]
    fn the_domain_has_neither_runtime_nor_wire() {
        refused(
            &["a: tokio", "crates/domain: a"],
            "crates/domain/Cargo.toml: links tokio (domain -> a -> tokio)",
        );
        refused(&["x:", "crates/domain: http"], "links http");
        refused(
            &["crates/contract: serde", "crates/domain: crates/contract"],
            "links contract",
        );
    }

    #[test]
    fn the_contract_knows_neither_store_nor_domain() {
        refused(
            &["crates/store: serde", "crates/contract: crates/store"],
            "links store",
        );
        refused(
            &["crates/domain: serde", "crates/contract: crates/domain"],
            "links domain",
        );
    }

    #[test]
    fn auth_and_stripe_know_no_runtime() {
        refused(
            &["a: spin-sdk", "crates/auth: a"],
            "(auth -> a -> spin-sdk)",
        );
        refused(&["a: b", "crates/stripe: tokio"], "links tokio");
    }

    #[test]
    fn the_store_is_native_only_by_its_feature() {
        refused(
            &["crates/auth: serde", "crates/store: tokio"],
            "links tokio",
        );
        refused(
            &["crates/stripe: http", "crates/store: crates/stripe"],
            "links stripe",
        );
        let lines = [
            "crates/store: tokio-postgres?native",
            "crates/edge: crates/store",
            "functions/my-things: crates/edge crates/store+native",
        ];
        refused(&lines, "(my-things -> store -> tokio-postgres)");
    }

    #[test]
    fn functions_link_neither_each_other_nor_programs() {
        refused(
            &["functions/one: serde", "functions/other: functions/one"],
            "functions/other/Cargo.toml: links one",
        );
        refused(
            &["dev/dev-stripe: serde", "functions/one: dev/dev-stripe"],
            "links dev-stripe",
        );
        refused(
            &[
                "provisioner-daemon/provisioner-daemon: tokio",
                "functions/one: provisioner-daemon/provisioner-daemon",
            ],
            "links provisioner-daemon",
        );
    }

    #[test]
    fn the_daemon_links_neither_functions_nor_stand_ins() {
        let daemon = |links: &str| format!("provisioner-daemon/provisioner-daemon: {links}");
        refused(
            &["dev/dev-cron: tokio", &daemon("dev/dev-cron")],
            "links dev-cron",
        );
        refused(
            &["crates/edge: spin-sdk", &daemon("crates/edge")],
            "links edge",
        );
    }

    #[test]
    fn stand_ins_are_programs_of_their_own() {
        refused(
            &["dev/dev-cron: tokio", "dev/dev-stripe: dev/dev-cron"],
            "links dev-cron",
        );
        refused(
            &["crates/edge: spin-sdk", "tests/platform-tests: crates/edge"],
            "links edge",
        );
        refused(
            &["dev/dev-host: wasmtime", "xtask/xtask: dev/dev-host"],
            "links dev-host",
        );
    }

    #[test]
    fn only_the_first_of_a_chain_is_told() {
        refused(
            &["dev/dev-stripe: tokio", "functions/one: dev/dev-stripe"],
            "links dev-stripe (one -> dev-stripe)",
        );
    }

    #[test]
    fn a_crossing_is_told_of_the_one_that_crosses() {
        let lines = [
            "crates/edge: crates/domain",
            "functions/one: crates/edge",
            "crates/domain: tokio",
        ];
        refused(&lines, "crates/domain/Cargo.toml: links tokio");
    }

    #[test]
    fn some_packages_are_reserved() {
        refused(
            &["a: b", "dev/dev-cron: kube"],
            "depends on kube, which is for provisioner-daemon",
        );
        refused(
            &["a: b", "dev/dev-cron: wasmtime-wasi"],
            "depends on wasmtime-wasi",
        );
        refused(&["a: b", "dev/dev-cron: refinery"], "depends on refinery");
    }

    #[test]
    fn a_package_without_a_layer_is_refused() {
        refused(&["a: b", "crates/more: serde"], "`more` is in no layer");
    }
}
