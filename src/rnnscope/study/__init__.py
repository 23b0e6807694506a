"""Plans and runs everything for one text: which networks (`plan`), doing it (`run`), the table of results (`table`)."""
