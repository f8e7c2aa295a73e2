"""Air Watch: read-only air-quality tools over the Model Context Protocol."""
