"""What a run needs, made on all cores before anything is judged."""
