"""The stage: every moving picture of a page in one component, with one clock.

`message` describes a scene in plain data, `component` shows it, `routes` serves the files it needs.
"""
