"""The FastAPI door."""
