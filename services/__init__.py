"""Services and their version sets, on a real platform or on the embedded one."""
