"""The gated recurrent unit, reset after the product."""
