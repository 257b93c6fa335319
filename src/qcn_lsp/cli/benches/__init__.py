"""The benchmarks behind `qcn-lsp bench`, one module each."""
