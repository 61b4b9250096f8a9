"""``python -m hlsgate``."""

from hlsgate.cli.main import main

if __name__ == "__main__":
    main()
