"""What is made, one module a stage: each product with its maker, and how it is read."""
