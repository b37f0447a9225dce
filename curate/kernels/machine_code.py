"""Machine code of kernels: made by numba, kept on disk, and loaded by LLVM alone.

numba takes a third of a second to load, in every process that uses it; LLVM, with which it compiles, takes a tenth of that. So
numba is loaded only where machine code is not kept yet: at the first use on a machine, and after a change.
"""

import hashlib
import os
import platform
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from types import FunctionType
from typing import Any

from curate.files import digest_text, replacing
from curate.kernels.signature import Signature

_LOADING = Lock()
_OF_THE_SYSTEM = ("llvm.", "mem")  # LLVM's own functions, and memcpy, memmove and memset
_DIGEST_BYTES = 32


def name_of(function: FunctionType, source: Path, signature: Signature) -> str:
    """Return the name of a kernel's machine code, in which all stands that it depends on."""
    made_by = f"{version('numba')} {version('llvmlite')} {_processor()}"
    state = digest_text(source.read_text(encoding="utf-8"), signature.text, made_by)
    return f"{source.stem}_{function.__name__.strip('_')}_{state[:24]}"


@cache
def _processor() -> str:
    """Return what the machine code is made for."""
    import llvmlite.binding as llvm

    return f"{platform.machine()} {llvm.get_host_cpu_name()} {llvm.get_host_cpu_features().flatten()}"


def kept(name: str, source: Path) -> bytes | None:
    """Return machine code that is kept and unharmed."""
    for folder in _folders(source):
        with suppress(OSError):
            found = (folder / f"{name}.kernel").read_bytes()
            code = found[_DIGEST_BYTES:]
            if hashlib.sha256(code).digest() == found[:_DIGEST_BYTES]:
                return code
    return None


def keep(code: bytes, name: str, source: Path) -> None:
    """Keep machine code in the first folder that can be written; where there is none, each process compiles anew."""
    for folder in _folders(source):
        with suppress(OSError), replacing(folder / f"{name}.kernel") as temporary:
            temporary.write_bytes(hashlib.sha256(code).digest() + code)
            return


def _folders(source: Path) -> list[Path]:
    """Return where machine code may stand: where `NUMBA_CACHE_DIR` says, or else beside the source, or in the user's cache."""
    named = os.environ.get("NUMBA_CACHE_DIR")
    if named:
        return [Path(named)]
    caches = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111  (it fails where there is no home)
    return [source.parent / "__pycache__", Path(caches) / "fairlead"]


def compile_kernel(compiled: Any, signature: Signature, name: str) -> bytes:
    """Return the machine code of a kernel that numba has compiled, as an object file with a function of a name.

    numba's module holds what calls the function from Python, too; all but the function itself is left out.
    """
    import llvmlite.binding as llvm
    from numba.core.sigutils import normalize_signature

    arguments, _result = normalize_signature(signature.text)
    module = llvm.parse_assembly(compiled.inspect_llvm(arguments))
    function = module.get_function(compiled.overloads[arguments].fndesc.llvm_func_name)
    taken = ["ptr" if "_p" in kind.__name__ else kind.__name__ for kind in signature.types]
    assert len(list(function.arguments)) == len(taken), f"{name} is called in another way than numba's functions were"
    function.name = name
    for defined in (*module.functions, *module.global_variables):
        if not defined.is_declaration and defined.name != name:
            defined.linkage = "internal"
    machine = _machine()
    passes = llvm.create_new_module_pass_manager()
    passes.add_global_dead_code_eliminate_pass()
    passes.run(module, llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options()))
    needed = [each.name for each in module.functions if each.is_declaration]
    assert all(each.startswith(_OF_THE_SYSTEM) for each in needed), f"{name} needs {needed}, which only numba has"
    found: bytes = machine.emit_object(module)
    return found


@cache
def _machine() -> Any:
    import llvmlite.binding as llvm

    features = llvm.get_host_cpu_features().flatten()
    target = llvm.Target.from_default_triple()
    return target.create_target_machine(cpu=llvm.get_host_cpu_name(), features=features, opt=3, jit=True)


@cache
def _engine() -> Any:
    """Return what holds the machine code of this process, for as long as it runs."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_default_triple().create_target_machine(jit=True)
    return llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)


def load(code: bytes, name: str) -> int:
    """Return the address of a function, from the object file that holds it."""
    import llvmlite.binding as llvm

    with _LOADING:
        engine = _engine()
        engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        engine.finalize_object()
        return int(engine.get_function_address(name))
