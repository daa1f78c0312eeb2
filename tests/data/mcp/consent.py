"""The `mcp` library calls an operation that writes, and its person answers.

    consent.py legacy|auto yes|no|unticked|cannot TOOL ARGUMENTS COMMAND…

Prints as one JSON document what the person was asked, and what the call gave.
"""

import json
import os
import sys

import anyio
import mcp_types as types
from mcp import Client, StdioServerParameters

ANSWERS = {
    "yes": types.ElicitResult(action="accept", content={"allow": True}),
    "no": types.ElicitResult(action="decline"),
    # The form was sent, with the box left empty.
    "unticked": types.ElicitResult(action="accept", content={"allow": False}),
}


async def main(mode, answer, tool, arguments, command):
    asked = []

    async def person(context, params):
        asked.append({"message": params.message, "schema": params.requested_schema})
        return ANSWERS[answer]

    server = StdioServerParameters(command=command[0], args=command[1:], env=dict(os.environ))
    # Without a callback, the library does not say that it can ask.
    callback = None if answer == "cannot" else person
    async with Client(server, mode=mode, elicitation_callback=callback, read_timeout_seconds=60) as client:
        results = [await client.call_tool(tool, json.loads(arguments)) for _ in range(2)]
    print(
        json.dumps(
            {
                "asked": asked,
                "results": [
                    {
                        "error": result.is_error,
                        "words": [block.text for block in result.content if block.type == "text"],
                        "data": result.structured_content,
                    }
                    for result in results
                ],
            }
        )
    )


anyio.run(main, sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4], sys.argv[5:])
