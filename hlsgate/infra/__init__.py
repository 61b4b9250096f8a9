"""What any program needs: files, processes, a cache, errors; nothing of networks or FPGAs."""
