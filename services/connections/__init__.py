"""Where Turnlab connects to: the environment, files of the vendor's CLI, our own file, or the embedded platform."""
