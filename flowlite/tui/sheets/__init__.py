"""Sheets: what lies over the screen and asks something: forms, lists of what would happen, the palette, the help."""
