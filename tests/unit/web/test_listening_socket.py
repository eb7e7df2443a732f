"""Where the server listens, and what its links begin with."""

import socket

import pytest

from mplsemu.cli.up import open_page_socket
from mplsemu.errors import EmulationError, LabError
from mplsemu.web.listening_socket import ListeningSocket


def test_port_zero_is_a_free_one_and_stands_in_the_link():
    listening = ListeningSocket.on("127.0.0.1", 0)
    with listening.listener:
        assert listening.port > 0
        assert listening.address == f"http://127.0.0.1:{listening.port}"
        assert listening.is_loopback
        assert not listening.is_everywhere
        with socket.create_connection(("127.0.0.1", listening.port)):
            pass


def test_a_port_in_use_is_told_with_a_remedy():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(EmulationError) as caught:
            ListeningSocket.on("127.0.0.1", port)
    assert str(caught.value) == (
        f"cannot listen on port {port}: in use; --port 0 chooses a free one"
    )


def test_the_remedy_names_the_option_that_the_command_has():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(EmulationError, match="in use; --web 0 chooses a free one"):
            open_page_socket(port)


def test_an_address_that_is_not_this_machines_is_told():
    with pytest.raises(EmulationError, match=r"port 8080 of 192\.0\.2\.1"):
        ListeningSocket.on("192.0.2.1", 8080)


def test_no_port_is_told():
    with pytest.raises(LabError, match="70000 is not a port"):
        ListeningSocket.on("127.0.0.1", 70000)


def test_an_address_of_version_six_stands_in_brackets():
    try:
        listening = ListeningSocket.on("::1", 0)
    except EmulationError:
        pytest.skip("no IPv6 here")
    with listening.listener:
        assert listening.address == f"http://[::1]:{listening.port}"
        assert listening.is_loopback


def test_who_listens_everywhere_gives_links_with_the_machines_name():
    listening = ListeningSocket.on("0.0.0.0", 0)
    with listening.listener:
        assert listening.address == f"http://{socket.gethostname()}:{listening.port}"
        assert listening.names == {socket.gethostname()}
        assert listening.is_everywhere
        assert not listening.is_loopback
