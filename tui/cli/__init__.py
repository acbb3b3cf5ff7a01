"""The command line: parse, call the simulator or the services, print a table or JSON."""
