//! What comes to a plugin by way of files, and what becomes of the files that plugins write.

use remit_run::{RunOptions, RunReport};

use super::support::{World, evil};

/// A skill with three aliases of the hostile guest, so that each is a plugin of its own.
fn world(grants: &[(&str, &str)], steps: &str) -> World {
    let world = World::new();
    let mut manifest = "version = \"0.1.0\"\n".to_owned();
    for (alias, grants) in grants {
        manifest.push_str(&format!(
            "[plugins.{alias}]\ncomponent = \"{}\"\noperations = [\"do\"]\ngrants = [{grants}]\n",
            evil().display()
        ));
    }
    world.skill(&format!("{manifest}{steps}"));
    world.file("data/x", "x").file("t.j2", "from a template");
    world
}

async fn approved(world: &World) -> RunReport {
    world
        .run_with(RunOptions::new().approve(true))
        .await
        .unwrap()
}

fn plugins(report: &RunReport, step: &str) -> Vec<String> {
    let step = report.steps.iter().find(|found| found.id == step).unwrap();
    step.provenance.plugins.iter().cloned().collect()
}

const WRITE: &str = "[[steps]]\nid = \"write\"\ncall = \"writer.do\"\nwith = { op = \"fs_write\", path = \"a\", bytes = \"secret\" }\n";
const READ: &str =
    "[[steps]]\nid = \"read\"\ncall = \"reader.do\"\nwith = { op = \"fs_read\", path = \"a\" }\n";

#[tokio::test]
async fn what_one_plugin_left_in_a_folder_another_may_have_found_there() {
    for (writes, reads, flows) in [
        (
            "files write {run}/shared /w",
            "files read {run}/shared /r",
            true,
        ),
        ("files write {run} /w", "files read {run}/shared /r", true),
        ("files write ./data /w", "files read . /r", true),
        ("files write {run}/one /w", "files read {run}/two /r", false),
        ("files write {run}/shared /w", "config k=v", false),
    ] {
        let grants = [
            ("writer", format!("\"{writes}\"")),
            ("reader", format!("\"{reads}\"")),
        ];
        let grants = grants
            .each_ref()
            .map(|(alias, grant)| (*alias, grant.as_str()));
        let world = world(&grants, &format!("{WRITE}{READ}"));
        let report = approved(&world).await;
        let expected: &[&str] = match flows {
            true => &["reader", "writer"],
            false => &["reader"],
        };
        assert_eq!(plugins(&report, "read"), expected, "{writes}; {reads}");
        let call = world
            .records()
            .into_iter()
            .rfind(|record| record.kind == "call")
            .unwrap();
        assert_eq!(
            call.body.contains_key("provenance"),
            flows,
            "{writes}; {reads}"
        );
        let plan = world
            .host
            .plan(&world.open().await, &RunOptions::new())
            .unwrap();
        assert_eq!(plan.steps[1].flows_from, expected, "{writes}; {reads}");
    }
}

#[tokio::test]
async fn a_template_may_bring_one_plugins_words_to_another() {
    let steps = format!(
        "[[steps]]\nid = \"first\"\ncall = \"writer.do\"\nwith = {{ op = \"counter\" }}\n\
         [[steps]]\nid = \"file\"\ntemplate = \"t.j2\"\noutput = \"shared/a\"\nwhen = \"steps.first.count == 1\"\n{READ}"
    );
    let grants = [("writer", ""), ("reader", "\"files read {run}/shared /r\"")];
    let report = approved(&world(&grants, &steps)).await;
    assert_eq!(plugins(&report, "read"), ["reader", "writer"]);
}

#[tokio::test]
async fn a_file_that_a_plugin_writes_over_is_told_of_as_it_is() {
    let steps = "[[steps]]\nid = \"file\"\ntemplate = \"t.j2\"\noutput = \"a\"\n\
        [[steps]]\nid = \"kept\"\ntemplate = \"t.j2\"\noutput = \"b\"\n"
        .to_owned()
        + WRITE;
    let world = world(&[("writer", "\"files write {run} /w\"")], &steps);
    let report = approved(&world).await;
    let digest = |path: &str| {
        let bytes = std::fs::read(world.path("out").join(path)).unwrap();
        remit_package::Digest::of(&bytes).to_string()
    };
    for (path, step, plugins) in [("a", "write", 1), ("b", "kept", 0)] {
        let file = report
            .outputs
            .iter()
            .find(|file| file.path == path)
            .unwrap();
        assert_eq!(file.digest, digest(path), "{path}");
        assert_eq!(
            (file.step.as_str(), file.provenance.plugins.len()),
            (step, plugins)
        );
    }
}

#[tokio::test]
async fn a_large_file_of_a_plugin_is_no_reason_to_end_without_an_account() {
    let steps = "[[steps]]\nid = \"write\"\ncall = \"writer.do\"\nwith = { op = \"seq\", steps = [\
        { op = \"fs_open\", path = \"large\", open = [\"create\"], flags = [\"read\", \"write\"], as = \"f\" },\
        { op = \"fs_set_size\", fd = \"f\", size = 314572800 } ] }\n";
    let grant = "\"files write {run}/w /w max-bytes=1GiB\"";
    let report = approved(&world(&[("writer", grant)], steps)).await;
    assert_eq!(report.outputs.len(), 1, "{:?}", report.outputs);
    assert_eq!(report.outputs[0].bytes, 314_572_800);
}

#[tokio::test]
async fn a_call_that_is_given_up_is_recorded_too() {
    let steps = "[[steps]]\nid = \"each\"\nparallel = 3\nfor_each = \"{{ [['fault', 0], ['sleep', 10], ['spin', 60000]] }}\"\n\
        call = \"one.do\"\nwith = { op = \"{{ item[0] }}\", kind = \"internal\", message = \"no\", years = \"{{ item[1] }}\", ms = \"{{ item[1] }}\" }\n";
    let world = world(&[("one", "")], steps);
    let error = world.run().await.unwrap_err();
    assert_eq!(error.code(), "fault-internal");
    let records = world.records();
    let mut outcomes: Vec<_> = records
        .iter()
        .filter(|record| record.kind == "call")
        .map(|record| {
            (
                record.body["item"].as_u64().unwrap(),
                record.text("outcome").unwrap(),
            )
        })
        .collect();
    outcomes.sort_unstable();
    assert_eq!(
        outcomes,
        [(0, "fault-internal"), (1, "cancelled"), (2, "cancelled")]
    );
    assert_eq!(records.last().unwrap().kind, "run-finished");
}

#[tokio::test]
async fn a_template_that_a_plugin_changed_is_not_rendered() {
    let steps = "[[steps]]\nid = \"write\"\ncall = \"writer.do\"\n\
        with = { op = \"fs_write\", path = \"t.j2\", bytes = \"changed\", open = [\"create\", \"truncate\"] }\n\
        [[steps]]\nid = \"file\"\ntemplate = \"data/t.j2\"\noutput = \"a\"\n";
    for (grant, code) in [
        ("files write ./data /w", Some("template-failed")),
        ("files write {run}/w /w", None),
    ] {
        let world = world(&[("writer", &format!("\"{grant}\""))], steps);
        world.file("data/t.j2", "as it was");
        let result = world.run_with(RunOptions::new().approve(true)).await;
        assert_eq!(result.err().map(|error| error.code()), code, "{grant}");
        assert_eq!(world.path("out/a").exists(), code.is_none(), "{grant}");
    }
}

#[tokio::test]
async fn a_template_is_never_one_of_the_files_that_a_plugin_is_given() {
    let steps = "[[steps]]\nid = \"file\"\ntemplate = \"t.j2\"\noutput = \"a\"\n";
    for (text, code) in [
        ("{% include 'data/x' %}", Some("template-invalid")),
        ("{% include 'da' ~ 'ta/x' %}", Some("template-failed")),
        ("{% include 'runs/1/report.md' %}", Some("template-invalid")),
        ("{% include 'parts/x' %}", None),
        ("{# {% include 'data/x' %} #}", None),
    ] {
        let world = world(&[("one", "\"files read ./data /d\"")], steps);
        world.file("t.j2", text).file("parts/x", "x");
        world.file("runs/1/report.md", "{{ inputs }}");
        let result = world.run().await;
        assert_eq!(result.err().map(|error| error.code()), code, "{text}");
    }
}
