//! What the data of a template must be.

use remit_run::Severity;
use serde_json::{Value, json};

use super::support::World;

/// A step whose template makes what the input says.
fn manifest(schema: &str) -> String {
    format!(
        "version = \"0.1.0\"\n[inputs.made]\ntype = \"string\"\ndefault = '{{\"count\": 3}}'\n\
         [[steps]]\nid = \"facts\"\ntemplate = \"facts.j2\"\noutput = \"facts.json\"\n{schema}\n\
         [[steps]]\nid = \"note\"\ntemplate = \"note.j2\"\noutput = \"note.md\"\n"
    )
}

const COUNT: &str = r##"{"type": "object", "properties": {"count": {"$ref": "#/$defs/n"}}, "required": ["count"],
    "additionalProperties": false, "$defs": {"n": {"type": "integer", "minimum": 1}}}"##;
const FILE: &str = "schema = \"schemas/facts.json\"";
const INLINE: &str = "[steps.schema]\ntype = \"object\"\nrequired = [\"count\"]\n[steps.schema.properties.count]\ntype = \"integer\"\nminimum = 1";

fn world(schema: &str) -> World {
    let world = World::new();
    world
        .skill(&manifest(schema))
        .file("facts.j2", "{{ inputs.made }}")
        .file("note.j2", "{{ steps.facts.data.count }}")
        .file("schemas/facts.json", COUNT);
    world
}

fn made(text: &str) -> remit_run::RunOptions {
    remit_run::RunOptions::new().input("made", text)
}

#[tokio::test]
async fn data_that_fits_is_there_and_data_that_does_not_ends_the_step_before_it_is() {
    for schema in [FILE, INLINE] {
        let fits = world(schema);
        fits.run().await.unwrap();
        assert_eq!(
            std::fs::read_to_string(fits.path("out/note.md")).unwrap(),
            "3"
        );
        for (text, what) in [
            ("{\"count\": 0}", "/count"),
            ("{\"count\": \"3\"}", "/count"),
            ("{}", "count"),
            ("[]", "object"),
        ] {
            let wrong = world(schema);
            let error = wrong.run_with(made(text)).await.unwrap_err();
            assert_eq!(
                (error.code(), error.class().exit_status()),
                ("output-schema", 1),
                "{error}"
            );
            let said = error.to_string();
            assert!(said.contains("facts.json") && said.contains(what), "{said}");
            assert!(!wrong.path("out/facts.json").exists());
            assert!(!wrong.kinds().contains(&"output".to_owned()));
            assert!(!wrong.path("out/note.md").exists());
        }
    }
    // Without a schema the same data is what it is.
    let free = world("");
    free.run_with(made("{\"count\": 0}")).await.unwrap();
}

#[tokio::test]
async fn each_item_of_a_step_is_checked() {
    let world = World::new();
    world
        .skill(
            "version = \"0.1.0\"\n[[steps]]\nid = \"each\"\nfor_each = \"{{ [3, 2, 1, 0] }}\"\ntemplate = \"n.j2\"\n\
             output = \"n-{{ item }}.json\"\nschema = { type = \"integer\", minimum = 1 }\n",
        )
        .file("n.j2", "{{ item }}");
    let error = world.run().await.unwrap_err();
    assert_eq!(error.code(), "output-schema", "{error}");
    assert!(world.path("out/n-1.json").exists() && !world.path("out/n-0.json").exists());
}

#[tokio::test]
async fn a_schema_that_cannot_be_used_is_found_before_anything_runs() {
    let wide = format!(
        "{{\"allOf\": [{}]}}",
        ["{\"pattern\": \"(a{900}){900}\"}"; 3].join(",")
    );
    for (content, why) in [
        (None, "cannot be read"),
        (Some("{"), "is not JSON"),
        (Some("[1]"), "is no object"),
        (Some("true"), "is no object"),
        (Some("{\"type\": \"strng\"}"), "usable JSON Schema"),
        (
            Some("{\"$ref\": \"https://a.example/s.json\"}"),
            "usable JSON Schema",
        ),
        (
            Some("{\"$ref\": \"file:///etc/passwd\"}"),
            "usable JSON Schema",
        ),
        (Some("{\"$ref\": \"other.json\"}"), "usable JSON Schema"),
        (Some(wide.as_str()), "usable JSON Schema"),
    ] {
        let world = world(FILE);
        match content {
            Some(content) => drop(world.file("schemas/facts.json", content)),
            None => std::fs::remove_file(world.path("demo/schemas/facts.json")).unwrap(),
        }
        let open = world.open().await;
        assert!(!open.is_runnable(), "{content:?}");
        let finding = open.findings.first().unwrap();
        assert_eq!(
            (finding.code, finding.severity),
            ("schema-unusable", Severity::Error)
        );
        assert!(
            finding.message.contains(why),
            "{content:?}: {}",
            finding.message
        );
        assert_eq!(finding.line, Some(5));
        assert_eq!(world.run().await.unwrap_err().code(), "schema-unusable");
    }
    let inside = world(FILE);
    assert!(inside.open().await.is_runnable());
    // A table in skill.toml is looked at as closely; a link that leads out of the skill is no file of it.
    let inline = world("schema = { pattern = \"(\" }");
    assert_eq!(inline.open().await.findings[0].code, "schema-unusable");
    let linked = world(FILE);
    let path = linked.path("demo/schemas/facts.json");
    std::fs::remove_file(&path).unwrap();
    std::fs::write(linked.path("outside.json"), COUNT).unwrap();
    std::os::unix::fs::symlink(linked.path("outside.json"), &path).unwrap();
    // Refused with the skill, or found in it: it is not read.
    let opened = linked.host.open_skill(linked.path("demo")).await;
    assert!(opened.is_err() || !opened.unwrap().is_runnable());
}

#[tokio::test]
async fn the_skills_digest_covers_it_and_a_run_uses_what_was_covered() {
    let world = world(FILE);
    let before = world.open().await;
    world.file(
        "schemas/facts.json",
        &COUNT.replace("\"minimum\": 1", "\"minimum\": 0"),
    );
    let after = world.open().await;
    assert_ne!(before.skill().digest, after.skill().digest);
    // The one that was opened is checked with what it was opened with.
    let run = |open| {
        let options = made("{\"count\": 0}").out(world.path("again"));
        let host = &world.host;
        async move { host.run(open, options, |_| ()).await }
    };
    assert_eq!(run(&before).await.unwrap_err().code(), "output-schema");
    let _ = std::fs::remove_dir_all(world.path("again"));
    run(&after).await.unwrap();
    // Also where the file lies in a folder that a plugin is given: what decides is no data.
    let granted = format!(
        "version = \"0.1.0\"\n[plugins.mail]\ncomponent = \"MAIL\"\noperations = [\"search\"]\n\
         [[plugins.mail.files]]\npath = \"schemas\"\nmount = \"/m\"\naccess = \"read\"\n{}",
        manifest(FILE).trim_start_matches("version = \"0.1.0\"\n")
    );
    world.skill(&granted);
    let one = world.open().await.skill().digest;
    world.file("schemas/facts.json", COUNT);
    assert_ne!(one, world.open().await.skill().digest);
}

#[tokio::test]
async fn a_large_value_is_checked() {
    let world = world("schema = { items = { type = \"integer\" } }");
    world
        .file(
            "facts.j2",
            "[{% for n in range(20000) %}{{ n }},{% endfor %}0]",
        )
        .file("note.j2", "x");
    world.run().await.unwrap();
    let value: Value =
        serde_json::from_slice(&std::fs::read(world.path("out/facts.json")).unwrap()).unwrap();
    assert_eq!(value.as_array().map(Vec::len), Some(20001));
    assert_eq!(value[0], json!(0));
}
