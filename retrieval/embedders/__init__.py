"""One file per way to run an embedding model; nothing heavy is imported before a model is opened."""
