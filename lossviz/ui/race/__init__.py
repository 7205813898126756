"""The race page: optimizers on functions of two variables."""
