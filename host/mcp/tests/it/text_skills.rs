//! The skills extension: what a host needs to load a skill and to see that it is whole.

use remit_package::Digest;
use serde_json::{Value, json};

use crate::support::{Era, Home};

#[tokio::test]
async fn skills_are_listed_and_got_with_the_digest_of_each_file() {
    let home = Home::new();
    let skills = [home.skill("greeter"), home.skill("second")];
    home.write(
        "skills/second/SKILL.md",
        "---\nname: second\ndescription: d\nlicense: MIT\nallowed-tools: Bash(*)\nmetadata:\n  team: harbour\n---\n",
    );
    let mut client = home.client(&skills, Era::New(json!({}))).await;
    let listed = client.ask("skills/list", json!({})).await.unwrap();
    let all = listed["skills"].as_array().unwrap();
    assert_eq!(all.len(), 2);
    let front = json!({"name": "greeter", "description": "Greets. And more."});
    assert_eq!(all[0]["frontmatter"], front);
    let front = json!({
        "name": "second", "description": "d", "license": "MIT",
        "allowed-tools": "Bash(*)", "metadata": {"team": "harbour"},
    });
    assert_eq!(all[1]["frontmatter"], front);
    let uri = json!({"uri": "skill://greeter/SKILL.md"});
    let got = client.ask("skills/get", uri).await.unwrap();
    assert_eq!(got["skill"], all[0]);
    let files = all[0]["resources"].as_array().unwrap();
    assert_eq!(files.len(), 5);
    for file in files {
        let read = client.read(file["uri"].as_str().unwrap()).await.unwrap();
        // What is read is what was promised.
        if let Some(text) = read["text"].as_str() {
            assert_eq!(file["digest"], Digest::of(text.as_bytes()).to_string());
            assert_eq!(file["size"], text.len());
        }
    }
    for unknown in [
        "skill://nobody/SKILL.md",
        "skill://greeter/../greeter/SKILL.md",
        "SKILL.md",
    ] {
        let error = client
            .ask("skills/get", json!({"uri": unknown}))
            .await
            .unwrap_err();
        assert_eq!(error["code"], -32_602, "{unknown}");
    }
}

#[tokio::test]
async fn folders_of_a_skill_are_read_one_by_one() {
    let home = Home::new();
    let skill = home.skill("greeter");
    home.write("skills/greeter/notes/more/c.md", "c");
    home.write("skills/greeter/.hidden/x", "x");
    let mut client = home.client(&[skill], Era::New(json!({}))).await;
    let names = |listed: &Value| -> Vec<(String, String)> {
        let all = listed["resources"].as_array().unwrap();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        all.iter()
            .map(|it| (text(&it["name"]), text(&it["mimeType"])))
            .collect()
    };
    let pair = |name: &str, mime: &str| (name.to_owned(), mime.to_owned());
    let top = client
        .ask(
            "resources/directory/read",
            json!({"uri": "skill://greeter"}),
        )
        .await;
    let all = [
        pair("SKILL.md", "text/markdown"),
        pair("hello.md.j2", "text/plain"),
        pair("logo.png", "image/png"),
        pair("notes", "inode/directory"),
        pair("skill.toml", "application/toml"),
    ];
    assert_eq!(names(&top.unwrap()), all);
    let notes = json!({"uri": "skill://greeter/notes"});
    let notes = client.ask("resources/directory/read", notes).await.unwrap();
    assert_eq!(
        names(&notes),
        [
            pair("a b.md", "text/markdown"),
            pair("more", "inode/directory")
        ]
    );
    assert_eq!(notes["resources"][1]["uri"], "skill://greeter/notes/more");
    for no_folder in [
        "skill://greeter/SKILL.md",
        "skill://greeter/note",
        "skill://greeter/notes/",
        "skill://greeter/..",
        "skill://greeter/notes/..",
        "skill://greeter/.hidden",
        "skill://nobody",
        "run://greeter",
        "file:///etc",
    ] {
        let uri = json!({"uri": no_folder});
        let error = client
            .ask("resources/directory/read", uri)
            .await
            .unwrap_err();
        assert_eq!(error["code"], -32_602, "{no_folder}");
    }
}
