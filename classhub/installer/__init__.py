"""What the person with the screwdriver needs: which device hangs on a port, what it says, and a recording of it."""
