"""Tools that make hardware: run, their reports read, their Verilog simulated."""
