"""What is tuned: services and their version sets, on a real platform or the embedded one."""
