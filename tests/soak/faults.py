"""Carries out the faults of a plan, step by step, and writes down what it did."""

import asyncio
import os
import signal
from collections import Counter

from asterisk import Asterisk
from processes import Processes
from history import History
from manager import Manager
from plan import Step

# In the order in which they can be unloaded.
MODULES = {
    "ours": ("res_ari_broadcasts.so", "app_stasis_broadcast.so", "res_stasis_broadcast.so"),
    "asterisk": ("app_stasis_broadcast.so", "res_stasis_broadcast.so"),
}
BY_ITSELF_SECONDS = 10.0
IDLE_SECONDS = 15.0


class Faults:
    """Everything that goes wrong. An application has one fault at a time, side by side."""

    def __init__(self, processes: Processes, asterisk: Asterisk, manager: Manager, history: History) -> None:
        self.processes = processes
        self.asterisk = asterisk
        self.manager = manager
        self.history = history
        self.modules = MODULES[asterisk.modules]
        self.locks: dict[str, asyncio.Lock] = {}
        self.cli_lock = asyncio.Lock()
        self.done: Counter[str] = Counter()
        self.failures: list[str] = []

    async def carry_out(self, plan: list[Step]) -> None:
        """The whole plan, each step at its time, whatever the others are doing."""
        start = asyncio.get_running_loop().time()
        await asyncio.gather(*(self.carry_out_step(step, start + step.at) for step in plan))

    async def carry_out_step(self, step: Step, at: float) -> None:
        await asyncio.sleep(max(0, at - asyncio.get_running_loop().time()))
        name = f"soak-{step.application}"
        action = getattr(self, step.fault.replace("-", "_"))
        on_asterisk = step.fault in ("module-reload", "module-unload", "module-unload-idle", "core-reload")
        lock = self.cli_lock if on_asterisk else self.locks.setdefault(name, asyncio.Lock())
        async with lock:
            self.history.write("fault", fault=step.fault, app=name, chance=step.chance)
            try:
                await action(name, step.chance)
            except (AssertionError, ConnectionError, asyncio.TimeoutError) as error:
                self.failures.append(f"{step.fault}: {error or type(error).__name__}")
            self.done[step.fault] += 1

    # To an application

    def kill_process(self, process: asyncio.subprocess.Process, name: str) -> None:
        if process.returncode is None:
            os.kill(process.pid, signal.SIGKILL)
            self.history.write("killed", app=name)

    async def kill(self, name: str, chance: float) -> None:
        process = self.processes.applications[name]
        self.kill_process(process, name)
        await process.wait()
        await asyncio.sleep(max(0, chance - 0.3))
        await self.processes.start_application(name)

    async def kill_by_itself(self, name: str, number: int) -> None:
        """The application kills itself at the right moment, if that comes."""
        process = self.processes.applications[name]
        process.send_signal(number)
        try:
            await asyncio.wait_for(process.wait(), BY_ITSELF_SECONDS)
        except asyncio.TimeoutError:
            self.kill_process(process, name)
            await process.wait()
        await self.processes.start_application(name)

    async def kill_on_win(self, name: str, chance: float) -> None:
        await self.kill_by_itself(name, signal.SIGRTMIN)

    async def kill_on_claim(self, name: str, chance: float) -> None:
        await self.kill_by_itself(name, signal.SIGRTMIN + 1)

    async def stop(self, name: str, chance: float) -> None:
        process = self.processes.applications[name]
        self.history.write("stopped", app=name)
        process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(0.5 + 4 * chance)
        process.send_signal(signal.SIGCONT)
        self.history.write("resumed", app=name)

    async def deaf(self, name: str, chance: float) -> None:
        self.processes.applications[name].send_signal(signal.SIGUSR2)

    async def reconnect(self, name: str, chance: float) -> None:
        self.processes.applications[name].send_signal(signal.SIGUSR1)

    async def twin(self, name: str, chance: float) -> None:
        """A second connection takes the name; then one of the two dies, and a new one comes in their place."""
        old = self.processes.applications[name]
        new = await self.processes.application(name)
        await asyncio.sleep(0.5 + chance)
        first, second = (old, new) if chance < 0.5 else (new, old)
        self.kill_process(first, name)
        await first.wait()
        await asyncio.sleep(chance)
        self.kill_process(second, name)
        await second.wait()
        await self.processes.start_application(name)

    # To Asterisk

    async def burst(self, name: str, chance: float) -> None:
        self.processes.callers.send_signal(signal.SIGUSR1)

    async def core_reload(self, name: str, chance: float) -> None:
        await self.cli("core reload")

    async def module_reload(self, name: str, chance: float) -> None:
        for module in self.modules:
            await self.module("reload", module)

    async def module_unload(self, name: str, chance: float) -> None:
        """Under load: refused while calls use them."""
        await self.unload_and_load(chance, patience=0)

    async def module_unload_idle(self, name: str, chance: float) -> None:
        """New calls are kept away until the application can be unloaded; then they come again."""
        await self.cli("dialplan set global SOAK_SHUT yes")
        try:
            await self.unload_and_load(chance, patience=IDLE_SECONDS)
        finally:
            await self.cli("dialplan set global SOAK_SHUT no")

    async def unload_and_load(self, chance: float, patience: float) -> None:
        """What was unloaded must load again: ours in any order, Asterisk's own only in one."""
        deadline = asyncio.get_running_loop().time() + patience
        gone = []
        for module in self.modules:
            while not (unloaded := await self.unload(module)) and asyncio.get_running_loop().time() < deadline:
                await asyncio.sleep(0.25)
            gone += [module] if unloaded else []
        if gone and patience:
            # Calls that come now find no application.
            await self.cli("dialplan set global SOAK_SHUT no")
            await asyncio.sleep(chance)
        if chance < 0.5 or self.asterisk.modules == "asterisk":
            gone.reverse()
        for module in gone:
            await self.load(module)
            await asyncio.sleep(chance / 2)

    async def unload(self, module: str) -> bool:
        self.history.write("unloading", module=module)
        refusal = await self.module("unload", module)
        if refusal:
            self.history.write("loaded", module=module)
        return not refusal

    async def load(self, module: str) -> None:
        refusal = await self.module("load", module)
        if refusal:
            self.failures.append(f"{module} cannot be loaded again: {refusal}")
        self.history.write("loaded", module=module)

    async def module(self, verb: str, module: str) -> str:
        refusal = await self.asterisk.module(verb, module)
        self.history.write("module", verb=verb, module=module, refusal=refusal)
        self.done[f"{verb} {'refused' if refusal else 'done'}"] += 1
        return refusal

    async def cli(self, command: str) -> str:
        output = await self.manager.cli(command)
        self.history.write("cli", command=command, output=output)
        return output
