"""Weights, inputs and keys are seen by their owner alone: in files, in what the commands print, in core dumps."""

import json
import os
import resource
import shutil
import signal
import stat
import struct
import subprocess

from workplace import (
    CIRCLET,
    DIGITS,
    PUBLIC_FILES,
    SECRET_FILES,
    TEMPORARY,
    Case,
    calls_of,
    environment,
    prove_command,
    run,
    setup_command,
)

WEIGHT = 31415.9265
MARKS = ("31415.", "3.1415", "27182", "2.7182", "161803", "1.61803")


class Modes(Case):
    def test_secret_files_are_their_owners_alone_from_the_first_moment(self):
        for umask in (0o022, 0o000, 0o077):
            folder = self.scratch / f"model{umask:o}"
            calls = []
            for command in (
                [CIRCLET, "import", DIGITS / "digits.onnx", "-c", DIGITS / "calibration.json", "-o", folder],
                setup_command(folder, "public"),
                prove_command(folder, 7, folder / "proof.bin"),
                [CIRCLET, "bench", folder, DIGITS / "input_7.json", "--repeat", "1"],
            ):
                calls += calls_of(*command, folder=folder, preexec_fn=lambda mask=umask: os.umask(mask))
            created = {}
            for call, path, *details in calls:
                self.assertNotIn(call, ("chmod", "fchmod"), "a mode that changes was another before")
                if call.startswith("open") and int(details[0], 8) & os.O_CREAT:
                    name = os.path.basename(path)
                    match = TEMPORARY.fullmatch(name)
                    created[match.group(1) if match else name] = int(details[1], 8)
            for path in folder.iterdir():
                self.assertIn(path.name, SECRET_FILES | PUBLIC_FILES | {"proof.bin"})
                wanted = 0o600 if path.name in SECRET_FILES else 0o666 & ~umask
                self.assertEqual(stat.S_IMODE(path.stat().st_mode), wanted, path)
                self.assertEqual(created[path.name] & ~umask, wanted, path)
            self.assertLessEqual(SECRET_FILES, created.keys())
            # The proofs of bench are not counted: nobody else may see them, and they do not stay.
            self.assertEqual(created["bench-proof.bin"], 0o600)


class Texts(Case):
    """A model with a weight, and inputs with values, that are easy to recognise in any text."""

    def marked_model(self, value):
        """The digits' network with `value` as the first element of its largest weight matrix."""
        content = bytearray((DIGITS / "digits.onnx").read_bytes())
        # The field float_data of a TensorProto: its tag, the length as a varint, the floats.
        size = 64 * 32 * 4
        start = content.index(bytes([0x22, size & 0x7F | 0x80, size >> 7])) + 3
        struct.pack_into("<f", content, start, value)
        model = self.scratch / f"{len(list(self.scratch.iterdir()))}.onnx"
        model.write_bytes(content)
        return model

    def inputs(self, name, text):
        path = self.scratch / f"{name}.json"
        path.write_text(text if isinstance(text, str) else json.dumps({"input_data": text}))
        return path

    def check(self, done):
        for mark in MARKS:
            self.assertNotIn(mark, done.text, done.args)
        return done

    def test_no_weight_is_printed(self):
        calibration = DIGITS / "calibration.json"
        codes = set()
        for value in (WEIGHT, -WEIGHT * 1e30, float("nan"), float("inf"), WEIGHT * 1e-4):
            model = self.marked_model(value)
            folder = self.scratch / f"{model.stem}-model"
            for options in ([], ["--json"], ["--lut-bits", "4"], ["--shift", "20"], ["--input-bits", "3"]):
                done = self.check(run(CIRCLET, "import", model, "-c", calibration, "-o", folder, "--force", *options))
                self.assertIn(done.returncode, (0, 3), done.text)
                codes.add(done.returncode)
            if not (folder / "model.circlet").exists():
                continue
            for command in (
                setup_command(folder, "private"),
                [CIRCLET, "inspect", folder, "--rebuild"],
                [CIRCLET, "inspect", folder, "--json"],
                prove_command(folder, 7, self.scratch / "proof.bin"),
            ):
                self.check(run(*command))
            # Another model's key: the checksum tells, not the weights.
            shutil.copy(self.model_folder(f"{model.stem}-other") / "model.pk", folder)
            self.expect(self.check(run(*prove_command(folder, 7, self.scratch / "proof.bin"))), 3)
        self.assertEqual(codes, {0, 3})

    def test_no_input_is_printed_when_it_is_refused(self):
        folder = self.model_folder()
        sample = [0.0] * 64
        refused = 0
        wrong = {
            "outside": [[27182.8182] + sample[1:]],
            "far": [[2.7182e300] + sample[1:]],
            "short": [[2.7182, 1.61803]],
            "nested": [[[2.7182, "1.61803"]]],
            "syntax": '{"input_data": [[2.7182x, 1.61803]]}',
            "cut": '{"input_data": [[2.7182, 1.61803',
            "overflow": '{"input_data": [[2.7182e999]]}',
            "text": '{"input_data": [["27182"]]}',
            "key": '{"27182": [[1.61803]]}',
        }
        for name, value in wrong.items():
            path = self.inputs(name, value)
            for command in (
                ["run", folder, path, "--strict"],
                ["run", folder, path, "--strict", "--json"],
                ["prove", folder, path, "--strict", "-o", self.scratch / "proof.bin"],
                ["import", DIGITS / "digits.onnx", "-c", path, "-o", self.scratch / "other", "--force"],
            ):
                if name == "outside" and command[0] == "import":
                    continue  # is a fine calibration
                done = self.check(run(CIRCLET, *command))
                if command[0] != "import":
                    self.expect(done, 3)
                refused += done.returncode == 3
        self.tell(f"{refused} refusals")

    def test_a_committed_input_is_in_no_text_but_where_it_is_asked_for(self):
        folder = self.model_folder(keys=False)
        self.expect(run(*setup_command(folder, "committed")), 0)
        values = json.loads((DIGITS / "input_7.json").read_text())["input_data"][0]
        integers = " ".join(str(round(value)) for value in values)
        shown = (integers, integers.replace(" ", ", "), integers.replace(" ", ","), '"values"', "greatest")
        for number, options in enumerate(([], ["--json"])):
            data, proof = self.scratch / f"{number}.data", self.scratch / "proof.bin"
            commit = [CIRCLET, "commit", folder / "model.vk", DIGITS / "input_7.json", "-o", data]
            for command in (commit, [CIRCLET, "prove", folder, data, "-o", proof]):
                done = self.expect(run(*command, *options), 0, "commitment")
                for text in shown if command is commit else shown[:3]:
                    self.assertNotIn(text, done.text)
            self.assertIn("greatest", run(CIRCLET, "open", data).text)
        data = self.scratch / "shown.data"
        done = run(CIRCLET, "commit", folder / "model.vk", DIGITS / "input_7.json", "-o", data, "--show")
        self.expect(done, 0, "greatest")

    def test_a_private_input_is_in_no_text_of_a_proof(self):
        folder = self.model_folder(keys=False)
        self.expect(run(*setup_command(folder, "private")), 0)
        values = json.loads((DIGITS / "input_7.json").read_text())["input_data"][0]
        integers = " ".join(str(round(value)) for value in values)
        public = run(*prove_command(self.model_folder("public"), 7, self.scratch / "public.bin"))
        self.assertIn(integers, public.text)
        proof = self.scratch / "private.bin"
        for command in (prove_command(folder, 7, proof), [CIRCLET, "verify", folder / "model.vk", proof]):
            for options in ([], ["--json"]):
                done = self.expect(run(*command, *options), 0, "private")
                for shown in (integers, integers.replace(" ", ", "), integers.replace(" ", ",")):
                    self.assertNotIn(shown, done.text)


class Dumps(Case):
    def dumps_core(self, command, **settings):
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=self.scratch,
            env=os.environ | settings,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2),
        )
        _, status = os.waitpid(process.pid, 0)
        process.returncode = status
        self.assertTrue(os.WIFSIGNALED(status))
        self.assertEqual(os.WTERMSIG(status), signal.SIGSEGV)
        return os.WCOREDUMP(status)

    def test_a_crash_of_a_command_that_holds_secrets_dumps_no_core(self):
        try:
            crash = self.dumps_core(["sh", "-c", "kill -SEGV $$"])
        except ValueError as error:
            self.skipTest(f"core dumps cannot be allowed here: {error}")
        if not crash:
            self.skipTest("this system dumps no core of any program")
        folder = self.model_folder()
        committing = self.model_folder("committing", keys=False)
        data = self.scratch / "input.data"
        self.expect(run(*setup_command(committing, "committed")), 0)
        self.expect(run(CIRCLET, "commit", committing / "model.vk", DIGITS / "input_7.json", "-o", data), 0)
        crashes = 0
        for command in (
            [CIRCLET, "import", DIGITS / "digits.onnx", "-c", DIGITS / "calibration.json", "-o", folder, "--force"],
            setup_command(folder, "private"),
            [CIRCLET, "run", folder, DIGITS / "input_7.json"],
            prove_command(folder, 7, self.scratch / "proof.bin"),
            [CIRCLET, "bench", folder, DIGITS / "input_7.json", "--repeat", "1"],
            [CIRCLET, "open", data],
        ):
            for at in range(1, len(calls_of(*command, folder=self.scratch)) + 1):
                settings = environment("crash", at, self.scratch)
                self.assertFalse(self.dumps_core(command, **settings), f"{command} at call {at}")
                crashes += 1
        self.tell(f"{crashes} crashes")
