"""The data page: a table looked at, cleaned, scaled, and trained on."""
