"""How fast this machine trains, samples and reads here and with `torch.nn`, measured side by side (docs/bench.md)."""
