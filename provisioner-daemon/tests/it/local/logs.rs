//! What the daemon's program logs.

use super::Stage;

/// A request's trace leads to what was logged about each step of its job.
#[tokio::test(flavor = "multi_thread")]
async fn every_step_is_logged_with_the_trace_of_its_job() {
    let stage = Stage::new().await;
    let daemon = stage.daemon();
    let instance = stage.instance("ann-1").await;
    stage.until(instance, "running").await;
    daemon.end().await;
    // `00-<trace>-<span>-01`
    let trace: String = stage
        .world
        .ask("select split_part(traceparent, '-', 2) from prov.job_history where want_gen = 1")
        .await;
    let log = std::fs::read_to_string(stage.log()).unwrap();
    let traced: Vec<&str> = log
        .lines()
        .filter(|line| line.contains(&format!("trace.id=\"{trace}\"")))
        .collect();
    let steps: String = stage
        .world
        .ask("select string_agg(step ->> 'name', ' ') from instances, jsonb_array_elements(progress) step")
        .await;
    assert!(steps.contains("homeserver"), "{steps}");
    for step in steps.split_whitespace() {
        let done = format!("step step.name=\"{step}\" state=\"done\"");
        assert!(
            traced.iter().any(|line| line.contains(&done)),
            "{step} is not among {traced:?}"
        );
    }
}
