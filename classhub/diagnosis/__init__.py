"""What `classhub doctor` looks at: one module for the machine, one for a hub's settings, one for a gateway's."""
