"""The eBPF data plane: one tc program for all LSRs, maps keyed by LSR."""
