//! What the real table says of functions and components written for it.

use super::*;

const COMMON: &[&str] = &["environment", "public_url", "rate_limits", "trusted_hops"];

/// A manifest with one component `my-things`, which has these variables beside the common ones, and these hosts.
fn manifest(variables: &[&str], hosts: &[&str], more: &str) -> Manifest {
    let mut names: Vec<&str> = COMMON.iter().chain(variables).copied().collect();
    let mapped: Vec<String> = names
        .iter()
        .map(|name| format!("{name} = \"{{{{ {name} }}}}\""))
        .collect();
    let allowed: Vec<String> = hosts
        .iter()
        .map(|name| format!("\"{{{{ {name} }}}}\""))
        .collect();
    names.extend(hosts);
    names.sort_unstable();
    names.dedup();
    let declared: Vec<String> = names
        .iter()
        .map(|name| format!("{name} = {{ required = true }}"))
        .collect();
    Manifest::parse(&format!(
        "[variables]\n{}\n[component.my-things]\nsource = \"a.wasm\"\nallowed_outbound_hosts = [{}]\n{more}\n\
         [component.my-things.variables]\n{}\n",
        declared.join("\n"),
        allowed.join(", "),
        mapped.join("\n"),
    ))
    .unwrap()
}

fn judged(function: &Crate, manifest: &Manifest) -> Vec<String> {
    let mut found = components(&[function], manifest);
    found.extend(application::judge(manifest));
    found.iter().map(ToString::to_string).collect()
}

fn function(depends_on: &[&str], text: &str) -> Crate {
    Crate::for_tests("my-things", depends_on, text)
}

/// Asserts that with exactly these capabilities nothing is found, that each is missed, and that none is let through
/// for a function that does nothing.
fn needs(function: &Crate, variables: &[&str], hosts: &[&str]) {
    assert_eq!(judged(function, &manifest(variables, hosts, "")), [""; 0]);
    let without = |all: &[&'static str], one: &str| -> Vec<&'static str> {
        all.iter().copied().filter(|name| *name != one).collect()
    };
    let (variables, hosts) = (leaked(variables), leaked(hosts));
    for name in &variables {
        let found = judged(function, &manifest(&without(&variables, name), &hosts, ""));
        assert!(
            found
                .iter()
                .any(|one| one.contains(&format!("lacks the variable `{name}`"))),
            "{found:?}"
        );
    }
    for name in &hosts {
        let found = judged(function, &manifest(&variables, &without(&hosts, name), ""));
        assert!(
            found
                .iter()
                .any(|one| one.contains(&format!("lacks the host `{name}`"))),
            "{found:?}"
        );
    }
    let idle = self::function(&[], "");
    let found = judged(&idle, &manifest(&variables, &hosts, ""));
    assert_eq!(found.len(), variables.len() + hosts.len(), "{found:?}");
    assert!(
        found
            .iter()
            .all(|one| one.contains("which nothing in the function needs")),
        "{found:?}"
    );
}

fn leaked(names: &[&str]) -> Vec<&'static str> {
    names.iter().map(|name| &*name.to_string().leak()).collect()
}

#[test]
fn every_function_needs_what_the_edge_reads_for_each_request() {
    needs(&function(&[], ""), &[], &[]);
    let bare = "[component.my-things]\nsource = \"a.wasm\"";
    let found = judged(&function(&[], ""), &Manifest::parse(bare).unwrap());
    assert_eq!(found.len(), COMMON.len(), "{found:?}");
}

#[test]
fn a_function_with_the_store_needs_the_database() {
    needs(
        &function(&["store"], ""),
        &["database_url"],
        &["database_host"],
    );
}

#[test]
fn one_that_lets_accounts_or_admins_in_needs_the_auth_service() {
    for text in [
        "fn handle(c: AccountCaller) {}",
        "fn handle(c: auth::AdminCaller) {}",
        "fn f() { cx.knows_keys() }",
    ] {
        needs(
            &function(&["auth"], text),
            &["auth_internal_url", "auth_issuer", "auth_jwt_secret"],
            &["auth_internal_url"],
        );
    }
    needs(
        &function(&["auth"], "fn handle(c: SystemCaller) {}"),
        &[],
        &[],
    );
}

#[test]
fn one_that_calls_stripe_needs_its_key_and_one_that_only_checks_signatures_does_not() {
    needs(
        &function(&["stripe"], "fn f() { cx\n.stripe().await }"),
        &["stripe_api_url", "stripe_secret_key"],
        &["stripe_api_url"],
    );
    needs(
        &function(
            &["stripe"],
            "use stripe::webhook; fn f() { webhook::verify() }",
        ),
        &[],
        &[],
    );
}

#[test]
fn one_that_probes_needs_the_probed_hosts() {
    needs(
        &function(&[], "fn f() { cx.outbound().get(url) }"),
        &[],
        &["probe_hosts"],
    );
}

#[test]
fn one_that_reads_a_variable_needs_it_and_tests_do_not_count() {
    needs(
        &function(&[], "fn f() { cx.settings.get(\"stripe_prices\") }"),
        &["stripe_prices"],
        &[],
    );
    let in_tests = "#[cfg(test)] mod tests { fn f() { cx.settings.get(\"stripe_prices\") } }";
    needs(&function(&[], in_tests), &[], &[]);
}

#[test]
fn files_belong_to_functions_that_read_them_there() {
    let mounted = "files = [{ source = \"portal/out\", destination = \"/site\" }]";
    let reader = function(
        &[],
        "const ROOT: &str = \"/site\"; fn f() { std::fs::read(ROOT); }",
    );
    assert_eq!(judged(&reader, &manifest(&[], &[], mounted)), [""; 0]);
    for (function, more, words) in [
        (&function(&[], ""), mounted, "the function reads none"),
        (&reader, "", "has no files"),
        (&reader, "files = [\"a/*\"]", "are given by pattern"),
        (
            &reader,
            "files = [{ source = \"portal/out\", destination = \"/else\" }]",
            "has files at `/else`",
        ),
    ] {
        let found = judged(function, &manifest(&[], &[], more));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains(words), "{found:?}");
    }
}

#[test]
fn other_capabilities_are_nobody_s() {
    for more in [
        "key_value_stores = [\"default\"]",
        "sqlite_databases = [\"a\"]",
        "environment = { A = \"b\" }",
    ] {
        let found = judged(&function(&[], ""), &manifest(&[], &[], more));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("which no function needs"), "{found:?}");
    }
    assert_eq!(
        judged(
            &function(&[], ""),
            &manifest(&[], &[], "description = \"a\"")
        ),
        [""; 0]
    );
}

#[test]
fn a_variable_is_given_the_one_of_its_name() {
    for value in ["{{ stripe_secret_key }}", "local", "x{{ environment }}"] {
        let mut manifest = manifest(&[], &[], "");
        let component = manifest.component.get_mut("my-things").unwrap();
        component
            .variables
            .insert("environment".to_owned(), value.to_owned());
        let found: Vec<String> = components(&[&function(&[], "")], &manifest)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].contains("gives `environment` another value"),
            "{found:?}"
        );
    }
}

#[test]
fn hosts_are_named_by_variables_and_never_all_of_them() {
    for (hosts, words) in [
        ("\"https://example.com\"", "is written out"),
        ("\"*://*:*\"", "may talk to any host"),
        ("\"https://*\"", "may talk to any host"),
        ("\"https://*.*\"", "may talk to any host"),
        ("\"http://0.0.0.0/0:*\"", "may talk to any host"),
        ("\"insecure:allow-all\"", "may talk to any host"),
        ("\"{{ open }}\"", "may talk to any host: `http://*:80`"),
    ] {
        let text = format!(
            "[variables]\nopen = {{ default = \"http://*:80\" }}\n[component.my-things]\nsource = \"a.wasm\"\n\
             allowed_outbound_hosts = [{hosts}]"
        );
        let found = judged(&function(&[], ""), &Manifest::parse(&text).unwrap());
        assert!(
            found.iter().any(|one| one.contains(words)),
            "{hosts}: {found:?}"
        );
    }
    let below = "[variables]\nbelow = { default = \"https://*.example.com\" }\n[component.my-things]\n\
                 source = \"a.wasm\"\nallowed_outbound_hosts = [\"{{ below }}\"]";
    assert_eq!(application::judge(&Manifest::parse(below).unwrap()), []);
}

#[test]
fn the_application_s_variables_are_used_and_there() {
    let text = "[variables]\nidle = { required = true }\n[component.my-things]\nsource = \"a.wasm\"\n\
                [component.my-things.variables]\na = \"x{{ gone }}\"";
    let found: Vec<String> = application::judge(&Manifest::parse(text).unwrap())
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found[0].contains("names `gone`, which is no variable"),
        "{found:?}"
    );
    assert!(
        found[1].contains("`idle` is given to no component"),
        "{found:?}"
    );
}

#[test]
fn the_table_holds_what_the_edge_reads_and_no_more() {
    let all: Vec<&str> = NEEDS
        .iter()
        .flat_map(|need| need.variables)
        .copied()
        .collect();
    let reading = |names: &[&str]| {
        let reads: Vec<String> = names
            .iter()
            .map(|name| format!("settings.get(\"{name}\");"))
            .collect();
        complete(&Crate::at(
            "crates/edge",
            &[],
            &format!("fn f() {{ {} }}", reads.join(" ")),
        ))
    };
    assert_eq!(reading(&all), []);
    let fewer = reading(&all[1..]);
    assert!(
        fewer[0].to_string().contains("which `edge` does not read"),
        "{fewer:?}"
    );
    let more: Vec<&str> = all.iter().chain(&["a_new_one"]).copied().collect();
    let more = reading(&more);
    assert!(
        more[0]
            .to_string()
            .contains("crates/edge/src/lib.rs:1: reads `a_new_one`"),
        "{more:?}"
    );
}
