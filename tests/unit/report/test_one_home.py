"""The shapes of docs/json.md are made by mplsemu/report and nowhere else."""

import ast
from pathlib import Path

import mplsemu

ROOT = Path(mplsemu.__file__).parent
REPORT = ROOT / "report"

OTHER_JSON = {
    "cli/detach.py": "what the process in the background says to the one that started it",
    "cli/output.py": "prints what it is given",
    "controller/client.py": "requests of docs/northbound.md",
    "controller/events.py": "lines of controller.events",
    "controller/northbound.py": "answers of docs/northbound.md",
    "controller/state.py": "controller.json",
    "export/aalwines.py": "AalWiNes' format",
    "export/formats.py": "a file of what report makes",
    "export/mermaid.py": "a quoted text",
    "lab/schema/lab_file.py": "lab.schema.json",
    "lab/schema_error.py": "a value as people write it",
    "running/directory.py": "lab.json",
    "southbound/ebpf/attached.py": "ebpf.json",
    "southbound/openflow/vswitchd.py": "JSON-RPC to ovs-vswitchd",
    "web/access.py": "web.json",
    "web/json_response.py": "answers of docs/web-api.md",
    "web/openapi.py": "docs/openapi.json",
    "web/server_sent_event.py": "messages of docs/web-api.md",
}
"""Modules beside the commands that write JSON: which, as it is none of docs/json.md."""


def modules():
    """Every module outside of report, by its path, with its syntax tree."""
    for path in sorted(ROOT.rglob("*.py")):
        if REPORT not in path.parents and "node_modules" not in path.parts:
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))


def calls(tree):
    """Every call, with the name of what is called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def from_report(tree):
    """What a module imports from report."""
    return {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("mplsemu.report")
        for alias in node.names
    }


def test_a_command_prints_json_only_as_report_makes_it():
    for name, tree in modules():
        if not name.startswith("cli/") or name in OTHER_JSON:
            continue
        makers = from_report(tree)
        for called, call in calls(tree):
            if called in {"print_json", "json.dump", "json.dumps"}:
                value = call.args[0]
                assert isinstance(value, ast.Call), f"{name}:{call.lineno}"
                assert ast.unparse(value.func) in makers, f"{name}:{call.lineno}"


def test_other_json_is_none_of_the_commands_and_each_has_its_document():
    writers = {
        name
        for name, tree in modules()
        if any(called in {"json.dump", "json.dumps"} for called, _ in calls(tree))
    }
    commands = {name for name in writers if name.startswith("cli/")} - OTHER_JSON.keys()
    assert writers - commands == OTHER_JSON.keys()


def test_no_value_turns_itself_into_json():
    for name, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                assert node.name not in {"as_json", "to_json"}, f"{name}:{node.lineno}"
