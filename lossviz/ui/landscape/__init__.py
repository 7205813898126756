"""The landscape page: slices through the losses of real networks."""
