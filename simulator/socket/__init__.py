"""The simulated agent on a WebSocket, and a recorded caller who calls any such agent and measures it from the
audio."""
