"""The JavaScript and TypeScript front-end."""
