"""What the scripts of this folder share: they read the tap's messages, and print the tables that a target makes of them."""
import importlib.abc
import importlib.machinery
import json
import socket
import sys
import types
from collections import OrderedDict

package = sys.argv[1]
# How many levels of objects the target flattens, by its own setting: first none, then all that there are.
depths = (0, 10)


class Absent(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Stands for libraries that only connect: whatever is taken from them is a class that does nothing."""

    def __init__(self, names):
        self.names = names

    def find_spec(self, name, path=None, target=None):
        if any(name == one or name.startswith(one + '.') for one in self.names):
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec):
        module = types.ModuleType(spec.name)
        module.__getattr__ = absent_name
        return module

    def exec_module(self, module):
        pass


class Anything(type):
    def __getattr__(cls, name):
        return absent_name(name)


def absent_name(name):
    if name.startswith('__'):
        raise AttributeError(name)
    anything = {'__init__': lambda *_, **__: None, '__getattr__': lambda _, name: absent_name(name)}
    return Anything(name, (Exception,), anything)


def absent(*names):
    """Call it before the target is imported."""
    sys.meta_path.insert(0, Absent(names))


def read_streams():
    """The SCHEMA message of each stream, and its records."""
    streams = OrderedDict()
    for line in sys.stdin:
        message = json.loads(line)
        if message['type'] == 'SCHEMA':
            streams[message['stream']] = (message, [])
        elif message['type'] == 'RECORD':
            streams[message['stream']][1].append(message['record'])
    return streams


def show(depth, stream, table, columns, rows):
    """
    Prints a table on a line.

    columns: pairs of name and type; where a column is a record, its type is such a list, or a list in a list if repeated
    rows: by the names of columns, as they are handed to what connects
    """
    table = {'depth': depth, 'stream': stream, 'table': str(table), 'columns': columns, 'rows': rows}
    print(json.dumps(table, default=str), file=out)


def refuse(*_, **__):
    raise OSError('a translation connects to nothing')


socket.getaddrinfo = socket.socket.connect = socket.socket.connect_ex = refuse

# Targets print what they like.
out, sys.stdout = sys.stdout, sys.stderr
