use serde_json::{Value, json};

use super::*;

fn component(wat: &str) -> Component {
    Component::from_bytes("it", wat::parse_str(wat).unwrap()).unwrap()
}

/// A component that exports an interface `acme:kit/tools@1.2.3` with these functions, lifted from ones that trap. A
/// function is its name, its core type and its type.
fn tools(types: &str, functions: &[(&str, &str, &str)]) -> String {
    let mut cores = String::new();
    let mut lifts = String::new();
    let mut exports = String::new();
    for (index, (name, core, ty)) in functions.iter().enumerate() {
        cores.push_str(&format!("(func (export \"c{index}\") {core} unreachable)"));
        lifts.push_str(&format!(
            "(func $l{index} {ty} (canon lift (core func $i \"c{index}\") \
             (memory (core memory $i \"memory\")) (realloc (core func $i \"realloc\"))))"
        ));
        exports.push_str(&format!("(export \"{name}\" (func $l{index}))"));
    }
    format!(
        r#"(component
            (core module $m
                (memory (export "memory") 1)
                (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable)
                {cores})
            (core instance $i (instantiate $m))
            {types}
            {lifts}
            (instance $tools {exports})
            (export "acme:kit/tools@1.2.3" (instance $tools)))"#
    )
}

fn schemas(core: &str, ty: &str) -> (Value, Value) {
    let described = describe_plain(&component(&tools("", &[("f", core, ty)]))).unwrap();
    let operation = &described.operations[0];
    (
        operation.input_schema["properties"].clone(),
        operation.output_schema.clone(),
    )
}

#[test]
fn numbers_have_their_limits_and_characters_one() {
    let (input, output) = schemas(
        "(param i32 i32 i64 i64 f32 i32)",
        r#"(param "a" u8) (param "b" s16) (param "c" s64) (param "d" u64) (param "e" f32) (param "f" char)"#,
    );
    assert_eq!(
        input["a"],
        json!({"type": "integer", "minimum": 0, "maximum": 255})
    );
    assert_eq!(
        input["b"],
        json!({"type": "integer", "minimum": -32768, "maximum": 32767})
    );
    assert_eq!(input["c"]["minimum"], json!(i64::MIN));
    assert_eq!(input["d"]["maximum"], json!(u64::MAX));
    assert_eq!(input["d"]["type"], json!(["integer", "string"]));
    assert_eq!(input["e"]["maximum"], json!(f64::from(f32::MAX)));
    assert_eq!(input["f"]["maxLength"], 1);
    assert_eq!(output, json!({"type": "null"}));
}

#[test]
fn options_may_be_null_and_those_within_options_are_told_apart() {
    let (input, _) = schemas(
        "(param i32 i32 i32 i32 i32)",
        r#"(param "a" (option u8)) (param "b" (option (option u8)))"#,
    );
    assert_eq!(input["a"]["type"], json!(["integer", "null"]));
    assert_eq!(input["b"]["anyOf"][0], json!({"type": "null"}));
    assert_eq!(input["b"]["anyOf"][1]["required"], json!(["some"]));
}

#[test]
fn lists_of_bytes_are_text_and_tuples_have_a_length() {
    let (input, output) = schemas(
        "(param i32 i32 i32 i32 i32) (result i32)",
        r#"(param "a" (list u8)) (param "b" (list u16)) (param "c" bool) (result (tuple u8 string))"#,
    );
    assert_eq!(input["a"]["contentEncoding"], "base64");
    assert_eq!(input["b"]["items"]["maximum"], 65535);
    assert_eq!(output["minItems"], 2);
    assert_eq!(output["items"], false);
}

#[test]
fn the_error_of_a_result_is_no_output_and_a_result_within_is_a_value() {
    let (input, output) = schemas(
        "(param i32 i32) (result i32)",
        r#"(param "a" (result u8)) (result (result u32 (error string)))"#,
    );
    assert_eq!(input["a"]["anyOf"][0]["required"], json!(["ok"]));
    assert_eq!(
        input["a"]["anyOf"][1]["properties"]["error"]["type"],
        "null"
    );
    assert_eq!(output["type"], "integer");
}

#[test]
fn nobody_says_the_effect_and_so_it_is_destructive() {
    let described = describe_plain(&component(&tools("", &[("f", "", "")]))).unwrap();
    let operation = &described.operations[0];
    assert_eq!(operation.effect, Effect::Destructive);
    assert_eq!(operation.effect_source, EffectSource::Nobody);
    assert_eq!(
        operation.function.as_deref(),
        Some("acme:kit/tools@1.2.3#f")
    );
    assert_eq!(
        (described.name.as_str(), described.version.as_str()),
        ("kit", "1.2.3")
    );
}

#[test]
fn a_skill_says_an_effect_only_where_nobody_else_does() {
    let described = describe_plain(&component(&tools("", &[("f", "", "")]))).unwrap();
    let said = described
        .clone()
        .with_effects([("f", Effect::Read), ("g", Effect::Read)]);
    assert_eq!(said.operations[0].effect, Effect::Read);
    assert_eq!(said.operations[0].effect_source, EffectSource::Skill);
    let mut own = described;
    own.operations[0].effect_source = EffectSource::Plugin;
    assert_eq!(own.clone().with_effects([("f", Effect::Read)]), own);
}

#[test]
fn what_holds_a_resource_is_left_out_and_the_rest_is_not() {
    let types = "(type $r (resource (rep i32))) (export $counter \"counter\" (type $r))";
    let wat = tools(
        types,
        &[
            ("open", "(result i32)", "(result (own $counter))"),
            ("limit", "(result i32)", "(result u32)"),
        ],
    );
    let described = describe_plain(&component(&wat)).unwrap();
    let names: Vec<_> = described
        .operations
        .iter()
        .map(|it| it.name.as_str())
        .collect();
    assert_eq!(names, ["limit"]);
    assert_eq!(described.left_out.len(), 1);
    assert_eq!(described.left_out[0].function, "acme:kit/tools@1.2.3#open");
    assert!(described.left_out[0].why.contains("resource"));
}

#[test]
fn a_component_without_a_function_to_call_says_why() {
    let types = "(type $r (resource (rep i32))) (export $counter \"counter\" (type $r))";
    let wat = tools(
        types,
        &[("open", "(result i32)", "(result (own $counter))")],
    );
    let error = describe_plain(&component(&wat)).unwrap_err();
    assert_eq!(error.code(), "component-no-operation");
    assert!(error.message().contains("resource"), "{error}");
    let error = describe_plain(&component("(component)")).unwrap_err();
    assert_eq!(error.code(), "component-not-a-connector");
}

#[test]
fn another_version_of_the_connector_is_not_called_as_plain_functions() {
    let wat = tools("", &[("invoke", "", "")])
        .replace("acme:kit/tools@1.2.3", "remit:connector/connector@0.2.0");
    let error = describe_plain(&component(&wat)).unwrap_err();
    assert_eq!(error.code(), "component-not-a-connector");
}

#[test]
fn functions_of_one_name_are_told_apart_by_their_interface() {
    let wat = tools("", &[("f", "", ""), ("g", "", "")]).replace(
        "(export \"acme:kit/tools@1.2.3\" (instance $tools))",
        "(export \"acme:kit/tools@1.2.3\" (instance $tools)) \
         (export \"acme:kit/others@1.2.3\" (instance $tools)) (export \"g\" (func $l1))",
    );
    let described = describe_plain(&component(&wat)).unwrap();
    let names: Vec<_> = described
        .operations
        .iter()
        .map(|it| it.name.as_str())
        .collect();
    assert_eq!(names, ["g", "others_f", "others_g", "tools_f", "tools_g"]);
}

#[test]
fn docs_become_sentences_and_are_only_that() {
    let docs = r#"\01{\22docs\22:\22Tools of many kinds.\22,\22interfaces\22:{\22tools\22:{\22funcs\22:{\22f\22:\22Does\0ait, e.g. now. And\20more.\22,\22g\22:{\22docs\22:\22Also.\22,\22stability\22:7}}}}}"#;
    let wat = tools("", &[("f", "", ""), ("g", "", ""), ("h", "", "")]).replacen(
        "(component",
        &format!(
            "(component (@custom \"package-docs\" \"{}\")",
            docs.replace("\\0a", "\\\\n")
        ),
        1,
    );
    let described = describe_plain(&component(&wat)).unwrap();
    let said: Vec<_> = described
        .operations
        .iter()
        .map(|it| it.summary.as_str())
        .collect();
    assert_eq!(said[..2], ["Does it, e.g. now.", "Also."]);
    assert!(said[2].contains("its author says nothing"), "{}", said[2]);
    assert_eq!(described.summary, "Tools of many kinds.");
    // Damaged docs are no docs.
    for damaged in ["\\01{", "\\07{}", "", "\\01[1,2]"] {
        let wat = tools("", &[("f", "", "")]).replacen(
            "(component",
            &format!("(component (@custom \"package-docs\" \"{damaged}\")"),
            1,
        );
        assert!(describe_plain(&component(&wat)).is_ok(), "{damaged}");
    }
}

/// Types that each hold the one before twice.
fn doubling(levels: usize) -> String {
    let mut types = "(type $t0 (tuple u8 u8))".to_owned();
    for level in 1..=levels {
        types.push_str(&format!("(type $t{level} (tuple $t{0} $t{0}))", level - 1));
    }
    types
}

#[test]
fn types_that_unfold_without_end_are_left_out_in_no_time() {
    let started = std::time::Instant::now();
    // 2^18 numbers; the validator itself refuses a million.
    let wat = tools(
        &doubling(17),
        &[("f", "(param i32)", "(param \"a\" $t17)"), ("g", "", "")],
    );
    let described = describe_plain(&component(&wat)).unwrap();
    assert_eq!(described.operations.len(), 1);
    assert!(
        described.left_out[0].why.contains("too large"),
        "{:?}",
        described.left_out
    );
    assert!(started.elapsed() < std::time::Duration::from_secs(5));
    let few = tools(
        &doubling(3),
        &[(
            "f",
            "(param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)",
            "(param \"a\" $t3)",
        )],
    );
    assert!(describe_plain(&component(&few)).is_ok());
}

#[test]
fn types_that_nest_too_deep_are_left_out() {
    let nested = |levels: usize| {
        let types = (1..=levels).fold("(type $t0 u8)".to_owned(), |types, level| {
            format!("{types}(type $t{level} (list $t{}))", level - 1)
        });
        let function = format!("(param \"a\" $t{levels})");
        let wat = tools(
            &types,
            &[("f", "(param i32 i32)", &function), ("g", "", "")],
        );
        describe_plain(&component(&wat)).unwrap().left_out
    };
    assert!(nested(40)[0].why.contains("deep"));
    assert_eq!(nested(20), []);
}

#[test]
fn thousands_of_functions_are_a_few_operations_and_a_word_on_the_rest() {
    let names: Vec<String> = (0..3000).map(|n| format!("f{n}")).collect();
    let functions: Vec<_> = names.iter().map(|name| (name.as_str(), "", "")).collect();
    let described = describe_plain(&component(&tools("", &functions))).unwrap();
    assert_eq!(described.operations.len(), MAX_OPERATIONS);
    assert_eq!(described.left_out.len(), MAX_LEFT_OUT);
    let last = described.left_out.last().unwrap();
    assert_eq!(
        last.function,
        format!("{} more", 3000 - MAX_OPERATIONS - (MAX_LEFT_OUT - 1))
    );
}
