"""The page of losses: controls, pictures for the sketch, and what is said about them."""
