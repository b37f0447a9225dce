"""Machine code of kernels: made by numba, and loaded by LLVM alone.

numba takes much longer to load than LLVM, with which it compiles, in every process that uses it. So numba is loaded only
where machine code is not kept yet: at the first use on a machine, and after a change.
"""

import ctypes
import os
import platform
from functools import cache
from threading import Lock
from typing import Any

from curate.kernels.signature import Signature
from curate.packages import package_version

_LOADING = Lock()
_OF_THE_SYSTEM = ("llvm.", "mem")  # LLVM's own functions, and memcpy, memmove and memset
_LLVM_TYPES = {
    ctypes.c_void_p: "ptr",
    ctypes.c_uint8: "i8",
    ctypes.c_uint32: "i32",
    ctypes.c_uint64: "i64",
    ctypes.c_int64: "i64",
    ctypes.c_double: "double",
}


@cache
def _features() -> str:
    """Return what the processor can do. Vectors are as wide as it has them: LLVM takes half where the first ones ran slower."""
    import llvmlite.binding as llvm

    features: str = llvm.get_host_cpu_features().flatten()
    return f"{features},-prefer-256-bit" if platform.machine() == "x86_64" else features


def set_up_numba() -> None:
    """Let numba compile for what the processor can do, unless somebody has told it otherwise or it has begun."""
    from numba.core import config

    if config.CPU_FEATURES is None:
        config.CPU_FEATURES = _features()


@cache
def made_by() -> str:
    """Return by what, how and for which processor machine code is made; the number rises when this file makes it in another way."""
    import llvmlite.binding as llvm

    processor = f"{platform.machine()} {llvm.get_host_cpu_name()} {llvm.get_host_cpu_features().flatten()}"
    checked = os.environ.get("NUMBA_BOUNDSCHECK", "")
    return f"2 {package_version('numba')} {package_version('llvmlite')} {checked} {processor}"


def compile_kernel(compiled: Any, signature: Signature, name: str) -> bytes:
    """Return the machine code of a kernel that numba has compiled, as an object file with a function of a name.

    numba's module holds what calls the function from Python, too; all but the function itself is left out.
    """
    import llvmlite.binding as llvm
    from numba.core.sigutils import normalize_signature

    arguments, _result = normalize_signature(signature.text)
    module = llvm.parse_assembly(compiled.inspect_llvm(arguments))
    function = module.get_function(compiled.overloads[arguments].fndesc.llvm_func_name)
    taken = [str(argument.type) for argument in function.arguments]
    assert taken == [_LLVM_TYPES[kind] for kind in signature.types], (
        f"{name} is called in another way than we know: {taken}"
    )
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

    target = llvm.Target.from_default_triple()
    return target.create_target_machine(cpu=llvm.get_host_cpu_name(), features=_features(), opt=3, jit=True)


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
        if not engine.get_function_address(name):  # of two kernels made of the same
            engine.add_object_file(llvm.ObjectFileRef.from_data(code))
            engine.finalize_object()
        address = int(engine.get_function_address(name))
    assert address, f"{name} is not in its object file"
    return address
