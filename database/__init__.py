"""Schema and migrations shared by jobs and quota."""
