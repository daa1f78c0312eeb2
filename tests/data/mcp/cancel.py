"""The `mcp` library gives up a call in the middle, and goes on.

    cancel.py legacy|auto TOOL LONG SHORT COMMAND…

Prints as one JSON document how long the call after the cancelled one took, and what it gave.
"""

import json
import os
import sys
import time

import anyio
from mcp import Client, StdioServerParameters


async def main(mode, tool, long, short, command):
    server = StdioServerParameters(command=command[0], args=command[1:], env=dict(os.environ))
    async with Client(server, mode=mode, read_timeout_seconds=60) as client:
        # The first call prepares the plugin, which is not what is measured.
        await client.call_tool(tool, json.loads(short))
        with anyio.move_on_after(1) as scope:
            await client.call_tool(tool, json.loads(long))
        begun = time.monotonic()
        result = await client.call_tool(tool, json.loads(short))
        took = time.monotonic() - begun
    print(
        json.dumps(
            {
                "cancelled": scope.cancelled_caught,
                "took": took,
                "error": result.is_error,
                "words": [block.text for block in result.content if block.type == "text"],
            }
        )
    )


anyio.run(main, sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4], sys.argv[5:])
