"""Programs that make the small models in the repository. Nothing here is imported by the product."""
