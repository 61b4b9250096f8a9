"""The nouns: networks, recipes, types, targets, designs, suites, measurements; plain data."""
