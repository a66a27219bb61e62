#!/usr/bin/env python3
"""The USB scenarios of tests/usb on a real kernel: Debian's own, in a virtual machine, whose USB stack, drivers and udev are the real
ones. The simulated devices are plugged into its virtual host controller (vhci_hcd) by the same program that umockdev runs.

    usb_kernel.py SCENARIOS FOLDER NAME …

runs the scenarios of those names of the program SCENARIOS. Packages are fetched into FOLDER once, and never installed.
"""
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness import BIN, Failure, check, run
from testing import Skip, note, run as run_tests

SCENARIOS, FOLDER, NAMES = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve(), sys.argv[3:]
# In the order in which they need each other.
MODULES = ("usb/common/usb-common", "usb/core/usbcore", "usb/usbip/usbip-core", "usb/usbip/vhci-hcd", "hid/hid", "hid/usbhid/usbhid",
           "hid/hid-generic", "usb/class/cdc-acm", "usb/class/usblp")
SECONDS_MAX = 240

INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
mkdir -p /tmp
for module in {modules}; do insmod /modules/$module.ko; done
systemd-udevd --daemon
for name in {names}; do
  usb_scenarios /bin/tillctl $name kernel 2>&1
  echo "guest: $name ended with $? at $(cut -d' ' -f1 /proc/uptime) s"
done
dmesg | grep -E 'BUG|Oops|WARNING|Call Trace|hung' | sed 's/^/guest: the kernel says: /'
dmesg | tail -n 60 > /dev/ttyS1
echo "guest: done"
poweroff -f
"""


def fetched():
    """The folder with the packages unpacked that the machine is made of."""
    done = FOLDER / "packages"
    if done.exists():
        return done
    about = subprocess.run(["apt-cache", "depends", "linux-image-amd64"], capture_output=True, text=True)
    kernel = re.search(r"Depends: (linux-image-\S+)", about.stdout)
    if not kernel:
        raise Skip("apt knows of no linux-image-amd64")
    part = FOLDER / "part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    apt = subprocess.run(["timeout", "120", "apt-get", "download", kernel[1], "busybox-static", "libkmod2", "udev"], cwd=part,
                         capture_output=True, text=True)
    if apt.returncode != 0:
        raise Skip(f"apt cannot fetch the kernel: {apt.stderr.strip()[-200:]}")
    for package in part.glob("*.deb"):
        kept = ("./boot/vmlinuz-*", "./lib/modules/*/drivers/usb/*", "./lib/modules/*/drivers/hid/*") if "linux-image" in package.name else ()
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE) as unpacked:
            subprocess.run(["tar", "-x", "-C", part, "--wildcards", *kept], stdin=unpacked.stdout, check=True)
        package.unlink()
    return part.rename(done)


def with_libraries(root, program, libraries):
    """Puts the program into /bin, and what it is linked with where it is looked for."""
    shutil.copy2(program, root / "bin" / Path(program).name)
    listed = run("ldd", program, env={"LD_LIBRARY_PATH": str(libraries)}).stdout
    check("not found" not in listed, f"{program} has its libraries:\n{listed}")
    for library in re.findall(r"(/\S+) \(0x", listed):
        to = root / ("lib64" if "ld-linux" in library else "lib/x86_64-linux-gnu") / Path(library).name
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(library, to)


def first_disk(packages, folder):
    """The machine's whole disk: an archive that the kernel unpacks into memory."""
    root = folder / "root"
    for name in ("bin", "dev", "etc", "modules", "proc", "run", "sys", "tmp"):
        (root / name).mkdir(parents=True)
    for program in (SCENARIOS, BIN / "tillctl", shutil.which("lsusb"), packages / "bin/udevadm"):
        with_libraries(root, program, packages / "lib/x86_64-linux-gnu")
    shutil.copy2(packages / "bin/busybox", root / "bin")
    (root / "bin/systemd-udevd").symlink_to("udevadm")  # One program: it goes by its name.
    shutil.copytree(packages / "lib/udev/rules.d", root / "lib/udev/rules.d")
    for name in ("passwd", "group"):
        shutil.copy(f"/usr/share/base-passwd/{name}.master", root / "etc" / name)
    for module in MODULES:
        shutil.copy(next(packages.glob(f"lib/modules/*/kernel/drivers/{module}.ko")), root / "modules")
    init = root / "init"
    init.write_text(INIT.format(modules=" ".join(Path(module).name for module in MODULES), names=" ".join(NAMES)))
    init.chmod(0o755)
    with open(folder / "disk", "wb") as disk:
        names = subprocess.run(["find", "."], cwd=root, capture_output=True, check=True).stdout
        subprocess.run([packages / "bin/busybox", "cpio", "-o", "-H", "newc"], cwd=root, input=names, stdout=disk,
                       stderr=subprocess.DEVNULL, check=True)
    return folder / "disk"


def run_machine(kernel, disk, messages):
    """What it says from its start to its end."""
    # Without hardware help: where that is offered and does not work, it hangs.
    machine = subprocess.Popen(
        ["qemu-system-x86_64", "-accel", "tcg", "-m", "512", "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none",
         "-serial", "stdio", "-serial", f"file:{messages}", "-kernel", kernel, "-initrd", disk,
         "-append", "console=ttyS0 loglevel=1 panic=-1"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    try:
        return machine.communicate(timeout=SECONDS_MAX)[0].replace("\r", "")
    except subprocess.TimeoutExpired:
        machine.kill()
        said = machine.communicate()[0]
        raise Failure(f"the machine did not end within {SECONDS_MAX} s; it said:\n{said}") from None


def test_the_drivers_hold_on_a_real_kernel():
    """Scanners, scales and readers are found, read, pulled, plugged back and given back to the kernel's drivers by a real kernel's USB stack."""
    if not shutil.which("qemu-system-x86_64"):
        raise Skip("Debian's package qemu-system-x86 is not installed")
    packages = fetched()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        began = time.monotonic()
        said = run_machine(next(packages.glob("boot/vmlinuz-*")), first_disk(packages, folder), folder / "messages")
        messages = (folder / "messages").read_text(errors="replace")
    for line in said.splitlines():
        note(line)
    note(f"the machine took {time.monotonic() - began:.1f} s")
    broken = [name for name in NAMES if f"guest: {name} ended with 0 " not in said or f"{name} held" not in said]
    check(not broken, f"not held: {', '.join(broken)}; the kernel's last messages:\n{messages}")
    check("guest: the kernel says" not in said and "guest: done" in said, "the kernel itself is in order")


if __name__ == "__main__":
    sys.argv = sys.argv[:1]
    run_tests(globals())
