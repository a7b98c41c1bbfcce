#!/usr/bin/env python3
"""The recipes for Slurm and GNU parallel give the files of one run, though a part is killed and another one is sent back to the queue. Slurm is
started here, in a network of its own.

Usage: test_cluster.py OAEXPORT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "test-captures"))
import tools  # noqa: E402

PROGRAM = pathlib.Path(sys.argv[1]).resolve()
RECIPES = TOP / "exporter/cluster"
COUNT = 4
PATIENCE = 240  # seconds
DAEMONS = ("munged", "slurmctld", "slurmd")

# In the place of oaexport: the second part is killed when it runs for the first time; the third one waits then.
WRAPPER = """#!/bin/bash
for word; do [[ $word == */{count} ]] && part=${{word%/*}}; done
if [[ -n ${{part-}} ]] && mkdir "{folder}/seen-$part" 2>/dev/null; then
    case $part in
    2) "{program}" "$@" & kill -9 $!; wait $!; exit $? ;;
    3) if [[ -n ${{SLURM_JOB_ID-}} ]]; then echo waits > "{folder}/waiting"; sleep {patience}; fi ;;
    esac
fi
exec "{program}" "$@"
"""

SLURM_CONF = """ClusterName=parts
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
CryptoType=crypto/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
ReturnToService=2
SchedulerParameters=batch_sched_delay=0,sched_interval=2
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} State=UNKNOWN
PartitionName=all Nodes={host} Default=YES State=UP
"""


def program(name):
    return shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")


def missing():
    """Why there can be no Slurm here; or nothing."""
    if os.getuid() != 0:
        return "not root: Slurm cannot be started"
    return next((f"{name} is not installed" for name in (*DAEMONS, "sbatch", "unshare", "ip") if not program(name)), None)


def wait_until(holds, what, patience=PATIENCE):
    end = time.monotonic() + patience
    while not holds():
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not after {patience} s")
        time.sleep(0.2)


class Cluster(unittest.TestCase):
    """Of one node."""

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        (self.folder / "oaexport").write_text(WRAPPER.format(count=COUNT, folder=self.folder, program=PROGRAM, patience=PATIENCE))
        (self.folder / "oaexport").chmod(0o755)
        self.captures = [TOP / "test-captures/real/basic.pcapng", TOP / "test-captures/real/mapihttp.pcapng"]
        self.environment = {**tools.surroundings(self.folder), "PATH": f"{self.folder}:{os.environ['PATH']}:/usr/sbin:/sbin"}

    def run_recipe(self, name):
        """What it prints."""
        result = subprocess.run([RECIPES / name, str(COUNT), self.folder / "parts", *self.captures, "--", "--rops", "-o", self.folder / "out"],
                                env=self.environment, cwd=self.folder, capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def check(self):
        """The files are those of one run, and both parts were begun twice."""
        tools.oaexport(PROGRAM, "--rops", "-o", self.folder / "one", *self.captures)
        one, out = ({path.name: path.read_bytes() for path in (self.folder / name).iterdir()} for name in ("one", "out"))
        self.assertEqual(sorted(one), sorted(out))
        self.assertEqual([name for name in one if one[name] != out[name]], [])
        self.assertEqual(sorted(path.name for path in self.folder.glob("seen-*")), [f"seen-{part}" for part in range(1, COUNT + 1)])

    @unittest.skipUnless(program("parallel"), "GNU parallel is not installed")
    def test_parallel(self):
        self.run_recipe("oaexport-parallel")
        self.check()

    @contextlib.contextmanager
    def slurm(self):
        """Slurm, until the end of the context."""
        host = os.uname().nodename.split(".")[0]
        for name in ("state", "spool"):
            (self.folder / name).mkdir()
        key = self.folder / "munge.key"
        key.touch(0o600)
        key.write_bytes(os.urandom(128))
        conf = self.folder / "slurm.conf"
        conf.write_text(SLURM_CONF.format(host=host, folder=self.folder, cpus=os.cpu_count()))
        self.environment["SLURM_CONF"] = str(conf)
        commands = ([program("munged"), "--foreground", "--force", f"--key-file={key}", f"--socket={self.folder}/munge.socket", f"--pid-file={self.folder}/munged.pid",
                     f"--log-file={self.folder}/munged.log", f"--seed-file={self.folder}/munged.seed"],
                    [program("slurmctld"), "-D", "-f", conf], [program("slurmd"), "-D", "-f", conf, "-N", host])
        running = []
        try:
            for command in commands:
                log = open(self.folder / f"{pathlib.Path(command[0]).name}.out", "wb")
                running.append(subprocess.Popen(command, env=self.environment, stdout=log, stderr=log))
                log.close()
                if len(running) == 1:
                    wait_until((self.folder / "munge.socket").exists, "munged")
            wait_until(lambda: self.ask("sinfo", "--noheader", "--format=%T").strip() in ("idle", "mixed"), "a node")
            yield
        except AssertionError as error:
            logs = "\n".join(path.read_text(errors="replace")[-3000:] for path in self.folder.glob("*.log"))
            logs += "\n".join(path.read_text(errors="replace")[-1000:] for path in self.folder.glob("parts/*.log"))
            raise AssertionError(f"{error}\n{self.ask('squeue', '--array')}\n{logs}") from error
        finally:
            for process in reversed(running):
                process.terminate()
                process.wait()

    def ask(self, *command):
        return subprocess.run(command, env=self.environment, capture_output=True, text=True).stdout

    @unittest.skipIf(missing(), missing())
    def test_slurm(self):
        with self.slurm():
            parts, merge = self.run_recipe("oaexport-slurm").split()
            wait_until((self.folder / "waiting").exists, "the third part")
            subprocess.run(["scontrol", "requeue", f"{parts}_3"], env=self.environment, check=True)
            wait_until(lambda: not self.ask("squeue", "--noheader", "--jobs", f"{parts},{merge}").strip(), "the jobs")
            self.check()


if __name__ == "__main__":
    if missing():
        print(f"without Slurm: {missing()}")
    elif "--inside" not in sys.argv:
        own = ["unshare", "--net", "sh", "-c", 'ip link set lo up && ip address add 192.0.2.1/32 dev lo && exec "$@"', "sh", sys.executable, *sys.argv, "--inside"]
        os.execvp(own[0], own)
    result = unittest.main(argv=sys.argv[:1], exit=False).result
    sys.exit(1 if not result.wasSuccessful() else 77 if missing() else 0)
