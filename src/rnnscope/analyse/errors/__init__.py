"""What remains wrong, and who gets it right: errors of several predictors on the same symbols, position by position."""
