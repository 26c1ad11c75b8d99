"""What the integration scenarios, the demo and the benchmarks share: servers, the program, the lake, the oracle."""
