"""The proof budget under kills, failing disks and many processes: no unit is granted twice, and none is lost but
by a crash between count and grant, one each."""

import shutil
import subprocess
import threading
from pathlib import Path

from workplace import (
    DISK_ERRORS,
    KILLS,
    SPEND_LOOP,
    Case,
    calls_of,
    kill_after,
    payload,
    prove_command,
    run,
    seconds_of,
    setup_command,
    temporaries,
)

ROOT = "5" * 64


class Budget(Case):
    def setUp(self):
        super().setUp()
        self.folder = self.scratch / "key"
        self.folder.mkdir()
        self.budget = self.folder / "model.budget"
        self.log = self.scratch / "log"

    def create(self, total, path=None):
        self.expect(run(SPEND_LOOP, "create", path or self.budget, ROOT, total), 0)

    def spend(self, count=1):
        return [SPEND_LOOP, "spend", self.budget, ROOT, count, self.log]

    def status(self):
        done = self.expect(run(SPEND_LOOP, "status", self.budget), 0)
        total, spent = map(int, done.stdout.split())
        return total, spent

    def events(self):
        """What each process logged, in its order: {pid: ["begin", "granted 9", ...]}."""
        result = {}
        for line in self.log.read_text().splitlines() if self.log.exists() else []:
            pid, event = line.split(" ", 1)
            result.setdefault(pid, []).append(event)
        return result

    def check_ledger(self):
        """Every unit was granted once, or lost by a process that was killed between count and grant. Returns how
        many were granted and how many lost."""
        total, spent = self.status()
        granted, interrupted = [], 0
        for events in self.events().values():
            granted += [total - int(event.split()[1]) for event in events if event != "begin"]
            interrupted += events[-1] == "begin"
        self.assertEqual(len(granted), len(set(granted)), "a unit was granted twice")
        self.assertLessEqual(set(granted), set(range(1, spent + 1)), "a unit was granted that is not spent")
        lost = spent - len(granted)
        self.assertLessEqual(lost, interrupted, "a unit was lost without a kill")
        return len(granted), lost


class Kills(Budget):
    def test_a_kill_at_any_time_doubles_no_unit_and_loses_at_most_its_own(self):
        self.create(10**6)
        duration = seconds_of(self.spend())
        killed = 0
        for _ in range(KILLS):
            killed += kill_after(self.random.uniform(0, 4 * duration), *self.spend(10**6))
            granted, lost = self.check_ledger()
        self.assertGreater(granted, 0)
        self.expect(run(*self.spend()), 0)
        self.assertEqual(temporaries(self.folder), [])
        self.tell(f"{killed} kills, {granted} units granted, {lost} lost")

    def test_a_kill_of_one_of_three_provers_disturbs_no_other(self):
        self.create(10**6)
        duration = seconds_of(self.spend())
        stopping = threading.Event()

        def keep_spending():
            while not stopping.is_set():
                run(*self.spend(20))

        others = [threading.Thread(target=keep_spending) for _ in range(2)]
        for thread in others:
            thread.start()
        killed = sum(kill_after(self.random.uniform(0, 4 * duration), *self.spend(10**6)) for _ in range(KILLS))
        stopping.set()
        for thread in others:
            thread.join()
        granted, lost = self.check_ledger()
        self.assertGreater(granted, 0)
        self.assertLessEqual(lost, killed)
        self.tell(f"{killed} kills, {granted} units granted, {lost} lost")

    def test_a_kill_before_each_system_call_of_a_spend(self):
        self.create(10**6)
        calls = calls_of(*self.spend(), folder=self.folder)
        before = self.check_ledger()[0]
        renamed = [call for call, *_ in calls].index("rename") + 1
        for at in range(1, len(calls) + 1):
            _, spent = self.status()
            done = run(*self.spend(), fault="kill", at=at, folder=self.folder)
            self.assertEqual(done.returncode, -9)
            self.assertEqual(self.status()[1], spent + (at > renamed), f"killed before call {at}: {calls[at - 1]}")
            # Removing them takes calls of its own.
            for path in temporaries(self.folder):
                path.unlink()
        granted, lost = self.check_ledger()
        self.assertEqual(granted, before)
        self.assertEqual(lost, len(calls) - renamed)
        self.tell(f"{len(calls)} kills, {lost} units lost")

    def test_a_kill_before_each_system_call_of_a_split(self):
        counts = {"whole": 0, "lost": 0}
        total_calls = None
        at = 1
        while total_calls is None or at <= total_calls:
            self.budget.unlink(missing_ok=True)
            self.log.unlink(missing_ok=True)
            self.create(10)
            split = [SPEND_LOOP, "split", self.budget, ROOT, 3, self.log]
            if total_calls is None:
                total_calls = len(calls_of(*split, folder=self.folder))
                self.assertEqual(self.status(), (10, 10))
                continue
            done = run(*split, fault="kill", at=at, folder=self.folder)
            self.assertEqual(done.returncode, -9)
            self.assertIn(self.status(), [(10, 0), (10, 10)])
            self.assertFalse(any("granted" in event for events in self.events().values() for event in events))
            counts["whole" if self.status()[1] == 0 else "lost"] += 1
            at += 1
        self.assertGreater(counts["whole"], 0)
        self.assertGreater(counts["lost"], 0)
        self.tell(f"{total_calls} kills, budget kept by {counts['whole']}")

    def test_a_kill_before_each_system_call_of_a_creation_leaves_no_budget_or_a_whole_one(self):
        path = self.folder / "first"
        create = [SPEND_LOOP, "create", path, ROOT, 10]
        count = len(calls_of(*create, folder=self.folder))
        for at in range(1, count + 1):
            path.unlink(missing_ok=True)
            self.assertEqual(run(*create, fault="kill", at=at, folder=self.folder).returncode, -9)
            self.assertIn(len(payload(path) or b""), (0, 92))
            spent = run(SPEND_LOOP, "spend", path, ROOT, 1, self.log)
            self.expect(spent, 0 if path.exists() else 3)
        self.tell(f"{count} kills")


    def test_a_kill_before_each_system_call_of_a_move_keeps_the_count(self):
        self.create(10)
        self.expect(run(*self.spend()), 0)
        copy = self.scratch / "copy"
        shutil.copytree(self.folder, copy)
        move = [SPEND_LOOP, "move", copy / "model.budget", ROOT, 0]
        log = self.scratch / "other"
        states = set()
        at, code = 0, -9
        while code == -9:
            at += 1
            shutil.copy(self.budget, copy)
            code = run(*move, fault="kill", at=at, folder=copy).returncode
            self.assertEqual(run(SPEND_LOOP, "status", copy / "model.budget").stdout.split(), [b"10", b"1"])
            states.add(run(SPEND_LOOP, "spend", copy / "model.budget", ROOT, 1, log).returncode)
        self.assertEqual(code, 0)
        self.assertEqual(states, {0, 2})
        self.tell(f"{at - 1} kills")


class Order(Budget):
    def test_the_count_is_on_the_disk_before_the_unit_is_granted(self):
        self.create(10)
        # The log lies in the folder that is watched, so that its lines are in the same order of calls.
        self.log = self.folder / "log"
        calls = calls_of(*self.spend(3), folder=self.folder)
        names = [(call, Path(path).name) for call, path, *_ in calls]
        grants = [i for i, name in enumerate(names) if name == ("write", "log")][1::2]
        self.assertEqual(len(grants), 3)
        begin = 0
        for grant in grants:
            steps = [
                (call, "temporary" if name.startswith(".model.budget.") else name)
                for call, name in names[begin:grant]
            ]
            wanted = [
                ("flock", "model.budget.lock"),
                ("read", "model.budget"),
                ("write", "temporary"),
                ("fsync", "temporary"),
                ("rename", "model.budget"),
                ("fsync", "key"),
            ]
            self.assertEqual([step for step in steps if step in wanted][-len(wanted) :], wanted)
            begin = grant
        self.tell("3 grants")


class Failures(Budget):
    def test_each_system_call_of_a_spend_that_fails_grants_nothing(self):
        self.create(10**6)
        calls = calls_of(*self.spend(), folder=self.folder)
        harmless = refused = 0
        for name, number in DISK_ERRORS.items():
            for at, (call, path, *_) in enumerate(calls, 1):
                granted, _ = self.check_ledger()
                done = run(*self.spend(), fault=number, at=at, folder=self.folder)
                # What is removed after the rename is gone already.
                if call == "unlink":
                    self.expect(done, 0)
                    harmless += 1
                    continue
                self.expect(done, 3, "error: cannot", str(self.folder))
                self.assertEqual(self.check_ledger()[0], granted, f"{name} at call {at}, {call} {path}")
                self.assertEqual(temporaries(self.folder), [])
                refused += 1
        self.expect(run(*self.spend()), 0)
        self.tell(f"{refused} refusals, {harmless} harmless failures")

    def test_each_system_call_of_a_creation_that_fails_resets_no_budget(self):
        self.create(10)
        self.expect(run(*self.spend()), 0)
        create = [SPEND_LOOP, "create", self.budget, ROOT, 10]
        refusals = 0
        for number in DISK_ERRORS.values():
            at, code = 0, None
            # Until there is no such call, and the budget is refused for being there.
            while code != 2:
                at += 1
                code = run(*create, fault=number, at=at, folder=self.folder).returncode
                self.assertIn(code, (2, 3))
                self.assertEqual(self.status(), (10, 1))
                refusals += code == 3
        self.assertGreater(refusals, 0)
        self.tell(f"{refusals} refusals")

    def test_a_write_that_the_disk_takes_in_two_parts_is_whole(self):
        self.create(10)
        for at, (call, *_) in enumerate(calls_of(*self.spend(), folder=self.folder), 1):
            if call == "write":
                self.expect(run(*self.spend(), fault="half", at=at, folder=self.folder), 0)
        self.assertEqual(self.status(), (10, 2))


class Places(Budget):
    def test_a_copy_of_a_budget_grants_nothing_and_the_first_goes_on(self):
        self.create(10)
        for copy, copied in (("folder", shutil.copytree), ("file", shutil.copy)):
            target = self.scratch / copy
            if copied is shutil.copy:
                target.mkdir()
            copied(self.folder if copied is shutil.copytree else self.budget, target)
            spend = [SPEND_LOOP, "spend", target / "model.budget", ROOT, 1, self.scratch / "other"]
            self.expect(run(*spend), 2, "--i-moved-it", "circlet setup --split")
            self.assertFalse((self.scratch / "other").exists() and "granted" in (self.scratch / "other").read_text())
        self.expect(run(*self.spend()), 0)
        self.assertEqual(self.status(), (10, 1))

    def test_a_budget_whose_folder_was_renamed_goes_on(self):
        self.create(10)
        self.folder.rename(self.scratch / "renamed")
        self.budget = self.scratch / "renamed" / "model.budget"
        self.expect(run(*self.spend()), 0)
        self.assertEqual(self.status(), (10, 1))

    def test_where_there_are_no_birth_times_the_inode_counts_and_setup_says_so_once(self):
        model = self.model_folder(keys=False)
        setup = run(*setup_command(model, "public"), fault="no birth", folder=self.scratch)
        self.expect(setup, 0, "keeps no birth times")
        proof = self.scratch / "proof.bin"
        done = self.expect(run(*prove_command(model, 7, proof), fault="no birth", folder=self.scratch), 0)
        self.assertNotIn("birth", done.text)
        # Nothing that was noted is missing on a file system that has them.
        self.expect(run(*prove_command(model, 7, proof)), 0)
        shutil.copytree(model, self.scratch / "copy")
        copied = prove_command(self.scratch / "copy", 7, proof)
        self.expect(run(*copied, fault="no birth", folder=self.scratch), 2, "--i-moved-it")
        self.expect(run(*copied, "--i-moved-it"), 0)
        self.expect(run(*copied, fault="no birth", folder=self.scratch), 2, "--i-moved-it")


class Sharing(Budget):
    def test_processes_that_spend_at_once_get_all_units_once(self):
        processes, each = 4, 200 if KILLS > 60 else 25
        self.create(processes * each)
        running = [subprocess.Popen([str(part) for part in self.spend(each)]) for _ in range(processes)]
        self.assertEqual([process.wait() for process in running], [0] * processes)
        self.assertEqual(self.check_ledger(), (processes * each, 0))
        self.expect(run(*self.spend()), 2, "the proof budget of this key is spent: run `circlet setup --renew`")
        self.tell(f"{processes} processes, {processes * each} units")

    def test_the_parts_of_a_split_grant_what_remained(self):
        self.create(11)
        self.expect(run(*self.spend(4)), 0)
        self.log.unlink()
        self.expect(run(SPEND_LOOP, "split", self.budget, ROOT, 3, self.log), 0)
        ((_, granted),) = self.events().values()
        totals = [int(total) for total in granted.split()[1:]]
        self.assertEqual(sum(totals), 7)
        self.expect(run(*self.spend()), 2)
        for part, total in enumerate(totals):
            path = self.scratch / f"part{part}"
            self.create(total, path)
            self.expect(run(SPEND_LOOP, "spend", path, ROOT, total, self.scratch / f"log{part}"), 0)
            self.expect(run(SPEND_LOOP, "spend", path, ROOT, 1, self.scratch / f"log{part}"), 2)
