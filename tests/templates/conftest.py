from tests.processes.conftest import project

__all__ = ["project"]
