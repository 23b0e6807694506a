"""The LSTM whose gates see the memory."""
