"""Values that a JSON schema asks for, out of a document that was read."""
