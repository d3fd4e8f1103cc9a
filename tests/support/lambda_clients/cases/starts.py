"""How a function starts, or does not."""

from __future__ import annotations

import re
from typing import Final

from support.lambda_clients.case import Case

_GOOD: Final = "def handler(event, context):\n    return __name__\n"

CASES: Final = (
    Case(
        "handler in a package, with a slash",
        "",
        "found",
        handler="pkg/app.handler",
        files={"pkg/__init__.py": "", "pkg/app.py": _GOOD},
        expected={"1.body": '"pkg.app"'},
    ),
    Case(
        "handler in a package, with a dot",
        "",
        "found",
        handler="pkg.app.handler",
        files={"pkg/app.py": _GOOD},
        expected={"1.body": '"pkg.app"'},
    ),
    Case(
        "handler that is missing",
        "x = 1\n",
        "Runtime.HandlerNotFound",
        expected={
            "start.error": "Runtime.HandlerNotFound",
            "start.message": "Handler 'handler' missing on module 'app'",
            "exit": 1,
        },
    ),
    Case(
        "handler's name without a dot",
        _GOOD,
        "Runtime.MalformedHandlerName",
        handler="app",
        expected={"start.error": "Runtime.MalformedHandlerName"},
        aws={"start.message": "Bad handler 'app': not enough values to unpack (expected 2, got 1)"},
        ours={"start.message": "Bad handler 'app': it is not MODULE.FUNCTION"},
        ours_says="the same; the message says what is wrong",
    ),
    Case(
        "handler's name that ends with a dot",
        _GOOD,
        "Runtime.HandlerNotFound",
        handler="app.",
        expected={"start.error": "Runtime.HandlerNotFound"},
    ),
    Case(
        "handler's name that begins with a dot",
        _GOOD,
        "ValueError",
        handler=".handler",
        expected={"start.error": "ValueError"},
    ),
    Case(
        "no module of that name",
        _GOOD,
        "Runtime.ImportModuleError",
        handler="other.handler",
        expected={
            "start.error": "Runtime.ImportModuleError",
            "start.message": "Unable to import module 'other': No module named 'other'",
            "start.stack": [],
        },
    ),
    Case(
        "import that fails",
        "import missing\n" + _GOOD,
        "Runtime.ImportModuleError",
        expected={"start.message": "Unable to import module 'app': No module named 'missing'"},
    ),
    Case(
        "import that fails in another module",
        "import helper\n" + _GOOD,
        "Runtime.ImportModuleError",
        files={"helper.py": "from os import nothing\n"},
        expected={"start.error": "Runtime.ImportModuleError"},
        gone=(),
    ),
    Case(
        "syntax error",
        "def handler(:\n",
        "Runtime.UserCodeSyntaxError, with the line",
        expected={"start.error": "Runtime.UserCodeSyntaxError"},
    ),
    Case(
        "syntax error in another module",
        "import helper\n",
        "Runtime.UserCodeSyntaxError, with the line",
        files={"helper.py": "x = = 1\n"},
        expected={"start.error": "Runtime.UserCodeSyntaxError"},
    ),
    Case(
        "tabs and spaces mixed",
        "def handler(event, context):\n\treturn 1\n        return 2\n",
        "Runtime.UserCodeSyntaxError",
    ),
    Case(
        "module that raises while it is imported",
        "raise RuntimeError('not today')\n",
        "the stack begins in Lambda's own files",
        aws={"start.stack": re.compile("<frozen importlib")},
        ours={
            "start.stack": ["  File \"/var/task/app.py\", line 1, in <module>\n    raise RuntimeError('not today')\n"]
        },
        ours_says="the same; the stack holds the function's own frames alone",
    ),
    Case(
        "module that raises",
        "def load():\n    raise RuntimeError('not today')\nload()\n",
        "type, message and stack",
        expected={"start.error": "RuntimeError", "start.message": "not today"},
    ),
    Case(
        "module that calls sys.exit(7)",
        "import sys\nsys.exit(7)\n",
        "the process ends with 7",
        expected={"exit": 7},
        gone=(),
    ),
    Case(
        "module that raises KeyboardInterrupt",
        "raise KeyboardInterrupt\n",
        "the process ends by SIGINT",
        expected={"exit": -2},
    ),
    Case(
        "module with a built-in name",
        "",
        "Runtime.BuiltInModuleConflict",
        handler="time.handler",
        expected={
            "start.error": "Runtime.BuiltInModuleConflict",
            "start.message": "Cannot use built-in module time as a handler module",
        },
    ),
    Case(
        "file with an unusual name",
        "",
        "found",
        handler="my-app.handler",
        files={"my-app.py": "def handler(event, context):\n    return __name__\n"},
        expected={"1.body": '"my-app"'},
    ),
    Case(
        "file that names another encoding",
        "# coding: latin-1\ndef handler(event, context):\n    return 'Ã©'\n",
        "read as it says",
    ),
    Case(
        "handler of a class",
        "class App:\n    def __call__(self, event, context):\n        return 'called'\nhandler = App()\n",
        "called",
        expected={"1.body": '"called"'},
    ),
    Case(
        "handler that is a partial",
        "import functools\ndef work(a, event, context):\n    return a\nhandler = functools.partial(work, 7)\n",
        "called",
        expected={"1.body": "7"},
    ),
    Case(
        "module with __getattr__",
        "def __getattr__(name):\n"
        "    if name == 'handler':\n"
        "        return lambda event, context: 'made'\n"
        "    raise AttributeError(name)\n",
        "asked for the handler",
        expected={"1.body": '"made"'},
    ),
    Case(
        "search path",
        "import sys, os\n"
        "def handler(event, context):\n"
        "    return sys.path[0], os.getcwd(), os.environ['LAMBDA_RUNTIME_DIR'] in sys.path\n",
        "the function's folder is first",
        expected={"1.body": '["/var/task", "/var/task", true]'},
    ),
    Case(
        "search path of PYTHONPATH",
        "import extra\ndef handler(event, context):\n    return extra.here\n",
        "its folders, after the function's",
        environ={"PYTHONPATH": "sub:other"},
        files={"sub/extra.py": "here = 'sub'\n"},
        expected={"1.body": '"sub"'},
    ),
    Case(
        "path configuration file",
        "import extra\ndef handler(event, context):\n    return extra.here\n",
        "its folders too",
        files={"sub/extra.py": "here = 'sub'\n", "more.pth": "sub\n"},
        expected={"1.body": '"sub"'},
    ),
    Case(
        "PYTHONWARNINGS",
        "import warnings\ndef handler(event, context):\n    warnings.warn('careful')\n",
        "honoured",
        environ={"PYTHONWARNINGS": "error"},
        expected={"1.kind": "UserWarning"},
    ),
    Case(
        "PYTHONHASHSEED",
        "def handler(event, context):\n    return hash('a')\n",
        "honoured",
        environ={"PYTHONHASHSEED": "0"},
    ),
    Case(
        "PYTHONOPTIMIZE",
        "def handler(event, context):\n    assert False\n    return __debug__\n",
        "honoured",
        environ={"PYTHONOPTIMIZE": "1"},
        expected={"1.body": "false"},
    ),
    Case(
        "PYTHONUTF8, PYTHONIOENCODING",
        "import sys\ndef handler(event, context):\n    return sys.stdout.encoding, sys.flags.utf8_mode\n",
        "honoured",
        environ={"PYTHONUTF8": "1", "PYTHONIOENCODING": "latin-1"},
    ),
    Case(
        "PYTHONDONTWRITEBYTECODE, PYTHONPYCACHEPREFIX",
        "import sys\ndef handler(event, context):\n    return sys.dont_write_bytecode, sys.pycache_prefix\n",
        "honoured",
        environ={"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPYCACHEPREFIX": "/var/task/cache"},
        expected={"1.body": '[true, "/var/task/cache"]'},
    ),
    Case(
        "builtins",
        "import builtins\n"
        "def handler(event, context):\n"
        "    return sorted(n for n in ('exit', 'quit', 'help', 'copyright') if hasattr(builtins, n))\n",
        "those of site",
        aws={"1.body": '["copyright", "exit", "help", "quit"]'},
        ours={"1.body": '["exit", "quit"]'},
        ours_says="exit and quit: site is not imported, as that takes time, and the others are for people at "
        "a terminal",
    ),
    Case(
        "encoding without a locale",
        "import sys\n"
        "def handler(event, context):\n"
        "    print('é')\n"
        "    return sys.stdout.encoding, sys.stdout.errors, sys.getfilesystemencoding(), sys.flags.utf8_mode\n",
        "UTF-8",
        environ={"LANG": "C"},
    ),
    Case(
        "module of the process",
        "import sys\n"
        "def handler(event, context):\n"
        "    return sys.modules['__main__'].__name__, sys.flags.no_user_site >= 0, callable(sys.exit)\n",
        "`__main__` is the client's",
        expected={"1.body": '["__main__", true, true]'},
    ),
)
