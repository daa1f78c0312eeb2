//! Expressions, templates, filters and charts, each with what must come out.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::*;
use crate::report::Provenance;

fn from(plugin: &str) -> Provenance {
    let mut provenance = Provenance::default();
    provenance.plugins.insert(plugin.to_owned());
    provenance
}

fn scope() -> Scope {
    let inputs = json!({"week": "2026-W47", "n": 3});
    let mut scope = Scope::new(
        inputs.as_object().unwrap(),
        &json!({"id": "r1", "skill": "s"}),
    );
    scope.add_step(
        "found",
        to_value(&json!({"messages": [{"id": "a"}, {"id": "b"}], "total": 2})),
        from("mail"),
    );
    scope.add_step("docs", to_value(&json!({"documents": []})), from("drive"));
    scope.add_step("skipped", to_value(&Json::Null), Provenance::default());
    scope
}

fn eval(text: &str) -> Result<Json, String> {
    Engine::new()
        .text(text, &scope().trace())
        .map_err(|e| e.message)
}

#[test]
fn a_whole_expression_keeps_its_type_and_a_mixed_one_is_text() {
    for (text, value) in [
        ("plain", json!("plain")),
        (
            "{{ steps.found.messages }}",
            json!([{"id": "a"}, {"id": "b"}]),
        ),
        (" {{ steps.found.total }} ", json!(2)),
        ("{{- inputs.n -}}", json!(3)),
        ("{{ inputs.n + 0.5 }}", json!(3.5)),
        ("{{ true }}", json!(true)),
        ("{{ none }}", json!(null)),
        ("{{ '}}' }}", json!("}}")),
        ("{{ {'a': [1, inputs.n]} }}", json!({"a": [1, 3]})),
        ("{{ inputs.n }} of {{ inputs.n }}", json!("3 of 3")),
        ("n={{ inputs.n }}", json!("n=3")),
        ("{% if inputs.n > 2 %}many{% endif %}", json!("many")),
        ("{{ steps.skipped }}", json!(null)),
        (
            "{{ steps.found.messages | map(attribute='id') | list }}",
            json!(["a", "b"]),
        ),
        ("{{ run.id }}", json!("r1")),
    ] {
        assert_eq!(eval(text), Ok(value), "{text}");
    }
}

#[test]
fn undefined_is_an_error_wherever_it_stands() {
    for text in [
        "{{ inputs.wek }}",
        "{{ steps.later }}",
        "{{ nothing }}",
        "{{ item.id }}",
        "{{ [inputs.wek] }}",
        "{{ {'a': inputs.wek} }}",
        "week {{ inputs.wek }}",
        "{{ steps.found.messages[7] }}",
        "{{ inputs.wek | upper }}",
    ] {
        assert!(eval(text).is_err(), "{text}: {:?}", eval(text));
    }
}

#[test]
fn what_was_used_is_noted_and_nothing_else() {
    let used = |text: &str| {
        let traced = scope().trace();
        Engine::new().text(text, &traced).unwrap();
        let used = traced.used();
        (
            used.plugins.into_iter().collect::<Vec<_>>().join(","),
            used.inputs.into_iter().collect::<Vec<_>>().join(","),
        )
    };
    let is = |plugins: &str, inputs: &str| (plugins.to_owned(), inputs.to_owned());
    assert_eq!(used("plain"), is("", ""));
    assert_eq!(used("{{ inputs.week }}"), is("", "week"));
    assert_eq!(used("{{ steps.found.total }}"), is("mail", ""));
    assert_eq!(used("{{ steps['fo' ~ 'und'].total }}"), is("mail", ""));
    assert_eq!(used("{{ steps | length }}"), is("", ""));
    assert_eq!(
        used("{{ steps | items | list | length }}"),
        is("drive,mail", "")
    );
    assert_eq!(used("{{ steps }} "), is("drive,mail", ""));
    assert_eq!(
        used("{% set s = steps %}{{ s.docs }} {{ inputs.n }}"),
        is("drive", "n")
    );
    assert_eq!(
        used("{% if false %}{% set steps = 1 %}{% endif %}{{ steps.found }}!"),
        is("mail", "")
    );
}

#[test]
fn no_way_to_print_a_value_goes_past_the_note() {
    for text in [
        "{{ debug() }}.",
        "{{ debug(steps) }}.",
        "{{ steps | pprint }}.",
        "{{ [steps] | pprint }}.",
        "{{ inputs | pprint }}.",
        "{{ debug(inputs, steps) }}.",
        "{{ steps }}.",
        "{{ steps | tojson }}.",
        "{{ steps | dictsort }}.",
        "{{ dict(steps) }}.",
        "{{ steps | string }}.",
        "{{ '%s' | format(steps) }}.",
        "{{ steps | urlencode }}.",
    ] {
        let traced = scope().trace();
        // What is refused shows nothing either.
        let Ok(Json::String(shown)) = Engine::new().text(text, &traced) else {
            continue;
        };
        let used = traced.used();
        if shown.contains("messages") {
            assert!(used.plugins.contains("mail"), "{text}: {shown}");
        }
        if shown.contains("2026-W47") {
            assert!(used.inputs.contains("week"), "{text}: {shown}");
        }
    }
}

#[test]
fn an_item_came_from_what_its_list_came_from() {
    let scope = scope().with_item(to_value(&json!({"id": "a"})), 0, Arc::new(from("mail")));
    let traced = scope.trace();
    assert_eq!(
        Engine::new()
            .text("{{ item.id }}-{{ index }}", &traced)
            .unwrap(),
        json!("a-0")
    );
    assert_eq!(traced.used(), from("mail"));
    let traced = scope.trace();
    Engine::new().text("{{ inputs.n }}", &traced).unwrap();
    assert!(traced.used().plugins.is_empty());
}

#[test]
fn references_are_seen_without_evaluating() {
    let refs = Engine::new()
        .text_refs("{{ steps.a.b }} {{ inputs.x | upper }} {{ item.id }} {{ foo }} {{ range(3) }}");
    assert_eq!(refs.steps.into_iter().collect::<Vec<_>>(), ["a"]);
    assert_eq!(refs.inputs.into_iter().collect::<Vec<_>>(), ["x"]);
    assert!(refs.item && !refs.all_steps);
    assert_eq!(refs.unknown.into_iter().collect::<Vec<_>>(), ["foo"]);
    assert!(Engine::new().text_refs("{{ steps['a'] }}").all_steps);
}

#[test]
fn work_is_bounded() {
    for text in [
        "{% for i in range(100000) %}{% for j in range(100000) %}x{% endfor %}{% endfor %}.",
        "{{ 'x' * 100000000 }}",
        "{% set ns = namespace(s='x') %}{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}.",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}.",
    ] {
        assert!(eval(text).is_err(), "{text}");
    }
}

/// An overflow of the stack would end the test's whole process.
#[test]
fn nothing_that_nests_ends_the_host() {
    let piled = |value: &str, then: &str| {
        format!(
            "{{% set ns = namespace(x=[], y=[]) %}}{{% for i in range(90000) %}}{{% set ns.x = {value} %}}{{% endfor %}}{then}."
        )
    };
    let chain = |link: &str| format!("{{{{ 1{} }}}}", link.repeat(50_000));
    for text in [
        piled("[ns.x]", ""),
        piled("{'a': ns.x}", "{{ ns.x }}"),
        piled("ns.x + [ns.x]", "{{ ns.x | tojson }}"),
        piled("[ns.y]", "") + &piled("ns", "{{ ns }}"),
        piled("namespace(x=ns.x)", "{{ ns == ns }}"),
        "{% set ns = namespace(x=1) %}{% for i in range(90000) %}{% set ns.x | batch(3, ns.x) | list %}aa{% endset %}{% endfor %}"
            .to_owned(),
        format!("{{% set x = [] %}}{}.", "{% set x=[x] %}".repeat(60_000)),
        format!("{{{{ {}1 }}}}", "not ".repeat(50_000)),
        format!("{{{{ {}1 }}}}", "-".repeat(200_000)),
        format!("{{{{ {}1{} }}}}", "(".repeat(50_000), ")".repeat(50_000)),
        chain("+1"),
        chain("~1"),
        chain("|string"),
        chain(".a"),
        chain(" if 0 else 1"),
        format!("{{% if 0 %}}{}{{% endif %}}", "{% elif 0 %}".repeat(50_000)),
    ] {
        let what = &text[..text.len().min(60)];
        assert!(eval(&text).is_err(), "{what}");
        let rendered = templates(&[("t.j2", &text)], false).render("t.j2", &scope().trace());
        assert!(rendered.is_err(), "{what}");
        assert!(Engine::new().text_refs(&text).steps.is_empty());
    }
    // As deep as there is code for it.
    for text in [
        format!("{{% set x = [] %}}{}{{{{ x }}}}", "{% set x=[x] %}".repeat(10_000)),
        format!("{{{{ {}1 }}}}", "-".repeat(8_000)),
        format!("{{{{ 1{} }}}}", "~1".repeat(4_000)),
        format!("{{{{ 1{} }}}}", "|string".repeat(1_000)),
        format!("{{% if 0 %}}{}{{% endif %}}.", "{% elif 0 %}".repeat(10_000)),
        "{% macro m(x, n) %}{% set x=[x] %}{% if n %}{{ m(x, n - 1) }}{% else %}{{ x }}{% endif %}{% endmacro %}{{ m(1, 10) }}"
            .replace("{% set x=[x] %}", &"{% set x=[x] %}".repeat(9_000)),
    ] {
        let rendered = templates(&[("t.j2", &text)], false).render("t.j2", &scope().trace());
        assert!(rendered.is_ok(), "{}: {rendered:?}", &text[..60]);
    }
}

#[test]
fn a_namespace_holds_what_templates_keep_in_it() {
    for (text, value) in [
        (
            "{% set n = namespace(a=[]) %}{% for i in [1, 2] %}{% set n.a = n.a + [{'i': i}] %}{% endfor %}{{ n.a[1].i }}",
            "2",
        ),
        (
            "{% set n = namespace() %}{% set n.a, n.b = 1, [2] %}{{ n.a }}{{ n.b[0] }}",
            "12",
        ),
        (
            "{% set n = namespace() %}{% set n.a %}b{% endset %}{{ n.a }}",
            "b",
        ),
        (
            "{% set n = namespace() %}{% set n.a | upper %}b{% endset %}{{ n.a }}",
            "B",
        ),
        (
            "{% set n = namespace(a=1) %}{% set n.a = n.a if n.a > 1 else none %}{{ n.a is none }}",
            "True",
        ),
        (
            "{% macro m(n) %}{% set n.a = 3 %}{% endmacro %}{% set n = namespace() %}{{ m(n) }}{{ n.a }}",
            "3",
        ),
    ] {
        assert_eq!(eval(text), Ok(json!(value)), "{text}");
    }
}

#[test]
fn filters_do_what_they_say() {
    for (text, value) in [
        ("{{ '2026-W47' | week_start }}", "2026-11-16"),
        ("{{ '2026-W47' | week_end }}", "2026-11-22"),
        ("{{ '2026-W01' | week_start }}", "2025-12-29"),
        ("{{ '2026-11-22' | week }}", "2026-W47"),
        ("{{ '2026-02-27' | add_days(2) }}", "2026-03-01"),
        (
            "{{ '2026-11-22T23:30:00+09:00' | date('%Y-%m-%d %H:%M') }}",
            "2026-11-22 23:30",
        ),
        (
            "{{ '2026-11-22' | date('%A %-d %B') }}",
            "Sunday 22 November",
        ),
        ("{{ 1795300000 | date }}", "2026-11-21"),
        ("{{ 1536 | bytes }}", "1.5 KiB"),
        ("{{ 12 | bytes }}", "12 B"),
        ("{{ 'one  two three' | truncate_words(2) }}", "one two…"),
        ("{{ 'one two' | truncate_words(2) }}", "one two"),
        ("{{ 'Äpfel & Birnen!' | slug }}", "äpfel-birnen"),
        (
            "{{ 'a|b\n<i> [x](y)' | cell }}",
            "a\\|b &lt;i&gt; \\[x\\](y)",
        ),
        ("{{ '# Hi' | markdown }}", "<h1>Hi</h1>\n"),
    ] {
        assert_eq!(eval(text), Ok(json!(value)), "{text}");
    }
    for text in [
        "{{ '2026-47' | week_start }}",
        "{{ '2026-W60' | week_start }}",
        "{{ 'soon' | date }}",
        "{{ '!?' | slug }}",
        "{{ '9999-12-31' | add_days(400) }}",
        "{{ '2026-01-01' | date('%!') }}",
    ] {
        assert!(eval(text).is_err(), "{text}: {:?}", eval(text));
    }
}

#[test]
fn markdown_of_a_stranger_is_shown_and_not_obeyed() {
    let html = eval("{{ \"a <script>x</script> <b>c</b> [l](javascript:x) ![p](https://t.example/p.gif) [ok](https://a.example)\" | markdown }}")
        .unwrap();
    let html = html.as_str().unwrap();
    assert!(
        !html.contains("<script") && !html.contains("<b>") && !html.contains("<img"),
        "{html}"
    );
    assert!(!html.contains("javascript:"), "{html}");
    assert!(
        html.contains("&lt;script&gt;") && html.contains("href=\"https://a.example\""),
        "{html}"
    );
}

fn templates(files: &[(&str, &str)], escape: bool) -> Templates {
    let files: BTreeMap<String, String> = files
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect();
    Templates::new(
        Arc::new(move |name| {
            files
                .get(name)
                .cloned()
                .ok_or_else(|| format!("there is no {name}"))
        }),
        escape,
    )
}

#[test]
fn a_template_includes_and_its_include_is_traced() {
    let templates = templates(
        &[
            ("a.j2", "{% include 'b.j2' %}{{ inputs.week }}\n"),
            ("b.j2", "{{ steps.found.total }} "),
        ],
        false,
    );
    let traced = scope().trace();
    assert_eq!(templates.render("a.j2", &traced).unwrap(), b"2 2026-W47\n");
    assert_eq!(
        traced.used().plugins.into_iter().collect::<Vec<_>>(),
        ["mail"]
    );
    let refs = templates.refs(&Engine::new(), "a.j2").unwrap();
    assert!(refs.steps.contains("found") && refs.inputs.contains("week"));
}

#[test]
fn html_is_escaped_and_text_is_not() {
    let files = [("t.j2", "{{ '<b>' }}{{ 'a' | markdown }}")];
    assert_eq!(
        templates(&files, true)
            .render("t.j2", &scope().trace())
            .unwrap(),
        b"&lt;b&gt;<p>a</p>\n"
    );
    assert_eq!(
        templates(&files, false)
            .render("t.j2", &scope().trace())
            .unwrap(),
        b"<b><p>a</p>\n"
    );
    assert!(escapes("x/Report.HTML") && escapes("a.svg") && !escapes("report.md"));
}

#[test]
fn a_template_that_fails_says_where() {
    let error = templates(&[("t.j2", "ok\n{{ steps.nope.x }}\n")], false)
        .render("t.j2", &scope().trace())
        .unwrap_err();
    assert_eq!(
        (error.template.as_deref(), error.line),
        (Some("t.j2"), Some(2))
    );
    let error = templates(&[("t.j2", "{% if %}")], false)
        .refs(&Engine::new(), "t.j2")
        .unwrap_err();
    assert_eq!(error.line, Some(1));
    let error = templates(&[("t.j2", "{% include 'gone.j2' %}")], false)
        .refs(&Engine::new(), "t.j2")
        .unwrap_err();
    assert!(error.message.contains("there is no gone.j2"), "{error:?}");
}

fn chart(expression: &str) -> String {
    let file = format!("{{{{ {expression} }}}}");
    String::from_utf8(
        templates(&[("t.j2", &file)], true)
            .render("t.j2", &scope().trace())
            .unwrap(),
    )
    .unwrap()
}

#[test]
fn a_chart_is_one_svg_without_colours_of_a_page() {
    let svg = chart(
        "bar_chart([{'who': 'A <b> & \"co\"', 'n': 12}, {'who': 'B', 'n': 3.5}], label='who', value='n', title='Mail <per> person')",
    );
    assert!(
        svg.starts_with("<svg xmlns=") && svg.trim_end().ends_with("</svg>"),
        "{svg}"
    );
    assert!(
        svg.contains("currentColor") && !svg.contains("#010203"),
        "{svg}"
    );
    assert!(
        svg.contains("aria-label=\"Mail &lt;per&gt; person\"") && !svg.contains("<b>"),
        "{svg}"
    );
    insta::assert_snapshot!("bar_chart", svg);
    let svg = chart(
        "line_chart([{'name': 'up', 'points': [[1795300000, 0.2], [1795300060, none], [1795300120, 0.4], [1795300180, 1.1]]}], title='Load', unit='s')",
    );
    insta::assert_snapshot!("line_chart", svg);
}

#[test]
fn charts_of_odd_numbers_neither_fail_nor_hang() {
    for expression in [
        "bar_chart([])",
        "bar_chart({'a': 0, 'b': 0})",
        "bar_chart({'a': -5, 'b': 1e300})",
        "bar_chart([['a', 1], ['b', 2]])",
        "line_chart([])",
        "line_chart([{'name': 'x', 'points': []}])",
        "line_chart([{'name': 'x', 'points': [[0, 5]]}])",
        "line_chart([{'name': 'x', 'points': [[0, 1e16], [1, 1e16 + 2]]}])",
        "line_chart([{'name': 'x', 'points': [[0, -1e308], [1e300, 1e308]]}])",
        "line_chart([{'name': 'x', 'points': [[0, 1e-300], [1, 2e-300]]}])",
        "line_chart([{'name': none, 'points': [[5, none], [5, none]]}])",
    ] {
        assert!(chart(expression).contains("</svg>"), "{expression}");
    }
}
