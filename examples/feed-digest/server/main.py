"""MCP server that lists new items of RSS and Atom feeds."""

import logging

from mcp.server.mcpserver import MCPServer

import feeds

logging.basicConfig(level=logging.INFO)
log = logging.getLogger("feed-digest")

mcp = MCPServer("feed-digest")


@mcp.tool()
def list_feeds() -> list:
    """List the feeds that are set up"""
    return sorted(feeds.configured())


@mcp.tool()
def latest_items(feed: str, limit: int = 10) -> list:
    """Get the newest items of a feed

    feed: name of the feed as given by list_feeds
    limit: how many items to return
    """
    url = feeds.configured().get(feed)
    if url is None:
        raise ValueError(f"unknown feed {feed}")
    log.info("reading %s", feed)
    return feeds.items(url)[:limit]


@mcp.tool()
def search_items(word: str) -> list:
    """Search the titles of all feeds for a word"""
    found = []
    for name, url in feeds.configured().items():
        try:
            found += [dict(item, feed=name) for item in feeds.items(url) if word.lower() in item["title"].lower()]
        except Exception as error:
            log.warning("could not read %s: %s", name, error)
    return found


if __name__ == "__main__":
    mcp.run()
