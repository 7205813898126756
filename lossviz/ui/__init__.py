"""What the pages are made of: state and URL, widgets from catalogues, the stage."""
