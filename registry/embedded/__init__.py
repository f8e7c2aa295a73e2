"""The embedded default: PostgreSQL and Valkey from wheels, with the supervisor of all processes."""
