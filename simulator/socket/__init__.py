"""The simulated agent on a WebSocket, and a recorded caller that calls and measures any such agent."""
