"""The contract between gateways and hubs: pure data, no input or output, no clock."""
