"""What the core's tests share is beside them: the truth table in words, the pretend world, the judge."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
