"""An emulated NI-DAQmx card, over gRPC and below the client's C library."""
