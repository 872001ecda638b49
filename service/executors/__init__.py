"""Where page tasks are computed."""
