"""What is around a plugin: http, configuration, the log."""

import logging
import unittest

from remit_plugin import Conflict, Denied, Fault, InvalidInput, NotFound, Unavailable, config, http, log
from remit_plugin.http import Headers, Request, Response
from remit_plugin.testing import World


class Http(unittest.TestCase):
    def test_a_request_is_sent_as_it_was_asked_for(self) -> None:
        with World(http=lambda _: Response(201)) as world:
            http.post(
                "https://example.org/a?x=1",
                params={"q": "a b&c", "n": [1, 2], "none": None},
                headers={"Accept": "text/html"},
                json={"ü": 1},
                timeout=2.5,
            )
        (sent,) = world.requests
        self.assertEqual(sent.method, "POST")
        self.assertEqual(sent.url, "https://example.org/a?x=1&q=a%20b%26c&n=1&n=2")
        self.assertEqual(sent.headers, [("Accept", "text/html"), ("content-type", "application/json")])
        self.assertEqual((sent.body, sent.timeout), ('{"ü": 1}'.encode(), 2.5))

    def test_bodies(self) -> None:
        for data, body, kind in [
            (b"raw", b"raw", None),
            ("text", b"text", "text/plain; charset=utf-8"),
            ({"a": "1 2"}, b"a=1%202", "application/x-www-form-urlencoded"),
        ]:
            with World(http=lambda _: Response(200)) as world:
                http.put("https://example.org/", data=data)
            sent = world.requests[0]
            self.assertEqual((sent.body, dict(sent.headers).get("content-type")), (body, kind))

    def test_a_url_is_taken_apart_and_not_repaired(self) -> None:
        for url, parts in [
            ("http://127.0.0.1:9090/api?x=1", ("http", "127.0.0.1:9090", "/api?x=1")),
            ("https://example.org", ("https", "example.org", "")),
            ("https://example.org?x=/", ("https", "example.org", "?x=/")),
        ]:
            self.assertEqual(Request("GET", url).parts(), parts)
        for url in ["example.org/x", "http:///x", "", "://x"[1:]]:
            with self.assertRaises(InvalidInput):
                Request("GET", url).parts()

    def test_a_world_without_answers_denies(self) -> None:
        with World(), self.assertRaises(Denied):
            http.get("https://example.org/")

    def test_a_status_is_an_answer_until_a_fault_is_made_of_it(self) -> None:
        for status, fault in [
            (403, Denied),
            (404, NotFound),
            (409, Conflict),
            (422, InvalidInput),
            (429, Unavailable),
            (500, Unavailable),
            (302, Unavailable),
        ]:
            with World(http=lambda _, status=status: Response(status, body=b"because\n of")):
                response = http.get("https://example.org/")
                self.assertFalse(response.ok)
                with self.assertRaises(Fault) as raised:
                    response.raise_for_status()
            self.assertIs(type(raised.exception), fault)
            self.assertEqual(raised.exception.message, f"https://example.org/ answered {status}: because of")
        self.assertTrue(Response(204).raise_for_status().ok)

    def test_bodies_are_read_by_their_charset(self) -> None:
        latin = Headers([("Content-Type", 'text/html; Charset="ISO-8859-1"')])
        self.assertEqual(Response(200, latin, b"\xe9").text, "é")
        self.assertEqual(Response(200, Headers([]), b"\xff").text, "\ufffd")
        self.assertEqual(Response(200, Headers([("content-type", "x; charset=no-such")]), "é".encode()).text, "é")
        self.assertEqual(Response(200, body=b'{"a":1}').json(), {"a": 1})
        with self.assertRaisesRegex(Unavailable, "not JSON"):
            Response(200, body=b"<html>").json()

    def test_headers_are_found_whatever_their_case(self) -> None:
        headers = Headers([("Set-Cookie", "a"), ("set-cookie", "b")])
        self.assertEqual((headers["SET-COOKIE"], headers.all("set-cookie")), ("a", ["a", "b"]))
        self.assertIsNone(headers.get("etag"))


class Config(unittest.TestCase):
    def test_values_are_there_as_configured(self) -> None:
        with World(config={"folder": "/notes"}):
            self.assertEqual(config.get("folder"), "/notes")
            self.assertEqual(config.require("folder"), "/notes")
            self.assertEqual(config.everything(), {"folder": "/notes"})
            self.assertIsNone(config.get("other"))
            self.assertEqual(config.get("other", "x"), "x")

    def test_what_is_required_and_missing_is_denied(self) -> None:
        with World(), self.assertRaisesRegex(Denied, "`base-url`"):
            config.require("base-url")


class Log(unittest.TestCase):
    def test_lines_have_their_level(self) -> None:
        with World() as world:
            log.debug("a")
            log.info("b")
            log.warn("c")
            log.error("d \ud800")
        self.assertEqual(world.lines, [("debug", "a"), ("info", "b"), ("warn", "c"), ("error", "d \\ud800")])

    def test_logging_can_be_handed_on(self) -> None:
        logger = logging.Logger("x")
        logger.addHandler(log.handler())
        with World() as world:
            logger.warning("%d left", 3)
        self.assertEqual(world.lines, [("warn", "3 left")])
