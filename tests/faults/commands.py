"""The commands under kills and failing disks: every file is the old one or the new one, whole, and the command run
again puts all in order."""

import json
import shutil
import threading

from workplace import (
    CIRCLET,
    DIGITS,
    DISK_ERRORS,
    KILLS,
    Case,
    budget_keeper,
    budget_of,
    calls_of,
    imported,
    kill_after,
    payload,
    prove_command,
    run,
    seconds_of,
    setup_command,
    spent_of,
    temporaries,
)

KEYS = ("model.pk", "model.vk", "model.budget")


class Import(Case):
    def command(self):
        model = [DIGITS / "digits.onnx", "-c", DIGITS / "calibration.json"]
        return [CIRCLET, "import", *model, "-o", self.folder, "--force"]

    def check(self):
        """Nothing, or whole files that the next commands take."""
        if payload(self.folder / "model.circlet") is not None:
            self.expect(run(CIRCLET, "run", self.folder, DIGITS / "input_7.json"), 0)
        payload(self.folder / "model.structure")

    def test_a_kill_before_each_system_call_of_an_import(self):
        self.folder = self.scratch / "new" / "model"
        count = len(calls_of(*self.command(), folder=self.folder))
        for at in range(1, count + 1):
            shutil.rmtree(self.folder)
            done = run(*self.command(), fault="kill", at=at, folder=self.folder)
            self.assertEqual(done.returncode, -9)
            self.check()
            self.expect(run(*self.command()), 0)
            self.assertEqual(temporaries(self.folder), [])
        self.tell(f"{count} kills")


class Setup(Case):
    """Setup from keys for a public input, the old ones, to keys for a private input."""

    def setUp(self):
        super().setUp()
        self.folder = self.model_folder()
        self.old = {name: (self.folder / name).read_bytes() for name in KEYS}

    def command(self):
        return setup_command(self.folder, "private")

    def put_back(self):
        for path in self.folder.iterdir():
            if path.name in KEYS or path in temporaries(self.folder):
                path.unlink()
        for name, content in self.old.items():
            (self.folder / name).write_bytes(content)

    def check(self):
        """Old or new files, whole, and only a matching pair proves what it verifies. Returns how many are new."""
        new = {name: (self.folder / name).read_bytes() != content for name, content in self.old.items()}
        for name in self.old:
            self.assertIsNotNone(payload(self.folder / name))
        self.expect(run(CIRCLET, "inspect", self.folder), 0)
        proof = self.scratch / "proof.bin"
        proof.unlink(missing_ok=True)
        proved = run(*prove_command(self.folder, 7, proof))
        if new["model.budget"] != new["model.pk"]:
            self.expect(proved, 3, "another key", "circlet setup --renew")
        else:
            self.expect(proved, 0)
            matching = new["model.pk"] == new["model.vk"]
            self.expect(run(CIRCLET, "verify", self.folder / "model.vk", proof), 0 if matching else 1)
        return sum(new.values())

    def check_healed(self):
        self.expect(run(*self.command()), 0)
        self.assertEqual(temporaries(self.folder), [])
        self.assertEqual(self.check(), len(self.old))

    def test_a_kill_before_each_system_call_of_a_setup(self):
        count = len(calls_of(*self.command(), folder=self.folder))
        states = set()
        for at in range(1, count + 1):
            self.put_back()
            done = run(*self.command(), fault="kill", at=at, folder=self.folder)
            self.assertEqual(done.returncode, -9)
            states.add(self.check())
        self.check_healed()
        self.assertEqual(states, set(range(len(self.old) + 1)))
        self.tell(f"{count} kills")

    def test_a_kill_at_any_time_of_a_setup(self):
        duration = seconds_of(self.command())
        killed = new = 0
        for _ in range(KILLS):
            self.put_back()
            killed += kill_after(self.random.uniform(0, duration), *self.command())
            new += self.check() > 0
        self.check_healed()
        self.tell(f"{killed} kills, {new} with a new file")

    def test_a_kill_of_the_first_setup_leaves_no_key_or_a_whole_one(self):
        self.folder = self.model_folder("first", keys=False)
        command = setup_command(self.folder, "private")
        count = len(calls_of(*command, folder=self.folder))
        for at in range(1, count + 1):
            for name in KEYS:
                (self.folder / name).unlink(missing_ok=True)
            done = run(*command, fault="kill", at=at, folder=self.folder)
            self.assertEqual(done.returncode, -9)
            for name in KEYS:
                payload(self.folder / name)
            proved = run(*prove_command(self.folder, 7, self.scratch / "proof.bin"))
            if not (self.folder / "model.pk").exists():
                self.expect(proved, 3, "cannot read", "model.pk")
            elif not (self.folder / "model.budget").exists():
                self.expect(proved, 3, "cannot read", "model.budget", "circlet setup --renew")
            else:
                self.expect(proved, 0)
        self.tell(f"{count} kills")

    def test_each_system_call_of_a_setup_that_fails_is_an_error_and_leaves_whole_files(self):
        calls = calls_of(*self.command(), folder=self.folder)
        for name, number in DISK_ERRORS.items():
            for at, (call, path, *_) in enumerate(calls, 1):
                self.put_back()
                done = run(*self.command(), fault=number, at=at, folder=self.folder)
                if call == "unlink":  # of what was renamed before
                    self.expect(done, 0)
                else:
                    self.assertEqual(done.returncode, 3, f"{name} at call {at}, {call} {path}: {done.text}")
                    self.assertIn("error: cannot", done.text)
                    self.assertIn(str(self.folder), done.text)
                self.assertEqual(temporaries(self.folder), [])
                self.check()
        self.check_healed()
        self.tell(f"{len(calls) * len(DISK_ERRORS)} failures")


class Renew(Case):
    """setup --renew and --split: whatever is interrupted, no weights tree grants more proofs than its budget."""

    def setUp(self):
        super().setUp()
        self.folder = self.model_folder()
        self.expect(run(*prove_command(self.folder, 7, self.scratch / "proof.bin")), 0)
        self.content = {path.name: path.read_bytes() for path in self.folder.iterdir()}

    def put_back(self):
        # The folder stays: in another one the budget would be a copy.
        for path in self.folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
        for name, content in self.content.items():
            (self.folder / name).write_bytes(content)

    def test_a_kill_before_each_system_call_of_a_renewal(self):
        command = [CIRCLET, "setup", self.folder, "--renew"]
        count = len(calls_of(*command, folder=self.folder))
        root, total, spent = budget_of(self.folder)
        self.put_back()
        old_root, old_total, old_spent = budget_of(self.folder)
        self.assertNotEqual(root, old_root)
        self.assertEqual((total, spent, old_spent), (old_total, 0, 1))
        states = set()
        for at in range(1, count + 1):
            self.put_back()
            self.assertEqual(run(*command, fault="kill", at=at, folder=self.folder).returncode, -9)
            root, total, spent = budget_of(self.folder)
            self.assertEqual((total, spent), (old_total, 1 if root == old_root else 0))
            done = run(*prove_command(self.folder, 7, self.scratch / "proof.bin"))
            states.add(done.returncode)
            if done.returncode != 0:
                self.expect(done, 3, "another key")
            self.expect(run(*command), 0)
            self.assertEqual(budget_of(self.folder)[1:], (total, 0))
            self.expect(run(*prove_command(self.folder, 7, self.scratch / "proof.bin")), 0)
        self.assertEqual(states, {0, 3})
        self.tell(f"{count} kills")

    def test_a_kill_before_each_system_call_of_a_split(self):
        command = [CIRCLET, "setup", self.folder, "--split", "3"]
        count = len(calls_of(*command, folder=self.folder))
        remaining = []
        for at in [*range(1, count + 1), count + 1]:
            self.put_back()
            root, total, spent = budget_of(self.folder)
            done = run(*command, fault="kill", at=at, folder=self.folder)
            self.assertEqual(done.returncode, -9 if at <= count else 0)
            left = 0
            for budget in self.folder.rglob("model.budget"):
                its_root, its_total, its_spent = budget_of(budget.parent)
                self.assertEqual(its_root, root)
                left += its_total - its_spent
            self.assertLessEqual(left, total - spent)
            remaining.append(left)
        self.assertEqual(remaining[0], total - spent)
        self.assertIn(0, remaining)
        self.assertEqual(remaining[-1], total - spent)
        for part in ("1", "2", "3"):
            proof = self.scratch / f"part{part}.bin"
            self.expect(run(*prove_command(self.folder / part, 7, proof)), 0)
            self.assertEqual(self.digit_of(self.folder / "model.vk", proof), 7)
        self.expect(run(*prove_command(self.folder, 7, self.scratch / "proof.bin")), 2, "budget of this key is spent")
        self.tell(f"{count} kills, from {remaining[0]} proofs to 0 and back")


class Bench(Case):
    def test_bench_spends_nothing_and_proves_nothing_with_the_folders_key(self):
        folder = self.model_folder()
        bench = [CIRCLET, "bench", folder, DIGITS / "input_7.json", "--repeat", "2"]
        before = {path.name: path.read_bytes() for path in folder.iterdir()}
        calls = calls_of(*bench, folder=folder)
        after = {path.name: path.read_bytes() for path in folder.iterdir()}
        self.assertEqual(before, after)
        # Killed when a proof is in its file: nobody can check it with the folder's key.
        proof = folder / "bench-proof.bin"
        written = [i for i, (call, path, *_) in enumerate(calls, 1) if (call, path) == ("rename", str(proof))]
        self.assertEqual(run(*bench, fault="kill", at=written[0] + 1, folder=folder).returncode, -9)
        self.assertEqual((folder / "model.budget").read_bytes(), before["model.budget"])
        self.expect(run(CIRCLET, "verify", folder / "model.vk", proof), 1, "weights")

    def test_bench_makes_more_proofs_than_one_masking_allows(self):
        folder = self.scratch / "model"
        shutil.copytree(imported(False), folder)
        done = run(CIRCLET, "setup", folder, "--target", "offchain", "--proofs", "1", "--json")
        repeat = json.loads(done.stdout)["proof_budget"] + 1
        bench = run(CIRCLET, "bench", folder, DIGITS / "input_7.json", "--repeat", repeat, "--json")
        self.expect(bench, 0)
        self.assertEqual(json.loads(bench.stdout)["proofs"], repeat)


class Prove(Case):
    def setUp(self):
        super().setUp()
        self.folder = self.model_folder()
        self.proof = self.scratch / "proof.bin"
        self.expect(run(*prove_command(self.folder, 3, self.proof)), 0)
        self.old = self.proof.read_bytes()
        self.put_back_budget = budget_keeper(self.folder)

    def command(self):
        return prove_command(self.folder, 7, self.proof)

    def put_back(self):
        self.proof.write_bytes(self.old)
        self.put_back_budget()

    def check(self, spent):
        """The old proof or a new one that verifies; and a new one was counted. Returns whether it is new."""
        new = self.proof.read_bytes() != self.old
        self.assertEqual(self.digit_of(self.folder / "model.vk", self.proof), 7 if new else 3)
        if new:
            self.assertGreater(spent_of(self.folder), spent)
        return new

    def test_a_kill_before_each_system_call_of_a_proof(self):
        count = len(calls_of(*self.command(), folder=self.scratch))
        new = 0
        for at in range(1, count + 1):
            self.put_back()
            # Removing them takes calls of its own.
            for path in temporaries(self.scratch) + temporaries(self.folder):
                path.unlink()
            spent = spent_of(self.folder)
            done = run(*self.command(), fault="kill", at=at, folder=self.scratch)
            self.assertEqual(done.returncode, -9)
            new += self.check(spent)
        self.assertGreater(new, 0)
        self.assertLess(new, count)
        self.expect(run(*self.command()), 0)
        self.assertEqual(temporaries(self.scratch), [])
        self.tell(f"{count} kills, {new} with a new proof")

    def test_a_kill_at_any_time_of_a_proof(self):
        duration = seconds_of(self.command())
        killed = new = 0
        for _ in range(KILLS):
            self.put_back()
            spent = spent_of(self.folder)
            killed += kill_after(self.random.uniform(0, duration), *self.command())
            new += self.check(spent)
        self.expect(run(*self.command()), 0)
        self.assertEqual(temporaries(self.scratch), [])
        self.tell(f"{killed} kills, {new} with a new proof")

    def test_each_system_call_of_a_proof_that_fails_is_an_error_and_leaves_a_whole_proof(self):
        calls = calls_of(*self.command(), folder=self.scratch)
        for name, number in DISK_ERRORS.items():
            for at, (call, path, *_) in enumerate(calls, 1):
                self.put_back()
                spent = spent_of(self.folder)
                done = run(*self.command(), fault=number, at=at, folder=self.scratch)
                if call == "unlink":  # of what was renamed before
                    self.expect(done, 0)
                else:
                    self.assertEqual(done.returncode, 3, f"{name} at call {at}, {call} {path}: {done.text}")
                    self.assertIn("error: cannot", done.text)
                self.assertEqual(temporaries(self.scratch) + temporaries(self.folder), [])
                self.check(spent)
        self.tell(f"{len(calls) * len(DISK_ERRORS)} failures")

    def test_the_unit_is_spent_on_the_disk_before_any_of_the_proof_is_in_a_file(self):
        calls = calls_of(*self.command(), folder=self.scratch)
        files = [(call, path.removeprefix(str(self.scratch))) for call, path, *_ in calls]
        counted = files.index(("rename", "/model/model.budget"))
        self.assertEqual(files[counted + 1], ("fsync", "/model"))
        proof = [i for i, (_, path) in enumerate(files) if path.startswith("/.proof.bin.")]
        self.assertLess(counted + 1, proof[0])

    def test_provers_on_one_key_at_once_spend_a_unit_each(self):
        rounds = 50 if KILLS > 60 else 5
        for _ in range(rounds):
            self.put_back()
            spent = spent_of(self.folder)
            proofs = {digit: self.scratch / f"{digit}.bin" for digit in (1, 2, 4)}
            results = {}

            def prove(digit):
                results[digit] = run(*prove_command(self.folder, digit, proofs[digit]))

            threads = [threading.Thread(target=prove, args=(digit,)) for digit in proofs]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            for digit, proof in proofs.items():
                self.expect(results[digit], 0)
                self.assertEqual(self.digit_of(self.folder / "model.vk", proof), digit)
            self.assertEqual(spent_of(self.folder), spent + len(proofs))
        self.tell(f"{rounds} rounds of three provers")

    def test_provers_of_one_file_at_once_leave_one_whole_proof(self):
        rounds = 50 if KILLS > 60 else 5
        for _ in range(rounds):
            self.put_back()
            codes = []

            def prove(digit):
                codes.append(run(*prove_command(self.folder, digit, self.proof)).returncode)

            threads = [threading.Thread(target=prove, args=(digit,)) for digit in (1, 2, 4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(codes, [0, 0, 0])
            self.assertIn(self.digit_of(self.folder / "model.vk", self.proof), (1, 2, 4))
            self.assertEqual(temporaries(self.scratch), [])
        self.tell(f"{rounds} rounds")

    def test_a_proof_while_setup_runs_verifies_with_its_own_key_or_is_refused(self):
        seen = set()
        for _ in range(20 if KILLS > 60 else 5):
            for visibility in ("private", "public"):
                renewal = setup_command(self.folder, visibility)
                thread = threading.Thread(target=run, args=renewal)
                thread.start()
                done = run(*prove_command(self.folder, 7, self.proof))
                thread.join()
                seen.add(done.returncode)
                self.assertIn(done.returncode, (0, 3), done.text)
                if done.returncode == 3:
                    self.assertIn("another key", done.text)
                payload(self.proof)
        self.tell(f"exit codes {sorted(seen)}")
