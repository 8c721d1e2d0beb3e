"""What the system refuses: full disks, closed folders, too little memory. The reason, an exit code, and the files as
they were."""

import json
import os
import resource
import shutil
import struct
import subprocess

from workplace import (
    CIRCLET,
    DIGITS,
    FULL,
    NOBODY,
    SPEND_LOOP,
    Case,
    adopt,
    budget_keeper,
    prove_command,
    run,
    setup_command,
    temporaries,
    traced,
)

ROOT = "5" * 64


class Refusals(Case):
    def files(self, folder):
        """Contents by name; a lock says nothing."""
        return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".lock"}

    def renewal(self, folder):
        return setup_command(folder, "private")

    def create_budget(self, path):
        self.expect(run(SPEND_LOOP, "create", path, ROOT, 10), 0)

    def spend(self, path):
        return [SPEND_LOOP, "spend", path, ROOT, 1, self.scratch / "log"]

    def spent(self, path):
        return int(run(SPEND_LOOP, "status", path).stdout.split()[1])


class Disk(Refusals):
    """On a small file system in memory."""

    def mount(self, options):
        disk = self.scratch / "disk"
        disk.mkdir()
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "none", disk], capture_output=True, text=True, check=False
        )
        if mounted.returncode != 0:
            self.skipTest(f"no file system can be mounted here ({mounted.stderr.strip()}): run as root")
        self.addCleanup(subprocess.run, ["umount", disk], check=True)
        return disk

    def leave_free(self, disk, size):
        """Fills the disk up to `size` bytes."""
        ballast = disk / "ballast"
        ballast.unlink(missing_ok=True)
        status = os.statvfs(disk)
        with ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(1, status.f_bavail * status.f_frsize - size))

    def test_a_disk_that_fills_up_during_setup_or_a_proof_leaves_the_old_files(self):
        disk = self.mount("size=64m")
        folder = disk / "model"
        shutil.copytree(self.model_folder(), folder)
        adopt(folder)
        original = self.files(folder)
        refused = 0
        for name, command in (
            ("setup", self.renewal(folder)),
            ("prove", prove_command(folder, 7, disk / "proof.bin")),
        ):
            done = None
            for pages in [*range(0, 20, 1 if FULL else 4), *range(20, 4000, 10 if FULL else 40)]:
                (disk / "ballast").unlink(missing_ok=True)
                for file, content in original.items():
                    (folder / file).write_bytes(content)
                self.leave_free(disk, pages * 4096)
                done = run(*command)
                self.assertEqual(temporaries(folder) + temporaries(disk), [])
                if done.returncode == 0:
                    break
                self.expect(done, 3, "No space left on device", str(disk))
                refused += 1
                # What was replaced before the disk was full is whole: with it a proof is made, or refused by name.
                (disk / "ballast").unlink()
                again = run(*prove_command(folder, 7, self.scratch / "proof.bin"))
                self.assertTrue(again.returncode == 0 or "another key" in again.text, again.text)
            self.expect(done, 0)
            self.assertGreater(refused, 3, name)
        self.tell(f"{refused} refusals")

    def test_a_full_disk_grants_no_proof_and_spends_none(self):
        disk = self.mount("size=1m")
        self.create_budget(disk / "model.budget")
        self.expect(run(*self.spend(disk / "model.budget")), 0)
        self.leave_free(disk, 0)
        for _ in range(3):
            self.expect(run(*self.spend(disk / "model.budget")), 3, "No space left", "make the folder writable")
        self.assertEqual(temporaries(disk), [])
        self.assertEqual(self.spent(disk / "model.budget"), 1)
        (disk / "ballast").unlink()
        self.expect(run(*self.spend(disk / "model.budget")), 0)
        self.assertEqual(self.spent(disk / "model.budget"), 2)

    def test_a_disk_without_room_for_names_is_an_error(self):
        disk = self.mount("size=4m,nr_inodes=16")
        for name, content in self.files(self.model_folder()).items():
            (disk / name).write_bytes(content)
        adopt(disk)
        for i in range(16):
            try:
                (disk / f"file{i}").touch()
            except OSError:
                break
        before = self.files(disk)
        self.expect(run(*self.renewal(disk)), 3, "No space left on device")
        self.expect(run(*prove_command(disk, 7, disk / "proof.bin")), 3, "No space left on device")
        self.assertEqual(self.files(disk), before)

    def test_a_read_only_file_system_is_an_error(self):
        disk = self.mount("size=64m")
        folder = disk / "model"
        shutil.copytree(self.model_folder(), folder)
        adopt(folder)
        self.create_budget(disk / "budget")
        before = self.files(folder)
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        self.expect(run(*self.renewal(folder)), 3, "Read-only file system")
        self.expect(run(*prove_command(folder, 7, disk / "proof.bin")), 3, "Read-only file system")
        self.expect(run(*self.spend(disk / "budget")), 3, "Read-only file system")
        self.assertEqual(self.files(folder), before)
        self.assertEqual(self.spent(disk / "budget"), 0)


class Permissions(Refusals):
    """As a user whom modes bind: root gives itself up."""

    def setUp(self):
        super().setUp()
        if os.geteuid() != 0:
            self.as_user = []
            return
        self.as_user = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        (self.scratch / "bin").mkdir()
        for program in (CIRCLET, SPEND_LOOP):
            shutil.copy(program, self.scratch / "bin")

    def user(self, program, *arguments):
        """Runs as the user, from a place that the user may enter."""
        path = self.scratch / "bin" / program.name if self.as_user else program
        return run(*self.as_user, path, *arguments)

    def own(self, path, mode):
        if self.as_user:
            os.chown(path, NOBODY, NOBODY)
        path.chmod(mode)

    def owned_folder(self):
        """A model folder of the user's, its inputs beside it."""
        folder = self.model_folder("mine")
        for path in [*folder.iterdir(), folder]:
            self.own(path, path.stat().st_mode)
        shutil.copy(DIGITS / "input_7.json", self.scratch / "input.json")
        return folder

    def test_a_folder_that_cannot_be_written_is_an_error(self):
        folder = self.owned_folder()
        self.expect(self.user(CIRCLET, *self.renewal(folder)[1:]), 0)
        before = self.files(folder)
        folder.chmod(0o555)
        self.addCleanup(folder.chmod, 0o755)
        self.expect(self.user(CIRCLET, *self.renewal(folder)[1:]), 3, "Permission denied")
        self.expect(
            self.user(CIRCLET, "prove", folder, self.scratch / "input.json", "-o", folder / "proof.bin"),
            3,
            "Permission denied",
        )
        self.assertEqual(self.files(folder), before)

    def test_a_budget_in_a_folder_that_cannot_be_written_grants_nothing(self):
        folder = self.scratch / "key"
        folder.mkdir()
        self.create_budget(folder / "model.budget")
        log = self.scratch / "log"
        log.touch()
        self.own(log, 0o644)
        for path in [*folder.iterdir(), folder]:
            self.own(path, path.stat().st_mode)
        spend = ["spend", folder / "model.budget", ROOT, 1, log]
        self.expect(self.user(SPEND_LOOP, *spend), 0)
        folder.chmod(0o555)
        self.expect(self.user(SPEND_LOOP, *spend), 3, "Permission denied", "make the folder writable")
        self.assertEqual(self.spent(folder / "model.budget"), 1)
        (folder / "model.budget.lock").unlink()
        self.expect(self.user(SPEND_LOOP, *spend), 3, "Permission denied")
        self.assertEqual(self.spent(folder / "model.budget"), 1)
        folder.chmod(0o755)
        self.expect(self.user(SPEND_LOOP, *spend), 0)
        (folder / "model.budget").chmod(0o000)
        self.expect(self.user(SPEND_LOOP, *spend), 3, "Permission denied", "circlet setup --renew")
        self.assertEqual(log.read_text().count("granted"), 2)

    def test_a_key_that_cannot_be_read_is_an_error(self):
        folder = self.owned_folder()
        (folder / "model.pk").chmod(0o000)
        self.expect(
            self.user(CIRCLET, "prove", folder, self.scratch / "input.json", "-o", folder / "proof.bin"),
            3,
            "cannot read",
            "Permission denied",
        )
        self.assertFalse((folder / "proof.bin").exists())

    def test_a_system_without_another_thread_is_an_error_or_a_proof(self):
        folder = self.owned_folder()
        codes = []
        for processes in (1, 2, 3):
            proof = folder / f"proof{processes}.bin"
            limit = ["prlimit", f"--nproc={processes}"]
            path = self.scratch / "bin" / CIRCLET.name if self.as_user else CIRCLET
            done = run(*self.as_user, *limit, path, "prove", folder, self.scratch / "input.json", "-o", proof)
            codes.append(done.returncode)
            self.assertEqual(done.returncode, 0 if proof.exists() else 3, done.text)
        self.tell(f"exit codes {codes}")


class Memory(Refusals):
    def commands(self, folder):
        proof = self.scratch / "proof.bin"
        self.expect(run(*prove_command(folder, 7, proof)), 0)
        return {
            "run": [CIRCLET, "run", folder, DIGITS / "input_7.json"],
            "setup": self.renewal(folder),
            "prove": prove_command(folder, 7, self.scratch / "new.bin"),
            "verify": [CIRCLET, "verify", self.scratch / "model.vk", proof],
            "inspect": [CIRCLET, "inspect", folder, "--rebuild"],
        }

    def check(self, done, folder, what):
        """Success, or out of memory with nothing half-written."""
        self.assertIn(done.returncode, (0, 3), f"{what}: exit code {done.returncode}: {done.text}")
        if done.returncode == 3:
            self.assertRegex(done.text, "out of memory|Cannot allocate memory|pthread_create")
            self.assertFalse((self.scratch / "new.bin").exists(), what)
        # At the very end of memory, the exception may pass by what removes them.
        for path in temporaries(folder) + temporaries(self.scratch):
            self.assertIn("out of memory", done.text, path)
            path.unlink()
        (self.scratch / "new.bin").unlink(missing_ok=True)

    def test_commands_with_too_little_memory_end_with_a_reason(self):
        folder = self.model_folder()
        shutil.copy(folder / "model.vk", self.scratch)
        refused = tried = 0
        for name, command in self.commands(folder).items():
            put_back_budget = self.budget_keeper_for(name, folder)
            least = self.least_memory()
            refusals = 0
            limit = least
            while True:
                put_back_budget()
                done = self.run_within(limit, *command)
                tried += 1
                self.check(done, folder, f"{name} in {limit >> 10} kB")
                if done.returncode == 0 and limit > least + (80 << 20):
                    break
                refusals += done.returncode != 0
                self.assertLess(limit, 1 << 32, f"{name} never succeeds")
                limit += (64 if FULL else 512) << 10 if limit < least + (20 << 20) else 8 << 20
            refused += refusals
        self.assertGreater(refused, 0)
        self.tell(f"{tried} limits, {refused} refusals")

    def budget_keeper_for(self, command, folder):
        """A new key of setup has a budget of its own."""
        return (lambda: None) if command == "setup" else budget_keeper(folder)

    def run_within(self, size, *command):
        return run(*command, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (size, size)))

    def least_memory(self):
        """Bytes of address space in which the program starts at all."""
        low, high = 1 << 20, 1 << 32
        while high - low > 1 << 16:
            middle = (low + high) // 2
            done = self.run_within(middle, CIRCLET, "--version")
            low, high = (low, middle) if done.returncode == 0 else (middle, high)
        return high

    def test_each_allocation_that_fails_before_the_files_are_written_ends_a_command_with_a_reason(self):
        # Not the later ones: the JSON library's objects do not survive every failure, and hold what is printed.
        folder = self.model_folder()
        failures = 0
        for name in ("setup", "prove"):
            self.expect(run(*self.renewal(folder)), 0)
            command = self.commands(folder)[name]
            put_back_budget = self.budget_keeper_for(name, folder)
            last = int(traced(*command, folder=self.scratch)[-1][1])
            (self.scratch / "new.bin").unlink(missing_ok=True)
            # The first are made by libraries before the program begins.
            first = self.first_survived(command)
            self.assertLess(first, last, name)
            for at in self.random.sample(range(first, last), 1000 if FULL else 40):
                put_back_budget()
                done = run(*command, *self.random.choice([[], ["--json"]]), fault="memory", at=at)
                failures += done.returncode == 3
                if (self.scratch / "new.bin").exists():
                    # Chance moved the failure behind the proof.
                    self.assertEqual(self.digit_of(folder / "model.vk", self.scratch / "new.bin"), 7)
                    (self.scratch / "new.bin").unlink()
                    continue
                self.check(done, folder, f"{name} without allocation {at}")
        self.tell(f"{failures} failures")

    def first_survived(self, command):
        """The least allocation whose failure ends the program with an exit code."""
        low, high = 0, 1 << 14
        while high - low > 1:
            middle = (low + high) // 2
            survived = run(*command, fault="memory", at=middle).returncode >= 0
            low, high = (low, middle) if survived else (middle, high)
        return high


class Output(Refusals):
    def test_a_result_that_cannot_be_printed_is_an_error(self):
        folder = self.model_folder()
        for command in (["inspect", folder], ["run", folder, DIGITS / "input_7.json"]):
            with open("/dev/full", "w") as full:
                done = subprocess.run([CIRCLET, *command], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
            self.assertEqual(done.returncode, 3)
            self.assertIn("cannot be written", done.stderr)

    def test_devices_pipes_and_folders_are_not_replaced_by_a_proof(self):
        folder = self.model_folder()
        pipe = self.scratch / "pipe"
        os.mkfifo(pipe)
        for path in ("/dev/null", pipe, folder):
            self.expect(run(*prove_command(folder, 7, path)), 3, "not a regular file")
        self.assertTrue(pipe.is_fifo())
        self.expect(run(CIRCLET, "verify", folder / "model.vk", pipe), 3, "not a regular file")

    def test_a_folder_that_cannot_be_made_is_an_error(self):
        model = ["import", DIGITS / "digits.onnx", "-c", DIGITS / "calibration.json", "-o"]
        (self.scratch / "file").touch()
        for path in (self.scratch / "file", self.scratch / "file" / "folder", "/proc/folder"):
            done = run(CIRCLET, *model, path, "--json")
            self.assertEqual(done.returncode, 3, done.text)
            self.assertEqual(json.loads(done.stdout)["error"], "io")




class BadInput(Refusals):
    """Every command with a file of every wrong kind: a reason, an exit code, nothing written; one JSON object if asked."""

    def setUp(self):
        super().setUp()
        self.folder = self.model_folder()
        self.proof = self.scratch / "proof.bin"
        self.expect(run(*prove_command(self.folder, 7, self.proof)), 0)
        self.data = self.scratch / "new.data"

    def wrong_files(self):
        """Files that are of no use to any command, by what is wrong."""
        header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 64), }\n"
        contents = {
            "nan.npy": b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + b"\x00\x00\xc0\x7f" * 64,
            "empty.bin": b"",
            "empty.json": b"",
            "list.json": b"[[1, 2]]",
            "short.json": b'{"input_data": [[1, 2]]}',
            "nan.json": b'{"input_data": [[' + b"NaN," * 63 + b"1]]}",
            "utf8.json": b'{"input_data": [["\xff\xfe"]]}',
            "text.npy": b"no array",
            "text.npz": b"no archive",
            "text.csv": b"1,2\n",
            "text.onnx": b"<html>",
            "cut.bin": self.proof.read_bytes()[:100],
        }
        for name, content in contents.items():
            (self.scratch / name).write_bytes(content)
        folder = self.scratch / "folder"
        folder.mkdir()
        strange = self.scratch / "\x1b[2J\nproof verified \udcff.json"
        strange.write_bytes(b"{}")
        return [*(self.scratch / name for name in contents), folder, strange, self.scratch / "missing", "-"]

    def commands(self, wrong):
        """Each command with `wrong` in the place of each of its files."""
        calibration, model, image = DIGITS / "calibration.json", DIGITS / "digits.onnx", DIGITS / "input_7.json"
        key, new = self.folder / "model.vk", self.scratch / "new"
        yield ["import", wrong, "-c", calibration, "-o", new]
        yield ["import", model, "-c", wrong, "-o", new]
        yield ["setup", wrong]
        yield ["run", wrong, image]
        yield ["run", self.folder, wrong]
        yield ["commit", wrong, image, "-o", self.data]
        yield ["open", wrong]
        yield ["prove", wrong, image, "-o", new]
        yield ["prove", self.folder, wrong, "-o", new]
        yield ["verify", wrong, self.proof]
        yield ["verify", key, wrong]
        yield ["calldata", wrong, self.proof, "-o", new]
        yield ["calldata", key, wrong, "-o", new]
        yield ["inspect", wrong]
        yield ["bench", wrong, image]
        yield ["bench", self.folder, wrong]

    def expect_json(self, done, code):
        """One object in ASCII, whatever the names are."""
        self.assertEqual(done.returncode, code, done.text)
        self.assertEqual(done.stderr, b"")
        self.assertEqual(done.stdout.count(b"\n"), 1)
        error = json.loads(done.stdout.decode("ascii"))
        self.assertEqual(set(error), {"error", "message"})
        self.assertNotRegex(error["message"], r"[\x00-\x09\x0b-\x1f\x7f\udc80-\udcff]")
        return error

    def test_a_wrong_file_in_every_place_of_every_command_is_refused_with_its_name(self):
        before = self.files(self.folder)
        refused = 0
        for wrong in self.wrong_files():
            for command in self.commands(wrong):
                done = run(CIRCLET, *command)
                self.assertEqual(done.returncode, 3, f"{command}: {done.text}")
                self.assertEqual(done.stdout, b"", command)
                self.assertTrue(done.stderr.startswith(b"error: "), done.text)
                self.assertNotRegex(done.stderr.decode(), r"[\x00-\x09\x0b-\x1f\x7f]")
                named = "proof verified" if "\x1b" in str(wrong) else os.path.basename(wrong)
                self.assertIn(named, done.text, command)
                error = self.expect_json(run(CIRCLET, *command, "--json"), 3)
                self.assertEqual(f"error: {error['message']}\n", done.stderr.decode())
                refused += 1
        self.assertEqual(self.files(self.folder), before)
        self.assertFalse((self.scratch / "new").exists() or self.data.exists())
        self.tell(f"{refused} refusals")

    def test_a_wrong_call_with_json_is_a_json_object(self):
        for arguments in (
            [],
            ["imprt"],
            ["setup"],
            ["setup", self.folder, "--target", "moon"],
            ["setup", self.folder, "--proofs", "many"],
            ["setup", self.folder, "--bathc", "2"],
            ["setup", self.folder, "--output", "\x1b[2J\udcff"],
            ["setup", self.folder, "--renew", "--split", "2"],
            ["prove", self.folder, DIGITS / "input_7.json", "-o", self.scratch / "new", "--context", "abc"],
            ["\x1b]0;title\x07\udcff"],
        ):
            for order in ([*arguments, "--json"], ["--json", *arguments]):
                self.assertEqual(self.expect_json(run(CIRCLET, *order), 2)["error"], "usage")

    def test_names_in_a_model_reach_no_terminal_as_they_are(self):
        evil = self.scratch / "evil.onnx"
        model = (DIGITS / "digits.onnx").read_bytes()
        self.assertIn(b"Add1", model)
        evil.write_bytes(model.replace(b"Add1", b"\x1b\n\xff\x07"))
        folder = self.scratch / "evil"
        imported = run(CIRCLET, "import", evil, "-c", DIGITS / "calibration.json", "-o", folder)
        self.expect(imported, 0, "\\x1b\\x0a\\xff\\x07")
        self.expect(run(*setup_command(folder, "private")), 0)
        for command in (["inspect", folder], ["run", folder, DIGITS / "input_7.json"]):
            text = self.expect(run(CIRCLET, *command), 0)
            self.assertNotRegex((imported.stdout + text.stdout).decode(), r"[\x00-\x09\x0b-\x1f\x7f]")
            json.loads(self.expect(run(CIRCLET, *command, "--json"), 0).stdout.decode("ascii"))
