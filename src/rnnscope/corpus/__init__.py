"""Any text to ids: read, alphabet, split, lanes; built-in and generated texts; what a text is made of."""
