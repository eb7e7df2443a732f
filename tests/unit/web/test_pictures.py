"""Pictures are drawn once, whoever asks, and again only when they would differ."""

import base64
import hashlib
import re
import threading

import pytest

from mplsemu.drawing.palette import Theme
from mplsemu.views.customer import customer_view
from mplsemu.views.learned_macs import with_macs
from mplsemu.views.tables.macs import MacRow
from mplsemu.web import pictures
from mplsemu.web.pictures import Pictures, style_hashes
from mplsemu.web.source import InstalledProgram
from tests.programs import program_of
from tests.view_labs import north


@pytest.fixture
def drawn(monkeypatch):
    """Return a list to which every drawing adds what it drew."""
    found, real = [], pictures.draw_svg

    def draw(scene, **options):
        found.append(scene.title)
        return real(scene, **options)

    monkeypatch.setattr(pictures, "draw_svg", draw)
    return found


def installed(*down, number=1):
    return InstalledProgram(f"7.{number}", number, north(*down))


def of_customer(made, vpn, *down, macs=(), theme=Theme.AUTO):
    return made.customer(with_macs(customer_view(north(*down), vpn), macs), theme)


def test_those_who_ask_for_the_same_at_the_same_time_get_one_drawing(drawn):
    made, answers = Pictures(), []

    def ask():
        answers.append(made.provider(installed(), None, Theme.AUTO))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(drawn) == 1
    assert len(answers) == 6
    assert len(set(answers)) == 1


def test_each_program_overlay_and_theme_is_another_picture_of_the_providers(drawn):
    made = Pictures()
    for program in (installed(), installed("pe-kbh-core1", number=2)):
        for vpn in (None, "alfa"):
            for theme in (Theme.LIGHT, Theme.DARK):
                for _ in range(2):
                    made.provider(program, vpn, theme)
    assert len(drawn) == 8


def test_a_customers_picture_is_drawn_again_only_if_it_is_another(drawn):
    made = Pictures()
    before = of_customer(made, "alfa")
    again = of_customer(made, "alfa", "pe-kbh-core1")
    assert (len(drawn), again) == (1, before)
    assert of_customer(made, "alfa", "alfa/oslo") != before


def test_learned_addresses_make_another_picture_of_their_vpls_alone(drawn):
    made = Pictures()
    macs = [MacRow("pe-sth", "gamma", "02:00:00:00:00:aa", "gamma/malmo", None)]
    for rows in ((), macs, macs):
        assert ("00:aa" in of_customer(made, "gamma", macs=rows)) is bool(rows)
        of_customer(made, "delta", macs=rows)
    assert len(drawn) == 3


def test_only_so_much_is_kept_of_what_was_used_last(drawn, monkeypatch):
    made = Pictures()
    sizes = [len(of_customer(made, vpn)) for vpn in ("alfa", "beta")]
    monkeypatch.setattr(pictures, "MAX_CACHED", sum(sizes))
    made, drawn[:] = Pictures(), []
    for vpn in ("alfa", "beta", "alfa", "gamma", "alfa", "beta"):
        of_customer(made, vpn)
    assert len(drawn) == 4  # alfa stays, for it is asked for again and again


def test_the_page_may_have_the_styles_that_pictures_bring_and_no_others():
    made, program = Pictures(), InstalledProgram("7.1", 1, program_of("nordic"))
    for theme in Theme:
        for svg in (
            made.provider(program, "a", theme),
            made.customer(customer_view(program.program, "a"), theme),
            made.customer(customer_view(program.program, "c"), theme),
        ):
            [sheet] = re.findall(r"<style>(.*?)</style>", svg, re.DOTALL)
            digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
            assert f"'sha256-{digest}'" in style_hashes()
            assert " style=" not in svg


def test_a_broken_drawing_is_not_kept(monkeypatch):
    made = Pictures()
    monkeypatch.setattr(pictures, "draw_svg", lambda *_args, **_options: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        made.provider(installed(), None, Theme.AUTO)
    monkeypatch.undo()
    assert made.provider(installed(), None, Theme.AUTO).startswith("<svg")
