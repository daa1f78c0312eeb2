//! `tracker`: each of its requests is what GitHub's published API description says, and what is not granted is denied.

use crate::support::{Outcome, Prism, Remit, Server, documented_query, plugin};
use serde_json::{Value, json};
use std::process::Command;

const REPO: &str = "octocat/Hello-World";

/// A call with these grants, beside the configuration that leads to the server.
fn call(remit: &Remit, server: &str, operation: &str, input: &Value, grants: &[&str]) -> Command {
    let component = plugin("tracker");
    let (input, base) = (
        input.to_string(),
        format!("config base-url=http://{server}"),
    );
    let mut args = vec![
        "call",
        component.to_str().unwrap(),
        operation,
        "--input",
        &input,
    ];
    for grant in grants.iter().copied().chain([base.as_str()]) {
        args.extend(["--allow", grant]);
    }
    remit.command(&args)
}

#[track_caller]
fn output(remit: &Remit, server: &str, operation: &str, input: &Value, grant: &str) -> Value {
    Outcome::of(call(remit, server, operation, input, &[grant]))
        .exits(0)
        .json()
}

#[test]
fn each_request_is_what_githubs_description_says() {
    let prism = Prism::start();
    let server = prism.authority();
    let remit = Remit::new();
    let grant = |line: &str| line.replace("SERVER", &format!("http://{server}"));

    let listed = output(
        &remit,
        &server,
        "list_issues",
        &json!({
            "repo": REPO, "state": "all", "labels": ["bug", "good first issue"], "assignee": "*", "creator": "octocat",
            "since": "2026-11-01T00:00:00Z", "sort": "updated", "direction": "asc", "limit": 2,
        }),
        &grant("http GET SERVER/repos/octocat/Hello-World/issues"),
    );
    // The description's example is a page of which there is always a next one.
    assert_eq!(listed["issues"].as_array().unwrap().len(), 2);
    assert_eq!(listed["issues"][0]["title"], "Found a bug");
    assert_eq!(listed["more"], true);

    let read = output(
        &remit,
        &server,
        "get_issue",
        &json!({"repo": REPO, "number": 1347, "comments": 5}),
        &grant("http GET SERVER/repos/octocat/Hello-World/issues/**"),
    );
    assert_eq!(read["body"], "I'm having a problem with this.");
    assert_eq!(read["comments"][0]["body"], "Me too");

    let found = output(
        &remit,
        &server,
        "search_issues",
        &json!({"query": "windows label:bug is:open", "sort": "created", "order": "asc", "limit": 1}),
        &grant("http GET SERVER/search/issues"),
    );
    assert_eq!(found["total"], 280);
    assert_eq!(found["items"][0]["repo"], "batterseapower/pinyin-toolkit");

    let pulls = output(
        &remit,
        &server,
        "list_pull_requests",
        &json!({
            "repo": REPO, "state": "closed", "base": "main", "head": "octocat:topic", "sort": "long-running",
            "direction": "desc", "limit": 1,
        }),
        &grant("http GET SERVER/repos/octocat/Hello-World/pulls"),
    );
    assert_eq!(
        pulls["pull_requests"][0]["reviewers"],
        json!(["other_user"])
    );

    let created = output(
        &remit,
        &server,
        "create_issue",
        &json!({
            "repo": REPO, "title": "Größe 🦀", "body": "Text", "labels": ["bug"], "assignees": ["octocat"], "milestone": 1,
        }),
        &grant("http POST SERVER/repos/octocat/Hello-World/issues"),
    );
    assert_eq!(created["number"], 1347);

    let commented = output(
        &remit,
        &server,
        "add_comment",
        &json!({"repo": REPO, "number": 1347, "body": "Me too"}),
        &grant("http POST SERVER/repos/octocat/Hello-World/issues/*/comments"),
    );
    assert_eq!(commented["author"], "octocat");

    assert_eq!(prism.violations(), Vec::<String>::new(), "{}", prism.log());
    queries_are_documented(&remit);
    prism_refuses_what_the_description_does_not_say(&prism);
}

/// Prism looks at the parameters that it knows, and passes over others.
fn queries_are_documented(remit: &Remit) {
    let mut seen = 0;
    for record in remit.audit() {
        let (Some(method), Some(url)) = (record["action"].as_str(), record["asked"].as_str())
        else {
            continue;
        };
        if record["capability"] != "http" || method == "response" {
            continue;
        }
        let target = url.splitn(4, '/').nth(3).unwrap();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let known = documented_query(method, &format!("/{path}"))
            .unwrap_or_else(|| panic!("GitHub documents no {method} /{path}"));
        for pair in query.split('&').filter(|it| !it.is_empty()) {
            let name = pair.split('=').next().unwrap();
            assert!(
                known.contains(name),
                "{method} /{path} has no parameter {name}: {known:?}"
            );
        }
        seen += 1;
    }
    assert!(seen >= 8, "{seen} requests are recorded");
}

/// Else its silence about the plugin's requests would say nothing.
fn prism_refuses_what_the_description_does_not_say(prism: &Prism) {
    for (method, target, body) in [
        ("GET", "/repos/o/r/issues?state=sideways", ""),
        ("GET", "/repos/o/r/issues?since=yesterday", ""),
        ("GET", "/repos/o/r/pulls?sort=x", ""),
        ("GET", "/search/issues", ""),
        ("GET", "/repos/o/r/issues/one", ""),
        ("GET", "/repos/o/r/issues/1/comments?page=x", ""),
        ("POST", "/repos/o/r/issues", r#"{"body": "no title"}"#),
        (
            "POST",
            "/repos/o/r/issues",
            r#"{"title": "x", "labels": "bug"}"#,
        ),
        (
            "POST",
            "/repos/o/r/issues",
            r#"{"title": "x", "repo": "o/r"}"#,
        ),
        ("POST", "/repos/o/r/issues/1/comments", r#"{"text": "x"}"#),
    ] {
        assert_eq!(
            prism.status(method, target, body),
            Some(422),
            "{method} {target} {body}"
        );
    }
    assert_eq!(prism.status("GET", "/repos/o/r/issue", ""), Some(404));
    assert_eq!(prism.status("DELETE", "/search/issues", ""), Some(405));
    assert!(prism.violations().len() >= 10);
}

#[test]
fn another_path_or_method_reaches_no_server() {
    let server = Server::answering("200 OK", "", "[]");
    let remit = Remit::new();
    let at = server.authority();
    let list = json!({"repo": REPO});
    let comment = json!({"repo": REPO, "number": 1, "body": "x"});
    for (operation, input, grant, code) in [
        (
            "list_issues",
            &list,
            format!("http GET http://{at}/repos/octocat/other/issues"),
            "http-path-denied",
        ),
        (
            "list_issues",
            &list,
            format!("http POST http://{at}/repos/*/*/issues"),
            "http-method-denied",
        ),
        (
            "add_comment",
            &comment,
            format!("http GET http://{at}/repos/**"),
            "http-method-denied",
        ),
        (
            "add_comment",
            &comment,
            format!("http POST http://{at}/repos/*/*/issues"),
            "http-path-denied",
        ),
    ] {
        Outcome::of(call(&remit, at, operation, input, &[&grant]))
            .exits(3)
            .says(code)
            .says("--allow");
    }
    assert_eq!(server.asked(), Vec::<String>::new());
    // The twin, which differs by the grant alone.
    let grant = format!("http GET http://{at}/repos/octocat/Hello-World/issues");
    assert_eq!(
        output(&remit, at, "list_issues", &list, &grant),
        json!({"issues": [], "more": false})
    );
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn it_needs_no_more_than_its_operations_do() {
    let server = Server::answering("200 OK", "", "[]");
    let remit = Remit::new();
    let at = server.authority();
    // Granted all of the server, it may still not do what it has no need for; a wide grant does not widen it.
    let wide = format!("http GET,POST,DELETE http://{at}/**");
    let list = json!({"repo": REPO});
    Outcome::of(call(&remit, at, "list_issues", &list, &[&wide])).exits(0);
    // Another server than the one that is configured is outside of its needs.
    let elsewhere = call(&remit, "127.0.0.1:1", "list_issues", &list, &[&wide]);
    Outcome::of(elsewhere).exits(3);
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn the_token_is_the_hosts_to_add() {
    let server = Server::answering("401 Unauthorized", "", r#"{"message": "Bad credentials"}"#);
    let remit = Remit::new();
    let at = server.authority();
    let canary = "ghp_5e4c9f1d7b2a";
    let secret =
        format!("secret github-token header authorization \"Bearer {{secret}}\" for http://{at}");
    let http = format!("http GET http://{at}/repos/*/*/issues");
    let mut command = call(
        &remit,
        at,
        "list_issues",
        &json!({"repo": REPO}),
        &[&http, &secret],
    );
    command.env("REMIT_SECRET_GITHUB_TOKEN", canary);
    let out = Outcome::of(command).says("Bad credentials");
    assert!(!format!("{}{}", out.stdout, out.stderr).contains(canary));
    let asked = server.asked().join("").to_lowercase();
    assert!(
        asked.contains(&format!("authorization: bearer {canary}")),
        "{asked}"
    );
    assert!(
        asked.contains("x-github-api-version: 2022-11-28"),
        "{asked}"
    );
    assert!(asked.contains("user-agent: remit-tracker"), "{asked}");
}

#[test]
fn a_spent_limit_is_unavailable_and_says_until_when() {
    let headers = "x-ratelimit-remaining: 0\r\nx-ratelimit-reset: 1794819600\r\n";
    let server = Server::answering(
        "403 Forbidden",
        headers,
        r#"{"message": "API rate limit exceeded"}"#,
    );
    let remit = Remit::new();
    let at = server.authority();
    let grant = format!("http GET http://{at}/repos/*/*/issues");
    Outcome::of(call(
        &remit,
        at,
        "list_issues",
        &json!({"repo": REPO}),
        &[&grant],
    ))
    .exits(1)
    .says("fault-unavailable")
    .says("2026-11-16T09:00:00.000Z");
}
