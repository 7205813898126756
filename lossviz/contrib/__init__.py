"""Additions of one file each; every module here is loaded at the start."""
