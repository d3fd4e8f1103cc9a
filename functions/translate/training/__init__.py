"""What only training uses. Nothing of this folder is packaged into the function."""
