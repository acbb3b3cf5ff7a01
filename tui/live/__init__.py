"""The Live screen: a call through the microphone."""
