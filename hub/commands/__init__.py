"""What the hub tells gateways: orders for devices, configurations, and what rules do by themselves."""
