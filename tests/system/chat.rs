//! What it is all for: the owner writes in Matrix, and the agent answers with what the model says.

use std::time::Duration;

use platform_tests::{Account, Matrix, Platform, until};
use reqwest::Method;
use serde_json::Value;
use uuid::Uuid;

/// As a new instance is set up.
const ROOM: &str = "Lobby";
const AGENT: &str = "Assistant";

#[tokio::test]
async fn the_owner_writes_and_the_agent_answers_by_the_model() {
    let platform = Platform::get();
    let account = Account::sign_up(&platform).await;
    let asked = account.instance().await;
    let running = account.awaits(&asked, "running").await;
    assert_eq!(running["notice"], Value::Null, "MindRoom is left out");

    let owner = Matrix::sign_in(&platform, &running).await;
    let room = owner.enter(ROOM).await;
    let agent = owner.meets(&room, AGENT).await;
    let first = converse(&platform, &owner, &room, &agent).await;
    let second = converse(&platform, &owner, &room, &agent).await;
    assert!(
        second > first,
        "each answer is the model's own: {first}, {second}"
    );
    measured(&platform, &account, 2).await;
    account.delete(&running).await;
}

/// The daemon reads from Synapse how many messages the owner wrote; the agent's answers, which it writes by correcting
/// them again and again, are none of these.
async fn measured(platform: &Platform, account: &Account, messages: u64) {
    let database = platform.database().await;
    let hurry = "update prov.schedule set next_at = now() where name = 'measure-usage'";
    database.execute(hurry, &[]).await.unwrap();
    let days = until("the usage", Duration::from_mins(2), async || {
        let usage = account.get("/my/usage").await.expect(200);
        let enough = usage["aggregated"]["totalMessages"].as_u64()? >= messages;
        enough.then_some(usage)
    })
    .await;
    assert_eq!(days["aggregated"]["totalMessages"], messages, "{days}");
    assert_eq!(days["aggregated"]["totalAgents"], 1, "{days}");
    assert!(
        days["aggregated"]["totalStorage"].as_f64() > Some(0.0),
        "{days}"
    );
}

/// Says something that was never said before; the agent's reply holds it with the number that the model counted, which
/// is answered.
async fn converse(platform: &Platform, owner: &Matrix, room: &str, agent: &str) -> u64 {
    let news = Uuid::new_v4().simple().to_string();
    owner
        .say(room, &format!("What do you make of {news}?"))
        .await;
    let (number, signature) = until(
        "the model to be asked",
        Duration::from_mins(3),
        async || answer_about(platform, &news).await,
    )
    .await;
    let reply = owner.hears(room, agent, &signature).await;
    assert!(reply.contains(&news), "{reply}");
    number
}

/// The number of the model's answer to a message, and the words of it that only the model could say.
async fn answer_about(platform: &Platform, news: &str) -> Option<(u64, String)> {
    let url = format!("{}/__requests?containing={news}", platform.internal.model);
    let request = platform
        .request(Method::GET, &url)
        .bearer_auth(&platform.stand_ins.model_admin_key);
    let kept = platform.send(request).await.expect(200);
    let run = kept["run"].as_str()?;
    let answers = kept["requests"].as_array()?;
    let said = |request: &Value| {
        let content = request["answer"]["choices"][0]["message"]["content"].as_str();
        content.is_some_and(|content| content.contains(news))
    };
    let number = answers.iter().find(|request| said(request))?["number"].as_u64()?;
    Some((number, format!("answer {number} of run {run}")))
}
