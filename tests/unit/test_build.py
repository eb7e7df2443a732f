"""What is installed: a wheel has all that the package needs, and building one touches no tree."""

import shutil
import subprocess
import sys
import zipfile

import pytest

from tests.places import ROOT, TOPOLOGIES

pytest.importorskip("setuptools", minversion="64")

PARTS = ["mplsemu", "scripts", "topologies", "setup.cfg", "pyproject.toml", "MANIFEST.in"]


def copy_of_the_tree(place):
    place.mkdir()
    for part in [*PARTS, "README.md", "LICENSE"]:
        if (ROOT / part).is_dir():
            hidden = shutil.ignore_patterns("__pycache__", "node_modules")
            shutil.copytree(ROOT / part, place / part, symlinks=True, ignore=hidden)
        else:
            shutil.copy(ROOT / part, place / part)
    return place


def build(tree, what, output, **options):
    script = (
        f"import sys; sys.path.insert(0, 'scripts'); import build_backend as b\n"
        f"b.get_requires_for_{what}(); print(b.{what}({str(output)!r}))"
    )
    done = subprocess.run(  # noqa: PLW1510 (what it said is in the assertion)
        [sys.executable, "-c", script], cwd=tree, capture_output=True, text=True, **options
    )
    assert done.returncode == 0, done.stderr
    return output / done.stdout.split()[-1]


def files_of(tree):
    return sorted(str(path.relative_to(tree)) for path in tree.rglob("*") if path.is_file())


def test_a_wheel_has_the_labs_the_object_and_the_page(tmp_path):
    tree = copy_of_the_tree(tmp_path / "tree")
    before = files_of(tree)
    names = set(zipfile.ZipFile(build(tree, "build_wheel", tmp_path)).namelist())
    shipped = {f"mplsemu/topologies/{path.name}" for path in (TOPOLOGIES).glob("*.yaml")}
    assert shipped <= names
    assert {
        "mplsemu/southbound/ebpf/lsr.bpf.o",
        "mplsemu/southbound/ebpf/bundle.bpf.o",
        "mplsemu/web/static/index.html",
        "mplsemu/lab/lab.schema.json",
        "mplsemu/py.typed",
    } <= names
    assert [name for name in files_of(tree) if "__pycache__" not in name] == before


def test_an_editable_installation_leaves_nothing_in_the_tree(tmp_path):
    tree = copy_of_the_tree(tmp_path / "tree")
    before = files_of(tree)
    build(tree, "build_editable", tmp_path)
    assert [name for name in files_of(tree) if "__pycache__" not in name] == before


def test_a_source_distribution_can_be_built_again(tmp_path):
    tree = copy_of_the_tree(tmp_path / "tree")
    archive = build(tree, "build_sdist", tmp_path)
    subprocess.run(["tar", "-xzf", archive], cwd=tmp_path, check=True)
    wheel = build(tmp_path / archive.name.removesuffix(".tar.gz"), "build_wheel", tmp_path)
    assert "mplsemu/topologies/nordic.yaml" in zipfile.ZipFile(wheel).namelist()
