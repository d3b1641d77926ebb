"""Execution: carries one attempt out and says how it ended. Knows nothing of DAGs, retries or SQL."""
