"""Start the server on standard input and output."""

from air_watch.server import mcp

if __name__ == "__main__":
    mcp.run(transport="stdio")
