"""The stage record: what cells did and what was predicted while a trained network read a text."""
