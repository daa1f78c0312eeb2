"""`fastmcp` against `remit serve`: over stdio, or over http with the bearer token.

    fast.py auto|legacy stdio COMMAND…
    fast.py auto|legacy http URL TOKEN

Prints what it saw as one JSON document.
"""

import asyncio
import json
import os
import sys

from fastmcp import Client
from fastmcp.client.elicitation import ElicitResult
from fastmcp.client.transports import StdioTransport, StreamableHttpTransport
from fastmcp.skills import SkillsClientExtension


def transport(kind, arguments):
    if kind == "http":
        url, token = arguments
        return StreamableHttpTransport(url, auth=token)
    return StdioTransport(arguments[0], arguments[1:], env=dict(os.environ), keep_alive=False)


async def main(mode, kind, arguments):
    saw = {"asked": [], "log": [], "skills": {}}
    answers = [{"allow": True}, ElicitResult(action="decline")]

    async def person(message, response_type, params, context):
        saw["asked"].append(message)
        return answers[len(saw["asked"]) - 1]

    async def logged(message):
        saw["log"].append(str(message.data))

    client = Client(
        transport(kind, arguments),
        mode=mode,
        elicitation_handler=person,
        log_handler=logged,
        extensions=[SkillsClientExtension()],
        timeout=60,
    )
    async with client:
        saw["protocol"] = client.protocol_version
        saw["tools"] = [tool.name for tool in await client.list_tools()]
        simple = await client.call_tool("test_simple_text", {})
        saw["simple"] = simple.structured_content
        image = await client.call_tool("test_image_content", {})
        saw["image"] = [block.type for block in image.content]
        for answer in ("yes", "no"):
            told = await client.call_tool("test_elicitation", {"message": "hello"}, raise_on_error=False)
            saw[answer] = {"error": told.is_error, "words": told.content[0].text}
        failed = await client.call_tool("test_error_handling", {}, raise_on_error=False)
        saw["failed"] = {"error": failed.is_error, "words": failed.content[0].text}
        if mode == "legacy":
            await client.set_logging_level("info")
        await client.call_tool("test_tool_with_logging", {})
        saw["resources"] = [str(resource.uri) for resource in await client.list_resources()]
        text = await client.read_resource("skill://test/references/static-text.txt")
        saw["text"] = text[0].text
        # Each file is fetched, and its size and digest compared with the listing's. Not spoken in the old era.
        for skill in await client.list_skills() if mode != "legacy" else []:
            read = await client.read_skill(skill.uri)
            saw["skills"][skill.uri] = sorted(read.files)
    print(json.dumps(saw))


asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
