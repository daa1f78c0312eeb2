use super::*;
use proptest::prelude::*;
use serde_json::json;
use wasmtime::component::types::ComponentExtern;

/// A type, to be written as text and filled with values.
#[derive(Clone, Debug)]
enum Ty {
    Plain(&'static str),
    Bytes,
    List(Box<Ty>),
    Option(Box<Ty>),
    Result(Option<Box<Ty>>, Option<Box<Ty>>),
    Tuple(Vec<Ty>),
    Record(Vec<Ty>),
    Variant(Vec<Option<Ty>>),
    Enum(usize),
    Flags(usize),
}

const PLAIN: &[&str] = &[
    "bool", "s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64", "f32", "f64", "char", "string",
];

fn types() -> impl Strategy<Value = Ty> {
    let leaf = prop_oneof![
        8 => proptest::sample::select(PLAIN).prop_map(Ty::Plain),
        1 => Just(Ty::Bytes),
        1 => (1_usize..5).prop_map(Ty::Enum),
        1 => (1_usize..33).prop_map(Ty::Flags),
    ];
    leaf.prop_recursive(5, 24, 4, |inner| {
        let boxed = || inner.clone().prop_map(Box::new);
        prop_oneof![
            boxed().prop_map(|ty| match *ty {
                Ty::Plain("u8") => Ty::Bytes,
                ty => Ty::List(Box::new(ty)),
            }),
            boxed().prop_map(Ty::Option),
            (proptest::option::of(boxed()), proptest::option::of(boxed()))
                .prop_map(|(ok, err)| Ty::Result(ok, err)),
            proptest::collection::vec(inner.clone(), 1..4).prop_map(Ty::Tuple),
            proptest::collection::vec(inner.clone(), 1..4).prop_map(Ty::Record),
            proptest::collection::vec(proptest::option::of(inner), 1..4).prop_map(Ty::Variant),
        ]
    })
}

/// Names the types that must have a name, in the order in which they are needed.
#[derive(Default)]
struct Text {
    head: String,
    count: usize,
}

impl Text {
    fn of(&mut self, ty: &Ty) -> String {
        match ty {
            Ty::Plain(name) => (*name).to_owned(),
            Ty::Bytes => "(list u8)".to_owned(),
            Ty::List(item) => format!("(list {})", self.of(item)),
            Ty::Option(item) => format!("(option {})", self.of(item)),
            Ty::Result(ok, err) => {
                let ok = ok.as_ref().map(|ty| self.of(ty)).unwrap_or_default();
                let err = err.as_ref().map(|ty| format!("(error {})", self.of(ty)));
                format!("(result {ok} {})", err.unwrap_or_default())
            }
            Ty::Tuple(items) => {
                let items: Vec<_> = items.iter().map(|ty| self.of(ty)).collect();
                format!("(tuple {})", items.join(" "))
            }
            Ty::Record(fields) => {
                let fields: String = (fields.iter().enumerate())
                    .map(|(n, ty)| format!("(field \"f{n}\" {})", self.of(ty)))
                    .collect();
                self.named(&format!("(record {fields})"))
            }
            Ty::Variant(cases) => {
                let cases: String = (cases.iter().enumerate())
                    .map(|(n, ty)| {
                        let ty = ty.as_ref().map(|ty| self.of(ty)).unwrap_or_default();
                        format!("(case \"c{n}\" {ty})")
                    })
                    .collect();
                self.named(&format!("(variant {cases})"))
            }
            Ty::Enum(count) => {
                let names: String = (0..*count).map(|n| format!("\"e{n}\" ")).collect();
                self.named(&format!("(enum {names})"))
            }
            Ty::Flags(count) => {
                let names: String = (0..*count).map(|n| format!("\"b{n}\" ")).collect();
                self.named(&format!("(flags {names})"))
            }
        }
    }

    fn named(&mut self, ty: &str) -> String {
        let n = self.count;
        self.count += 1;
        let line = format!("(type $a{n} {ty}) (import \"t{n}\" (type $t{n} (eq $a{n})))\n");
        self.head.push_str(&line);
        format!("$t{n}")
    }
}

/// The function `f` with a parameter `it` of that type. It is imported, so that it needs no code.
fn function(ty: &Ty) -> ComponentFunc {
    let mut text = Text::default();
    let ty = text.of(ty);
    let head = text.head;
    let wat = format!("(component {head} (import \"f\" (func (param \"it\" {ty}))))");
    let engine = Engine::default();
    let component = Component::new(&engine, wat::parse_str(&wat).unwrap()).unwrap();
    let component = component.component_type();
    let ComponentExtern { ty, .. } = component.get_import(&engine, "f").unwrap();
    match ty {
        ComponentItem::ComponentFunc(function) => function,
        other => panic!("{other:?}"),
    }
}

/// A small source of values; proptest gives its seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % sides
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.roll(from.len() as u64) as usize].clone()
    }

    /// A value in the form in which it comes back.
    fn value(&mut self, ty: &Ty) -> Value {
        match ty {
            Ty::Plain(name) => self.plain(name),
            Ty::Bytes => json!(self.pick(&["", "AA==", "/+8=", "AQID"])),
            Ty::List(item) => (0..self.roll(4)).map(|_| self.value(item)).collect(),
            Ty::Option(_) if self.roll(3) == 0 => Value::Null,
            Ty::Option(item) => match **item {
                Ty::Option(_) => json!({"some": self.value(item)}),
                _ => self.value(item),
            },
            Ty::Result(ok, err) => {
                let (key, ty) = self.pick(&[("ok", ok), ("error", err)]);
                json!({key: ty.as_ref().map_or(Value::Null, |ty| self.value(ty))})
            }
            Ty::Tuple(items) => items.iter().map(|ty| self.value(ty)).collect(),
            Ty::Record(fields) => (fields.iter().enumerate())
                .map(|(n, ty)| (format!("f{n}"), self.value(ty)))
                .collect(),
            Ty::Variant(cases) => {
                let n = self.roll(cases.len() as u64) as usize;
                match &cases[n] {
                    Some(ty) => json!({format!("c{n}"): self.value(ty)}),
                    None => json!(format!("c{n}")),
                }
            }
            Ty::Enum(count) => json!(format!("e{}", self.roll(*count as u64))),
            Ty::Flags(count) => (0..*count)
                .filter(|_| self.roll(2) == 0)
                .map(|n| json!(format!("b{n}")))
                .collect(),
        }
    }

    fn plain(&mut self, name: &str) -> Value {
        match name {
            "bool" => json!(self.roll(2) == 0),
            "s8" => json!(self.pick(&[i8::MIN, -1, 0, i8::MAX])),
            "u8" => json!(self.pick(&[0, u8::MAX])),
            "s16" => json!(self.pick(&[i16::MIN, 1, i16::MAX])),
            "u16" => json!(self.pick(&[0, u16::MAX])),
            "s32" => json!(self.pick(&[i32::MIN, -7, i32::MAX])),
            "u32" => json!(self.pick(&[0, u32::MAX])),
            "s64" => self.pick(&[
                json!(-1),
                json!(-9_007_199_254_740_991_i64),
                json!("-9007199254740992"),
                json!("9223372036854775807"),
                json!("-9223372036854775808"),
            ]),
            "u64" => self.pick(&[
                json!(0),
                json!(9_007_199_254_740_991_u64),
                json!("9007199254740992"),
                json!("18446744073709551615"),
            ]),
            "f32" => self.pick(&[json!(0.5), json!(-0.1), json!("NaN"), json!("Infinity")]),
            "f64" => self.pick(&[json!(1e300), json!(-0.1), json!("NaN"), json!("-Infinity")]),
            "char" => json!(self.pick(&["a", "é", "🦀", "\u{0}", "\""])),
            _ => json!(self.pick(&["", "a", "\u{0}\u{1b}\"\\", "é🦀", "ok"])),
        }
    }
}

fn back(function: &ComponentFunc, values: &[Val]) -> Value {
    let (_, ty) = function.params().next().unwrap();
    let mut writer = Writer::new(1 << 20);
    writer.payload(Some(&ty), values.first()).unwrap();
    serde_json::from_str(&writer.into_text()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_value_of_every_type_comes_back_as_it_went(ty in types(), seeds in proptest::collection::vec(any::<u64>(), 8)) {
        let function = function(&ty);
        for seed in seeds {
            let value = Dice(seed).value(&ty);
            let input = json!({"it": value});
            let values = Lowering::params(&function, &input).unwrap();
            prop_assert_eq!(back(&function, &values), value);
        }
    }

    #[test]
    fn any_json_for_any_type_is_an_answer(ty in types(), other in types(), seed in any::<u64>()) {
        let function = function(&ty);
        // A value of another type: it fits or it is refused, in a place that there is.
        let input = json!({"it": Dice(seed).value(&other)});
        if let Err(misfit) = Lowering::params(&function, &input) {
            let said = misfit.to_string();
            let at = said.strip_prefix("at ").and_then(|rest| rest.split(": ").next()).unwrap_or("");
            prop_assert!(input.pointer(at).is_some(), "{} in {}", said, input);
        }
    }
}

fn misfit(ty: &Ty, value: Value) -> String {
    let input = json!({"it": value});
    match Lowering::params(&function(ty), &input) {
        Ok(values) => panic!("{values:?}"),
        Err(misfit) => misfit.to_string(),
    }
}

#[test]
fn what_would_take_more_memory_than_there_is_for_it_is_refused_before_it_is_made() {
    // Two million bytes are more than 64 MiB of values; the text of them is less than three.
    let bytes = "AAAA".repeat(700_000);
    assert!(misfit(&Ty::Bytes, json!(bytes)).contains("64 MiB"));
    let function = function(&Ty::Bytes);
    assert!(Lowering::params(&function, &json!({"it": "AAAA".repeat(100_000)})).is_ok());
    // A record that is left empty takes room for each of its fields.
    let wide = Ty::List(Box::new(Ty::Record(vec![
        Ty::Option(Box::new(Ty::Plain(
            "u8"
        )));
        200
    ])));
    let said = misfit(&wide, json!(vec![json!({}); 10_000]));
    assert!(said.contains("64 MiB"), "{said}");
}

#[test]
fn an_output_is_written_until_there_is_no_more_room() {
    let function = function(&Ty::Plain("string"));
    let (_, ty) = function.params().next().unwrap();
    let value = Val::String("\u{0}".repeat(100));
    // Each becomes six characters.
    assert!(Writer::new(602).payload(Some(&ty), Some(&value)).is_ok());
    assert!(Writer::new(601).payload(Some(&ty), Some(&value)).is_err());
}

#[test]
fn numbers_that_are_not_exact_are_refused() {
    for (ty, value) in [
        ("u64", json!(1e19)),
        ("u64", json!(18_446_744_073_709_551_616.0)),
        ("s64", json!("1e3")),
        ("s64", json!(" 1")),
        ("u8", json!("1")),
        ("u8", json!(-0.5)),
        ("f32", json!(1e39)),
        ("f64", json!("nan")),
    ] {
        assert!(
            misfit(&Ty::Plain(ty), value.clone()).starts_with("at /it: "),
            "{value}"
        );
    }
    for (ty, value) in [
        ("u8", json!(1.0)),
        ("s64", json!(-1e3)),
        ("u64", json!("007")),
    ] {
        let function = function(&Ty::Plain(ty));
        assert!(Lowering::params(&function, &json!({"it": value})).is_ok());
    }
}

#[test]
fn a_place_in_an_error_is_a_pointer_that_leads_there() {
    let function = function(&Ty::Plain("u8"));
    let input = json!({"it": 1, "a/b~\u{1b}": 2});
    let said = Lowering::params(&function, &input).unwrap_err().to_string();
    assert!(said.contains("a/b~") && !said.contains('\u{1b}'), "{said}");
}

#[test]
fn flags_weigh_more_than_is_counted_and_so_fewer_are_read() {
    let fuel = |ty: &Ty| {
        let function = function(ty);
        let (_, ty) = function.params().next().unwrap();
        weight::fuel(Some(&ty), 4 << 20)
    };
    let flags = || Ty::List(Box::new(Ty::Flags(32)));
    assert_eq!(fuel(&Ty::Bytes), 64 << 20);
    assert_eq!(fuel(&flags()), 4 << 20);
    let within = Ty::Record(vec![
        Ty::Plain("u8"),
        Ty::Variant(vec![None, Some(flags())]),
    ]);
    assert_eq!(fuel(&within), 4 << 20);
    assert_eq!(
        fuel(&Ty::Option(Box::new(Ty::Result(
            None,
            Some(Box::new(flags()))
        )))),
        4 << 20
    );
    assert_eq!(weight::fuel(None, 0), crate::run::host_fuel(0));
    assert_eq!(weight::fuel(None, usize::MAX), MAX_REFLECTED);
}
