"""What each verb of the command line does, as a function with a value to print."""
