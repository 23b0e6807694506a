"""Networks over symbols: build, read, score, sample, save and load. See docs/model.md."""
