"""Figures: summarise, then draw; the theme in one place."""
