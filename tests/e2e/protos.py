"""The .proto files as Python classes, made by protoc when a test asks for them."""
import sys
import tempfile
import types
from pathlib import Path

from harness import run
from testing import Skip

ROOT = Path(__file__).resolve().parents[2]
sys.path.append("/usr/lib/python3/dist-packages")  # Debian's, when another python3 comes first.


def messages(proto):
    """Every message and enum value of a .proto file and those it imports, by its short name."""
    try:
        from google.protobuf import descriptor_pb2, message_factory
    except ImportError:
        raise Skip("Debian's package python3-protobuf is not installed") from None
    with tempfile.NamedTemporaryFile(prefix="tillstream-") as file:
        run("protoc", f"-I{ROOT}", "--include_imports", f"--descriptor_set_out={file.name}", proto)
        files = descriptor_pb2.FileDescriptorSet.FromString(file.read()).file
    names = {name.rsplit(".", 1)[1]: made for name, made in message_factory.GetMessages(files).items()}
    names |= {value.name: value.number for one in files for enum in one.enum_type for value in enum.value}
    return types.SimpleNamespace(**names)
