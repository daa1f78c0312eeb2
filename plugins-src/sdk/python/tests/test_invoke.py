"""From JSON to a function and back, and what is said about what does not fit."""

import datetime
import enum
import json
import unittest
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from remit_plugin import (
    Conflict,
    Denied,
    Fault,
    Field,
    Internal,
    InvalidInput,
    NotFound,
    Plugin,
    Unavailable,
)
from remit_plugin.testing import World


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Range:
    start: datetime.date
    end: datetime.date

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError("it ends before it starts")


@dataclass
class Tree:
    label: str
    children: list["Tree"]


def echo(hint: Any, result: Any = ...) -> Plugin:
    """A plugin with an operation that takes and returns `hint` under `it`."""
    plugin = Plugin("p", "0.1.0", "p")

    def operation(it: Any) -> Any:
        """Echoes."""
        return {"it": it} if result is ... else {"it": result}

    operation.__annotations__ = {"it": hint, "return": dict[str, hint]}
    plugin.read(operation)
    return plugin


def there_and_back(hint: Any, value: str) -> str:
    return echo(hint).invoke("operation", f'{{"it":{value}}}')[len('{"it":') : -1]


class Values(unittest.TestCase):
    def test_what_fits_comes_back(self) -> None:
        for hint, value in [
            (str, '"Grüße, 你好 \U0001f600 \\u0000"'),
            (int, "-12345678901234567890"),
            (float, "0.5"),
            (bool, "true"),
            (str | None, "null"),
            (int | str, '"a"'),
            (list[int], "[1,2]"),
            (tuple[str, int], '["a",1]'),
            (dict[str, list[bool]], '{"b":[true],"a":[]}'),
            (set[str], '["a","b"]'),
            (Literal["a", 1], "1"),
            (Colour, '"blue"'),
            (datetime.datetime, '"2026-11-16T09:00:00Z"'),
            (datetime.datetime, '"2026-11-16T09:00:00.500000+01:00"'),
            (datetime.date, '"2026-11-16"'),
            (bytes, '"AAEC"'),
            (Any, '{"a":[1,2.5,"x",null,true]}'),
            (Range, '{"start":"2026-01-01","end":"2026-01-02"}'),
            (Tree, '{"label":"a","children":[{"label":"b","children":[]}]}'),
        ]:
            with self.subTest(hint=hint, value=value):
                self.assertEqual(there_and_back(hint, value), value)

    def test_a_whole_float_is_an_int(self) -> None:
        self.assertEqual(there_and_back(int, "5.0"), "5")
        self.assertEqual(there_and_back(Literal[5], "5.0"), "5")
        self.assertEqual(there_and_back(float, "5"), "5.0")

    def test_what_does_not_fit_is_said_with_its_place(self) -> None:
        for hint, value, said in [
            (str, "1", "`it`: expected a text, got 1"),
            (int, "true", "`it`: expected a whole number, got true"),
            (int, "1.5", "`it`: expected a whole number, got 1.5"),
            (int, '"1"', '`it`: expected a whole number, got "1"'),
            (float, "true", "`it`: expected a number, got true"),
            (float, "1e999", "the number 1e999 is too large"),
            (float, "1" + "0" * 400, "`it`: the number is too large"),
            (bool, "1", "`it`: expected true or false, got 1"),
            (str | None, "1", "`it`: expected a text or null, got 1"),
            (list[list[int]], "[[1],[2,null]]", "`it[1][1]`: expected a whole number, got null"),
            (dict[str, int], '{"a b":null}', '`it["a b"]`: expected a whole number, got null'),
            (set[str], '["a","a"]', "`it`: an item is there twice"),
            (tuple[str, int], '["a"]', '`it`: expected a list of 2, got ["a"]'),
            (Literal["a", "b"], '"c"', '`it`: expected one of "a", "b", got "c"'),
            (Literal[1], "true", "`it`: expected 1, got true"),
            (Colour, '"green"', '`it`: expected one of "red", "blue", got "green"'),
            (Colour, "[]", '`it`: expected one of "red", "blue", got []'),
            (datetime.datetime, '"2026-11-16T09:00:00"', "`it`: expected a time such as"),
            (datetime.datetime, '"2026-02-30T09:00:00Z"', "`it`: expected a time such as"),
            (datetime.date, '"20261116"', "`it`: expected a date such as"),
            (bytes, '"%"', "`it`: expected base64"),
            (Annotated[int, Field(ge=1, le=50)], "51", "`it`: expected at most 50, got 51"),
            (Annotated[int, Field(ge=1)] | None, "0", "`it`: expected at least 1, got 0"),
            (Annotated[str, Field(min_length=1)], '""', "`it`: expected at least 1 characters"),
            (Annotated[str, Field(pattern="^a+$")], '"b"', "`it`: expected a text that matches ^a+$"),
            (Annotated[list[int], Field(max_length=1)], "[1,2]", "`it`: expected at most 1 items"),
            (Range, '{"start":"2026-01-02"}', "`it`: `end` is missing"),
            (Range, '{"start":"2026-01-02","stop":1}', '`it`: there is no "stop"; there is `start`, `end`'),
            (Range, '{"start":"2026-01-02","end":"2026-01-01"}', "`it`: it ends before it starts"),
            (Range | None, '{"start":1,"end":"2026-01-01"}', "`it.start`: expected a date"),
            (Tree, '{"label":"a","children":[{"label":1,"children":[]}]}', "`it.children[0].label`"),
        ]:
            with self.subTest(hint=hint, value=value), self.assertRaises(InvalidInput) as raised:
                there_and_back(hint, value)
            self.assertIn(said, raised.exception.message)

    def test_what_is_no_json_is_refused(self) -> None:
        for text, said in [
            ("", "it is not JSON"),
            ("{", "line 1, column 2"),
            ('{"it":NaN}', "NaN"),
            ('{"it":-Infinity}', "Infinity"),
            ('{"it":1,"it":2}', "twice"),
            ('{"it":' + "9" * 5000 + "}", "too long"),
            ("[" * 100_000, "nested"),
            ('{"it":' + "[" * 200 + "]" * 200 + "}", "nested"),
            ("[]", "expected an object"),
            ("null", "expected an object"),
        ]:
            with self.subTest(text=text[:40]), self.assertRaises(InvalidInput) as raised:
                echo(Any).invoke("operation", text)
            self.assertIn(said, raised.exception.message)

    def test_many_brackets_side_by_side_or_in_texts_are_not_deep(self) -> None:
        self.assertEqual(there_and_back(list[list[int]], "[" + "[]," * 500 + "[]]").count("["), 502)
        for text in ('\\"' + "[" * 500, "\\\\" * 3 + "[" * 500, "[1]" * 400_000, '"' * 1000 + "{" * 500):
            self.assertEqual(there_and_back(str, json.dumps(text)), json.dumps(text))

    def test_lone_surrogates_are_refused_wherever_they_are(self) -> None:
        for value, place in [
            (r'"\ud800"', "`it`"),
            (r'["a", "\udc00\ud800"]', "`it[1]`"),
            (r'{"a":{"b":"x\ud800"}}', "`it.a.b`"),
            (r'{"\ud800":1}', "`it`"),
        ]:
            with self.subTest(value=value), self.assertRaises(InvalidInput) as raised:
                there_and_back(Any, value)
            self.assertIn(place, raised.exception.message)
            self.assertIn("surrogate", raised.exception.message)
        # The twin: a whole pair is one character.
        self.assertEqual(there_and_back(Any, r'"\ud83d\ude00"'), '"\U0001f600"')

    def test_what_an_operation_should_not_return_is_its_own_fault(self) -> None:
        for hint, result, said in [
            (int, "1", "`it`: expected a whole number"),
            (float, float("nan"), "`it`: nan"),
            (str, "\ud800", "`it`: it holds a lone surrogate"),
            (dict[str, int], {1: 1}, "expected a text as key"),
            (datetime.datetime, datetime.datetime(2026, 1, 1), "no time zone"),
            (datetime.date, datetime.datetime(2026, 1, 1), "not a date"),
            (list[int], "12", "`it`: expected a list"),
            (Any, object(), "expected what JSON has"),
            (Any, {"a": [float("inf")]}, "`it.a[0]`: inf"),
            (Range, {"start": "2026-01-01"}, "expected Range"),
        ]:
            with self.subTest(hint=hint, result=result), self.assertRaises(Internal) as raised:
                echo(hint, result).invoke("operation", '{"it":null}' if hint is Any else _example(hint))
            self.assertIn(said, raised.exception.message)

    def test_keys_keep_their_order(self) -> None:
        self.assertEqual(
            there_and_back(Range, '{"end":"2026-01-02","start":"2026-01-01"}'),
            '{"start":"2026-01-01","end":"2026-01-02"}',
        )

    def test_a_set_is_written_in_one_order(self) -> None:
        self.assertEqual(there_and_back(set[str], '["b","a","c"]'), '["a","b","c"]')


def _example(hint: Any) -> str:
    examples = {
        int: "1",
        float: "1",
        str: '"a"',
        datetime.datetime: '"2026-11-16T09:00:00Z"',
        datetime.date: '"2026-11-16"',
        Range: '{"start":"2026-01-01","end":"2026-01-02"}',
        list[int]: "[]",
        dict[str, int]: "{}",
    }
    return f'{{"it":{examples[hint]}}}'


class Faults(unittest.TestCase):
    def raised(self, error: BaseException) -> tuple[Fault, list[tuple[str, str]]]:
        plugin = Plugin("p", "0.1.0", "p")

        @plugin.read
        def operation() -> None:
            """Fails."""
            raise error

        with World() as world, self.assertRaises(Fault) as raised:
            plugin.invoke("operation", "{}")
        return raised.exception, world.lines

    def test_a_fault_is_handed_on(self) -> None:
        for kind in (InvalidInput, Denied, NotFound, Conflict, Unavailable, Internal):
            fault, lines = self.raised(kind("because"))
            self.assertEqual((type(fault), fault.message, lines), (kind, "because", []))

    def test_anything_else_is_internal_with_type_message_and_a_trace_in_the_log(self) -> None:
        for error, message in [
            (ValueError("no good"), "ValueError: no good"),
            (KeyError("k"), "KeyError: 'k'"),
            (RecursionError(), "RecursionError"),
            (SystemExit(3), "the plugin called exit(3), which a call cannot do"),
            (ZeroDivisionError("by \ud800"), "ZeroDivisionError: by \ud800"),
        ]:
            with self.subTest(error=error):
                fault, lines = self.raised(error)
                self.assertEqual((fault.kind, fault.message), ("internal", message))
                self.assertEqual(lines[0][0], "error")
                self.assertIn("Traceback", lines[0][1])
                self.assertIn("test_invoke.py", lines[0][1])

    def test_what_the_file_system_says_keeps_its_meaning(self) -> None:
        import errno

        for error, kind in [
            (PermissionError(errno.EACCES, "Permission denied", "/notes/a"), "denied"),
            (OSError(errno.ENOSPC, "No space left", "/notes/a"), "denied"),
            (FileNotFoundError(errno.ENOENT, "No such file", "/no-such-mount/a"), "denied"),
            (FileNotFoundError(errno.ENOENT, "No such file", __file__ + "x"), "not-found"),
            (FileExistsError(errno.EEXIST, "File exists", "/notes/a"), "conflict"),
            (IsADirectoryError(errno.EISDIR, "Is a directory", "/notes"), "invalid-input"),
            (TimeoutError("too long"), "unavailable"),
        ]:
            with self.subTest(error=error):
                fault, _ = self.raised(error)
                self.assertEqual(fault.kind, kind)

    def test_an_unknown_operation_is_not_found(self) -> None:
        with self.assertRaisesRegex(NotFound, "no operation `nothing`"):
            Plugin("p", "0.1.0", "p").invoke("nothing", "{}")
