//! What can be read, and above all what cannot.

use std::os::unix::fs::symlink;

use serde_json::{Value, json};

use crate::support::{Era, Home, Wire};

const OLD: fn() -> Era = || Era::Old(json!({}));
const NEW: fn() -> Era = || Era::New(json!({}));

fn uris(listed: &Value) -> Vec<&str> {
    let all = listed["resources"].as_array().unwrap();
    all.iter().map(|it| it["uri"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_files_of_a_skill_are_listed_and_read_with_their_digests() {
    let home = Home::new();
    let skill = home.skill("greeter");
    let mut client = home.client(&[skill], OLD()).await;
    let listed = client.ask("resources/list", json!({})).await.unwrap();
    let all = [
        "skill://greeter/SKILL.md",
        "skill://greeter/hello.md.j2",
        "skill://greeter/logo.png",
        "skill://greeter/notes/a%20b.md",
        "skill://greeter/skill.toml",
    ];
    assert_eq!(uris(&listed), all);
    assert!(listed.get("nextCursor").is_none() && listed.get("ttlMs").is_none());
    let notes = &listed["resources"][3];
    assert_eq!(notes["size"], 8);
    assert_eq!(notes["mimeType"], "text/markdown");
    let text = client.read(all[3]).await.unwrap();
    assert_eq!(text["text"], "# Notes\n");
    assert_eq!(text["mimeType"], "text/markdown");
    assert_eq!(
        text["_meta"]["io.modelcontextprotocol.skills/sha256"],
        notes["_meta"]["io.modelcontextprotocol.skills/sha256"]
    );
    let digest = remit_package::Digest::of(b"# Notes\n").hex();
    assert_eq!(
        text["_meta"]["io.modelcontextprotocol.skills/sha256"],
        digest
    );
    let bytes = client.read(all[2]).await.unwrap();
    assert_eq!(
        (&bytes["blob"], &bytes["mimeType"]),
        (&json!("iVD/AA=="), &json!("image/png"))
    );
}

/// Each spelling that is refused has its twin, which is read.
#[tokio::test]
async fn only_what_the_skills_digest_covers_is_read_under_its_one_name() {
    let home = Home::new();
    let skill = home.skill("greeter");
    home.write("outside.md", "outside");
    home.write("skills/greeter/.secret", "hidden");
    home.write("skills/greeter/.git/config", "hidden");
    home.write("skills/greeter/runs/1/run.json", "{}");
    home.write("skills/greeter/remit.lock", "");
    home.write("skills/greeter/data/mail.eml", "mail");
    let mounted = "\n[plugins.p]\ncomponent = \"p.wasm\"\n[[plugins.p.files]]\npath = \"data\"\nmount = \"/data\"\n";
    let manifest = std::fs::read_to_string(skill.join("skill.toml")).unwrap() + mounted;
    home.write("skills/greeter/skill.toml", manifest);
    symlink("notes/a b.md", skill.join("inner")).unwrap();
    let mut client = home.client(std::slice::from_ref(&skill), OLD()).await;
    for allowed in ["SKILL.md", "notes/a%20b.md", "hello.md.j2", "skill.toml"] {
        client
            .read(&format!("skill://greeter/{allowed}"))
            .await
            .unwrap();
    }
    for refused in [
        "skill://greeter/../../outside.md",
        "skill://greeter/%2e%2e/%2e%2e/outside.md",
        "skill://greeter/..%2F..%2Foutside.md",
        "skill://greeter/notes/../SKILL.md",
        "skill://greeter/./SKILL.md",
        "skill://greeter//SKILL.md",
        "skill://greeter/SKILL.md/",
        "skill://greeter/%53KILL.md",
        "skill://greeter/notes%2Fa%20b.md",
        "skill://greeter/notes/a b.md",
        "skill://greeter/notes/a+b.md",
        "skill://greeter/skill.md",
        "skill://Greeter/SKILL.md",
        "SKILL://greeter/SKILL.md",
        "skill://greeter/SKILL.md?x=1",
        "skill://greeter/SKILL.md#x",
        "skill://greeter/SKILL.md%00",
        "skill://greeter",
        "skill://greeter/",
        "skill://greeter/notes",
        "skill://other/SKILL.md",
        "skill://greeter/.secret",
        "skill://greeter/.git/config",
        "skill://greeter/runs/1/run.json",
        "skill://greeter/remit.lock",
        "skill://greeter/data/mail.eml",
        "skill://greeter/inner",
        "run://greeter/run.json",
        "file:///etc/passwd",
        "/etc/passwd",
        "",
    ] {
        let error = client.read(refused).await.unwrap_err();
        assert_eq!(error["code"], -32_002, "{refused}: {error}");
        assert_eq!(error["data"]["code"], "resource-unknown", "{refused}");
    }
    let listed = client.ask("resources/list", json!({})).await.unwrap();
    assert_eq!(listed["resources"].as_array().unwrap().len(), 5, "{listed}");
}

#[tokio::test]
async fn a_missing_resource_has_the_number_of_its_era_and_says_which() {
    let home = Home::new();
    let skill = home.skill("greeter");
    for (era, number) in [(OLD(), -32_002), (NEW(), -32_602)] {
        let mut client = home.client(std::slice::from_ref(&skill), era).await;
        let error = client.read("test://nothing").await.unwrap_err();
        assert_eq!(error["code"], number);
        assert_eq!(error["data"]["uri"], "test://nothing");
    }
}

#[tokio::test]
async fn the_new_era_is_told_how_long_a_result_holds() {
    let home = Home::new();
    let skill = home.skill("greeter");
    let mut client = home.client(&[skill], NEW()).await;
    for (method, params) in [
        ("resources/list", json!({})),
        ("resources/templates/list", json!({})),
        ("resources/read", json!({"uri": "skill://greeter/SKILL.md"})),
        ("prompts/list", json!({})),
        ("skills/list", json!({})),
    ] {
        let result = client.ask(method, params).await.unwrap();
        assert_eq!(result["ttlMs"], 0, "{method}: {result}");
        assert_eq!(result["cacheScope"], "private", "{method}");
    }
}

#[tokio::test]
async fn a_file_that_is_too_large_is_neither_listed_nor_read() {
    let home = Home::new();
    let skill = home.skill("greeter");
    home.write("skills/greeter/big.txt", vec![b'x'; (4 << 20) + 1]);
    home.write("skills/greeter/fits.txt", vec![b'x'; 4 << 20]);
    let mut client = home.client(&[skill], OLD()).await;
    let listed = client.ask("resources/list", json!({})).await.unwrap();
    assert!(uris(&listed).contains(&"skill://greeter/fits.txt"));
    assert!(!uris(&listed).contains(&"skill://greeter/big.txt"));
    let error = client.read("skill://greeter/big.txt").await.unwrap_err();
    assert_eq!(error["data"]["code"], "resource-too-large");
    client.read("skill://greeter/fits.txt").await.unwrap();
}

#[tokio::test]
async fn long_lists_come_in_pages_that_survive_what_is_added() {
    let home = Home::new();
    let skill = home.skill("greeter");
    for n in 0..230 {
        home.write(&format!("skills/greeter/many/{n:03}.md"), "x");
    }
    let mut client = home.client(&[skill], OLD()).await;
    let first = client.ask("resources/list", json!({})).await.unwrap();
    assert_eq!(uris(&first).len(), 100);
    // Something is added before what was listed: nothing is told twice, nothing is left out.
    home.write("skills/greeter/aaa.md", "x");
    let mut all: Vec<String> = uris(&first).iter().map(|it| (*it).to_owned()).collect();
    let mut cursor = first["nextCursor"].clone();
    while let Some(text) = cursor.as_str() {
        let page = client
            .ask("resources/list", json!({"cursor": text}))
            .await
            .unwrap();
        all.extend(uris(&page).iter().map(|it| (*it).to_owned()));
        cursor = page["nextCursor"].clone();
    }
    assert_eq!(all.len(), 235);
    assert!(all.iter().collect::<std::collections::BTreeSet<_>>().len() == 235);
    for bad in [
        "",
        "x",
        "!!!",
        "c2tpbGw6Ly9ncmVldGVyL25vdGhpbmc",
        &"A".repeat(20_000),
    ] {
        let error = client
            .ask("resources/list", json!({"cursor": bad}))
            .await
            .unwrap_err();
        assert_eq!(error["code"], -32_602, "{bad}");
    }
}

#[tokio::test]
async fn a_skill_that_cannot_be_read_takes_no_other_down() {
    let home = Home::new();
    let broken = home.skill("broken");
    let fine = home.skill("fine");
    home.write("skills/broken/skill.toml", "unknown = 1\n");
    let mut client = home.client(&[broken, fine], OLD()).await;
    let listed = client.ask("resources/list", json!({})).await.unwrap();
    assert!(
        uris(&listed)
            .iter()
            .all(|uri| uri.starts_with("skill://fine/"))
    );
    client.read("skill://fine/SKILL.md").await.unwrap();
    client.read("skill://broken/SKILL.md").await.unwrap_err();
}

async fn templates(client: &mut Wire) -> Vec<String> {
    let listed = client
        .ask("resources/templates/list", json!({}))
        .await
        .unwrap();
    let all = listed["resourceTemplates"].as_array().unwrap().clone();
    all.iter()
        .map(|it| it["uriTemplate"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn the_templates_say_what_addresses_there_are() {
    let home = Home::new();
    let skill = home.skill("greeter");
    let mut client = home.client(&[skill], OLD()).await;
    let all = [
        "skill://{skill}/{+path}",
        "run://{run}/{+path}",
        "run://{run}/calls/{number}.json",
    ];
    assert_eq!(templates(&mut client).await, all);
}
