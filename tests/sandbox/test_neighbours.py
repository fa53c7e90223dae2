"""What another user of this machine, or who may use AMI, ARI or the dialplan, can reach through the sandbox."""

import base64
import http.client
import os
import subprocess
import urllib.parse

import pytest
from instance import Ami

# A user that exists nowhere else.
STRANGER = ("setpriv", "--reuid=60123", "--regid=60123", "--clear-groups")

DIALPLAN = {
    "shell": "NoOp(${{SHELL(touch {file})}})",
    "system": "System(touch {file})",
    "trysystem": "TrySystem(touch {file})",
    "agi": "AGI(/usr/bin/touch,{file})",
    "eagi": "EAGI(/usr/bin/touch,{file})",
    "externalivr": "ExternalIVR(/usr/bin/touch {file})",
    "mixmonitor": "MixMonitor(x.wav,,touch {file})",
}
STARTERS = ["func_shell", "app_system", "res_agi", "app_externalivr", "app_mixmonitor"]


def mark(instance, name):
    """A file that Asterisk may make, as the host and as the root name it; it is not there yet."""
    path = instance.folder / "spool" / name
    path.unlink(missing_ok=True)
    return path, f"{instance.inside}/spool/{name}"


def stock(instance):
    """The folder of Asterisk's own modules, from the instance's."""
    (module,) = (*instance.root.glob("usr/lib/*/modules/res_stasis.so"), *instance.root.glob("usr/lib/*/*/modules/res_stasis.so"))
    return "../../../../" + str(module.parent.relative_to(instance.root))


@pytest.fixture(scope="module")
def ami(shared):
    """Somebody with the right secret, who has loaded what there is for starting programs."""
    with Ami(shared.env["AMI_PORT"]) as connection:
        assert connection.login(shared.env["AMI_SECRET"]) == "Success"
        for module in STARTERS:
            # If it is not in the instance's folder, by a way around that. What a version does not have cannot be loaded.
            there = (shared.folder / "modules" / f"{module}.so").exists()
            name = f"{'' if there else stock(shared) + '/'}{module}.so"
            connection.action("ModuleLoad", Module=name, LoadType="load")
            shared.cli(f"module load {name}")
        yield connection


def test_secret_that_everybody_knows_is_refused(shared):
    with Ami(shared.env["AMI_PORT"]) as connection:
        assert connection.login("sandbox") == "Error"


def test_secret_is_drawn_for_each_start(own):
    own.up()
    first = own.env["AMI_SECRET"]
    own.up()
    assert first != own.env["AMI_SECRET"] and len(first) >= 32
    with Ami(own.env["AMI_PORT"]) as connection:
        assert connection.login(first) == "Error"
    with Ami(own.env["AMI_PORT"]) as connection:
        assert connection.login(own.env["AMI_SECRET"]) == "Success"


def test_ari_may_have_a_password_of_its_own(own):
    own.up(ARI_PASSWORD="own")
    users = {"ari": own.env["ARI_PASSWORD"], "crypted": "crypted", "reader": "reader"}
    assert users["ari"] != "ari"
    assert {name: ari(own, "GET", "/applications", name, password) for name, password in users.items()} == {
        "ari": 200, "crypted": 401, "reader": 401
    }  # fmt: skip


def ari(instance, method, path, user="ari", password="ari"):
    connection = http.client.HTTPConnection("127.0.0.1", int(instance.env["HTTP_PORT"]), timeout=15)
    login = base64.b64encode(f"{user}:{password}".encode()).decode()
    connection.request(method, "/ari" + path, headers={"Authorization": f"Basic {login}", "Content-Length": "0"})
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.mark.parametrize("name", ["env", "etc/manager.conf", "etc/ari.conf"])
def test_secrets_are_for_their_owner_only(shared, name):
    path = shared.folder / name
    assert path.stat().st_uid == os.getuid()
    # Root's Asterisk has a group that reads its configuration; nobody on this machine reaches the folder.
    assert not path.stat().st_mode & 0o007
    assert os.environ.get("SANDBOX_CACHE") or not shared.root.parent.stat().st_mode & 0o077
    if not os.getuid():
        done = subprocess.run([*STRANGER, "cat", path], capture_output=True, check=False)
        assert done.returncode and not done.stdout


@pytest.mark.parametrize("way", DIALPLAN)
def test_dialplan_starts_no_program(shared, ami, way):
    path, inside = mark(shared, way)
    step = DIALPLAN[way].format(file=inside)
    # In quotes: the command line takes blanks for the end of an argument.
    answer = ami.action("Command", Command=f'dialplan add extension "{way},1,{step}" into default replace')
    assert answer["Output"].startswith("Extension "), answer
    ami.send("Originate", Channel=f"Local/{way}@default/n", Application="Wait", Data="1", Async="true", ActionID="call")
    ami.wait(Event="Hangup", Channel=f"Local/{way}@default")
    assert not path.exists()


def test_manager_and_cli_start_no_program(shared, ami):
    path, inside = mark(shared, "manager")
    ami.action("Command", Command=f"!touch {inside}")
    ami.send("Originate", Channel="Local/wait@default/n", Application="System", Data=f"touch {inside}", ActionID="call")
    ami.wait(ActionID="call", Response="")
    assert "Permission denied" in shared.cli(f"programs start /usr/bin/touch {inside}")
    assert not path.exists()


def test_ari_starts_no_program(shared):
    """Everybody knows the log-in of a sandbox for trying out, unless its owner wants one of his own."""
    path, inside = mark(shared, "ari")
    for name in ("func_shell.so", f"{stock(shared)}/func_shell.so"):
        ari(shared, "PUT", f"/asterisk/modules/{urllib.parse.quote(name, safe='')}")
    variable = urllib.parse.quote(f"SHELL(touch {inside})", safe="")
    ari(shared, "GET", f"/asterisk/variable?variable={variable}")
    assert not path.exists()


def test_manager_cannot_write_the_configuration(shared, ami):
    answer = ami.action(
        "UpdateConfig", SrcFilename="musiconhold.conf", DstFilename="musiconhold.conf", **{
            "Action-000000": "NewCat", "Cat-000000": "evil", "Reload": "yes",
        }
    )  # fmt: skip
    assert answer["Response"] == "Error"
    assert "evil" not in (shared.folder / "etc/musiconhold.conf").read_text()


def test_modules_that_start_programs_are_not_there(shared):
    there = {path.stem for path in (shared.folder / "modules").iterdir()}
    assert not there & {"func_shell", "app_system", "res_agi", "app_externalivr", "app_mixmonitor", "app_voicemail"}
    assert {"res_musiconhold", "res_stasis", "app_dial", "test_programs"} <= there


def test_module_that_starts_programs_is_refused(own):
    done = own.sandbox("up", MODULES_EXTRA="app_system.so")
    assert done.returncode and "app_system starts programs" in done.stderr


def test_nothing_outlives_its_end(own):
    own.up(MODULES_EXTRA="test_programs.so")
    assert own.cli("programs leave") == "left\n"
    assert len(own.processes()) == 2
    own.down()
    assert own.processes() == []


def test_nothing_outlives_a_crash(own):
    own.up(MODULES_EXTRA="test_programs.so")
    assert own.cli("programs leave") == "left\n"
    os.kill(int(own.env["PID"]), 9)
    done = own.sandbox("down")
    assert done.returncode == 1 and "status 137" in done.stderr
    assert own.processes() == []


@pytest.mark.only_as_root
def test_link_at_the_console_does_not_lead_root_astray(own, tmp_path):
    """A program that is left over from before, or Asterisk itself, waits for the folder of the log."""
    victim = tmp_path / "victim"
    victim.write_text("of the host\n")
    own.up()
    own.down()
    log = f"{own.inside}/log"
    loop = f"while :; do ln -s {victim} {log}/console; ln -s {victim} {log}/full; mkfifo {log}/queue_log; done 2>/dev/null"
    attacker = subprocess.Popen(own.as_asterisk(loop))
    try:
        for _ in range(3):
            own.up()
            assert not (own.folder / "log/console").is_symlink()
            assert not (own.folder / "log/full").is_symlink()
            own.down()
    finally:
        attacker.kill()
        attacker.wait()
    assert victim.read_text() == "of the host\n"


@pytest.mark.only_as_root
@pytest.mark.parametrize("name", ["console", "full", "queue_log"])
def test_asterisk_cannot_replace_its_log(shared, name):
    """Nor may it write its configuration, or read what the instance's owner keeps for himself."""
    log = f"{shared.inside}/log"
    for act in (
        f"rm -f {log}/{name}", f"mv {log}/{name} {log}/other", f"ln -sf /etc/passwd {log}/{name}",
        f"cat {shared.inside}/env", f"touch {shared.inside}/etc/x.conf", f"touch {shared.inside}/x",
        f"mv {log} {shared.inside}/other",
    ):  # fmt: skip
        done = subprocess.run(shared.as_asterisk(act), capture_output=True, text=True, check=False)
        assert done.returncode, act
    assert (shared.folder / "log" / name).stat().st_uid == 0


def test_machine_is_not_seen_from_inside(shared, mode):
    inside = f"/proc/{shared.env['PID']}/root"
    numbers = [name for name in os.listdir(f"{inside}/proc") if name.isdigit()]
    assert len(numbers) < 5 and str(os.getpid()) not in numbers
    devices = set(os.listdir(f"{inside}/dev"))
    plain = {"null", "zero", "full", "random", "urandom", "tty", "shm", "fd", "stdin", "stdout", "stderr"}
    # What the root itself has where nothing can be mounted.
    assert devices <= plain | ({"console", "ptmx", "pts"} if mode == "root-that-may-not-mount" else set())


@pytest.mark.only_as_root
def test_cli_is_no_more_than_asterisk(shared):
    """It connects to a socket in Asterisk's folder: who answers there must not have root at the other end."""
    script = "\n".join([
        "import os, socket, struct, sys",
        "with socket.socket(socket.AF_UNIX) as server:",
        "    server.bind(sys.argv[1])",
        "    os.chmod(sys.argv[1], 0o777)",
        "    server.listen(1)",
        "    print('listening', flush=True)",
        "    connection, _ = server.accept()",
        "    pid, uid, gid = struct.unpack('3i', connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))",
        "    print(uid, flush=True)",
    ])  # fmt: skip
    control = shared.folder / "run/asterisk.ctl"
    control.rename(control.with_name("kept"))
    try:
        with subprocess.Popen(["/usr/bin/python3", "-c", script, control], stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout.readline() == "listening\n"
            shared.cli("core show uptime")
            assert int(server.stdout.readline()) == control.parent.stat().st_uid != 0
    finally:
        control.unlink()
        control.with_name("kept").rename(control)
    assert "System uptime" in shared.cli("core show uptime")


def test_tmp_is_a_namespaces_own(own, mode):
    """Names with a process number in them, such as those of make, would meet: the numbers begin at 1 in each."""
    if mode == "root-that-may-not-mount":
        # No namespace: numbers are the machine's.
        return
    assert own.sandbox("shell", "touch", "/tmp/16").returncode == 0
    assert own.sandbox("shell", "ls", "/tmp/16").returncode != 0
