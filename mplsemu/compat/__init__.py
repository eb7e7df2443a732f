"""What other packages need to be imported without surprises."""
