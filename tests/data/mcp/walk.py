"""The `mcp` library against `remit serve` over stdio: opens a skill, calls, reads, runs the procedure.

    walk.py legacy|auto COMMAND…

Prints what it saw as one JSON document. The library checks each structured result against the tool's output schema by
itself, and fails where it does not fit.
"""

import json
import os
import sys

import anyio
from mcp import Client, StdioServerParameters

QUERY = {"query": "decision", "limit": 3}


def words(result):
    return [block.text for block in result.content if block.type == "text"]


async def all_tools(client):
    """Every page of them."""
    tools, page = [], await client.list_tools(cache_mode="bypass")
    tools += page.tools
    while page.next_cursor:
        page = await client.list_tools(cursor=page.next_cursor)
        tools += page.tools
    return [tool.name for tool in tools]


async def main(mode, command):
    saw = {"changes": [], "progress": []}

    async def heard(message):
        saw["changes"].append(getattr(message, "method", type(message).__name__))

    async def progressed(progress, total, message):
        saw["progress"].append([progress, total, message])

    server = StdioServerParameters(command=command[0], args=command[1:], env=dict(os.environ))
    async with Client(server, mode=mode, message_handler=heard, read_timeout_seconds=60) as client:
        saw["protocol"] = client.protocol_version
        saw["server"] = client.server_info.name
        saw["before"] = await all_tools(client)

        async def opens():
            return await client.call_tool("open_skill", {"skill": "weekly-report"})

        if mode == "legacy":
            opened = await opens()
        else:
            async with client.listen(tools_list_changed=True) as changes:
                opened = await opens()
                with anyio.fail_after(10):
                    async for change in changes:
                        saw["changes"].append(type(change).__name__)
                        break
        saw["opened"] = words(opened)
        saw["after"] = await all_tools(client)

        found = await client.call_tool("weekly-report_mail_search", QUERY)
        saw["found"] = {"error": found.is_error, "words": words(found), "data": found.structured_content}
        wrong = await client.call_tool("weekly-report_mail_search", {"limit": "many"})
        saw["wrong"] = {"error": wrong.is_error, "words": words(wrong)}

        skill = await client.read_resource("skill://weekly-report/SKILL.md")
        saw["skill"] = skill.contents[0].text.splitlines()[:2]
        prompts = await client.list_prompts()
        saw["prompts"] = [prompt.name for prompt in prompts.prompts]
        prompt = await client.get_prompt("weekly-report", {"week": "2026-W46"})
        saw["prompt"] = [message.content.type for message in prompt.messages]

        ran = await client.call_tool("weekly-report_procedure_run", {}, progress_callback=progressed)
        saw["ran"] = {"error": ran.is_error, "words": words(ran)}
        saw["outputs"] = {}
        for block in ran.content:
            if block.type == "resource_link":
                output = await client.read_resource(str(block.uri))
                saw["outputs"][str(block.uri)] = len(output.contents[0].text)
    print(json.dumps(saw))


anyio.run(main, sys.argv[1], sys.argv[2:])
