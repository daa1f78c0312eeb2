"""Which schema a type hint becomes."""

import datetime
import enum
import json
import unittest
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, NewType, Optional

from remit_plugin import Field, Plugin
from remit_plugin.hints import Hints


def schema(hint: Any, output: bool = False) -> Any:
    hints = Hints(output)
    return hints.whole_schema(hints.shape(hint))


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


@dataclass
class Person:
    """Somebody.

    Attributes:
        name: What they
            are called.
    """

    name: str
    age: Annotated[int | None, Field(ge=0)] = None
    tags: list[str] = field(default_factory=list)
    kind: Annotated[str, Field(name="type", description="What kind of person.")] = "other"


@dataclass
class Tree:
    label: str
    children: list["Tree"]


UserId = NewType("UserId", int)


class Schemas(unittest.TestCase):
    def test_plain_types(self) -> None:
        for hint, expected in [
            (str, {"type": "string"}),
            (int, {"type": "integer"}),
            (float, {"type": "number"}),
            (bool, {"type": "boolean"}),
            (None, {"type": "null"}),
            (Any, {}),
            (object, {}),
            (UserId, {"type": "integer"}),
            (datetime.datetime, {"type": "string", "format": "date-time"}),
            (datetime.date, {"type": "string", "format": "date"}),
            (bytes, {"type": "string", "contentEncoding": "base64"}),
            (list, {"type": "array"}),
            (list[int], {"type": "array", "items": {"type": "integer"}}),
            (set[str], {"type": "array", "items": {"type": "string"}, "uniqueItems": True}),
            (tuple[str, ...], {"type": "array", "items": {"type": "string"}}),
            (dict, {"type": "object"}),
            (dict[str, int], {"type": "object", "additionalProperties": {"type": "integer"}}),
        ]:
            with self.subTest(hint=hint):
                self.assertEqual(schema(hint), expected)

    def test_a_tuple_has_a_schema_for_each_place(self) -> None:
        items = [{"type": "string"}, {"type": "integer"}]
        expected = {"type": "array", "prefixItems": items, "minItems": 2, "maxItems": 2}
        self.assertEqual(schema(tuple[str, int]), expected)

    def test_choices(self) -> None:
        self.assertEqual(schema(Literal["a", "b"]), {"type": "string", "enum": ["a", "b"]})
        self.assertEqual(schema(Literal["a"]), {"type": "string", "const": "a"})
        self.assertEqual(schema(Literal["a", 1, None]), {"enum": ["a", 1, None]})
        self.assertEqual(schema(Colour), {"type": "string", "enum": ["red", "blue"]})
        self.assertEqual(schema(Level), {"type": "integer", "enum": [1, 2]})

    def test_unions(self) -> None:
        self.assertEqual(schema(Optional[str]), {"type": ["string", "null"]})  # noqa: UP045
        self.assertEqual(schema(int | str | None), {"type": ["integer", "string", "null"]})
        self.assertEqual(schema(list[int] | None), {"type": ["array", "null"], "items": {"type": "integer"}})
        # An enum would bind null as well.
        self.assertEqual(schema(Colour | None), {"anyOf": [schema(Colour), {"type": "null"}]})
        self.assertEqual(schema(list[int] | dict[str, int]), {"anyOf": [schema(list[int]), schema(dict[str, int])]})

    def test_constraints(self) -> None:
        for hint, expected in [
            (Annotated[int, Field(ge=1, lt=50)], {"type": "integer", "minimum": 1, "exclusiveMaximum": 50}),
            (Annotated[float, Field(gt=0, le=1)], {"type": "number", "exclusiveMinimum": 0, "maximum": 1}),
            (
                Annotated[str, Field(min_length=1, max_length=9, pattern="^a")],
                {"type": "string", "minLength": 1, "maxLength": 9, "pattern": "^a"},
            ),
            (
                Annotated[list[int], Field(max_length=3)],
                {"type": "array", "items": {"type": "integer"}, "maxItems": 3},
            ),
            (Annotated[int | None, Field(ge=1)], {"type": ["integer", "null"], "minimum": 1}),
            (
                Annotated[str, Field(format="uri", examples=("https://example.org/",))],
                {"type": "string", "format": "uri", "examples": ["https://example.org/"]},
            ),
        ]:
            with self.subTest(hint=hint):
                self.assertEqual(schema(hint), expected)

    def test_a_strangers_constraints_count_by_their_attributes(self) -> None:
        class Ge:
            ge = 3

        self.assertEqual(schema(Annotated[int, Ge()]), {"type": "integer", "minimum": 3})

    def test_a_dataclass_is_a_strict_object(self) -> None:
        properties = {
            "name": {"type": "string", "description": "What they are called."},
            "age": {"type": ["integer", "null"], "minimum": 0},
            "tags": {"type": "array", "items": {"type": "string"}, "default": []},
            "type": {"type": "string", "description": "What kind of person.", "default": "other"},
        }
        expected = {
            "type": "object",
            "description": "Somebody.",
            "properties": properties,
            "required": ["name"],
            "additionalProperties": False,
        }
        self.assertEqual(schema(Person), expected)

    def test_what_is_returned_has_all_its_properties(self) -> None:
        self.assertEqual(schema(Person, output=True)["required"], ["name", "age", "tags", "type"])

    def test_a_dataclass_that_holds_itself_is_defined_once(self) -> None:
        reference = {"$ref": "#/$defs/Tree"}
        properties = {"label": {"type": "string"}, "children": {"type": "array", "items": reference}}
        whole = {
            "type": "object",
            "properties": properties,
            "required": ["label", "children"],
            "additionalProperties": False,
        }
        self.assertEqual(schema(Tree), reference | {"$defs": {"Tree": whole}})

    def test_a_functions_parameters_are_the_input(self) -> None:
        plugin = Plugin("p", "0.1.0", "p")

        @plugin.write(name="create-note", idempotent=True)
        def create(text: Annotated[str, "What it says."], *, pinned: bool = False) -> None:
            """Creates
            a note.

            More that nobody needs to see.

            Args:
                pinned: Whether it stays on top.
            """

        operation = plugin.operations["create-note"]
        self.assertEqual((operation.effect, operation.idempotent), ("write", True))
        self.assertEqual(operation.summary, "Creates a note.")
        properties = {
            "text": {"type": "string", "description": "What it says."},
            "pinned": {"type": "boolean", "description": "Whether it stays on top.", "default": False},
        }
        expected = {
            "type": "object",
            "properties": properties,
            "required": ["text"],
            "additionalProperties": False,
        }
        self.assertEqual(json.loads(operation.input_schema), expected)
        self.assertEqual(json.loads(operation.output_schema), {"type": "null"})


class Mistakes(unittest.TestCase):
    """What an author gets wrong is said when the plugin is built, with its place."""

    def declared(self, function: Any) -> str:
        with self.assertRaises((TypeError, ValueError)) as raised:
            Plugin("p", "0.1.0", "p").read(function)
        return str(raised.exception)

    def test_a_parameter_without_a_hint(self) -> None:
        def operation(text) -> None:  # type: ignore[no-untyped-def]
            """Does."""

        self.assertIn("operation(text)", self.declared(operation))

    def test_no_return_type(self) -> None:
        def operation(text: str):  # type: ignore[no-untyped-def]
            """Does."""

        self.assertIn("return type", self.declared(operation))

    def test_a_type_that_json_has_not(self) -> None:
        def operation(number: list[complex]) -> None:
            """Does."""

        self.assertIn("operation(number): complex", self.declared(operation))

    def test_keys_that_are_no_texts(self) -> None:
        def operation(numbers: dict[int, str]) -> None:
            """Does."""

        self.assertIn("must be str", self.declared(operation))

    def test_a_default_of_another_type(self) -> None:
        def operation(top: Annotated[int, Field(ge=1)] = 0) -> None:
            """Does."""

        self.assertIn("the default is not of its type", self.declared(operation))

    def test_a_constraint_that_says_nothing(self) -> None:
        def operation(top: Annotated[int, Field(pattern="^a")]) -> None:
            """Does."""

        self.assertIn("Field(pattern=…)", self.declared(operation))

    def test_no_docstring(self) -> None:
        def operation() -> None:
            pass

        self.assertIn("docstring", self.declared(operation))

    def test_an_async_function(self) -> None:
        async def operation() -> None:
            """Does."""

        self.assertIn("async", self.declared(operation))

    def test_arguments_without_names(self) -> None:
        def operation(*texts: str) -> None:
            """Does."""

        self.assertIn("given by name", self.declared(operation))

    def test_one_name_twice(self) -> None:
        plugin = Plugin("p", "0.1.0", "p")

        def operation() -> None:
            """Does."""

        plugin.read(operation)
        with self.assertRaisesRegex(ValueError, "already"):
            plugin.read(operation)
