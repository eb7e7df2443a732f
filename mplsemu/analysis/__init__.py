"""What follows from a program: connectivity of VPNs, alarms, what failures do; pure."""
