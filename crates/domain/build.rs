//! Validates `config/pricing.toml` and hands it to the crate as JSON, so that no function parses TOML.

#[expect(
    unreachable_pub,
    reason = "the schema is shared with the crate, which exports it"
)]
#[path = "src/pricing_schema.rs"]
mod schema;

fn main() {
    let path = "../../config/pricing.toml";
    println!("cargo::rerun-if-changed={path}");
    println!("cargo::rerun-if-changed=src/pricing_schema.rs");
    let text = std::fs::read_to_string(path).expect("read config/pricing.toml");
    let pricing: schema::Pricing = toml::from_str(&text).expect("config/pricing.toml");
    let keys: Vec<&str> = pricing.plans.keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        ["byok", "enterprise", "free", "hobby", "pro"],
        "config/pricing.toml: plans"
    );
    for (key, plan) in &pricing.plans {
        assert!(
            pricing.resources.contains_key(&plan.resource_profile),
            "config/pricing.toml: {key}: no resources are named {}",
            plan.resource_profile
        );
        assert!(
            plan.runs_instances == (plan.limits.instances > 0),
            "config/pricing.toml: {key}: runs_instances and limits.instances disagree"
        );
        assert!(
            plan.price_monthly.is_some() == plan.price_yearly.is_some(),
            "config/pricing.toml: {key}: a plan has both prices or none"
        );
    }
    for (name, given) in &pricing.resources {
        assert!(
            given.memory_mib > 0 && given.cpu_millis > 0 && given.tasks > 0,
            "config/pricing.toml: resources.{name}: something is zero"
        );
    }
    for key in &pricing.trial.plans {
        assert!(
            pricing.plans.contains_key(key),
            "config/pricing.toml: trial names plan {key}"
        );
    }
    let json = serde_json::to_string(&pricing).expect("pricing as JSON");
    let out = std::env::var("OUT_DIR").expect("OUT_DIR");
    std::fs::write(format!("{out}/pricing.json"), json).expect("write pricing.json");
}
