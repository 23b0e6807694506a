"""The gated recurrent unit, reset before the product."""
