"""The LSTM with coupled input and forget gates."""
